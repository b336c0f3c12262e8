import { describe, expect, it } from "vitest";
import { problemsOf, typeOf } from "./typed.test-support.ts";

describe("a filter narrows the stages after it", () => {
  it.each([
    ["op == 'create'", "record.text", "string"],
    ["op != 'delete'", "record.text", "string"],
    ["['create', 'update'] has op", "record.text", "string"],
    ["op == 'create' || op == 'update'", "record.text", "string"],
    ["op == 'create' || op == 'update'", "op", "'create' | 'update'"],
    ["op == 'delete'", "record", "null"],
    ["!(op == 'delete')", "record.text", "string"],
    ["record != null", "op", "'create' | 'update'"],
    ["record.reply != null", "record.reply.root.uri", "at_uri"],
    ["record.reply != null", "op", "'create' | 'update'"],
    ["exists(record.reply)", "record.reply.root.uri", "at_uri"],
    ["record.reply && op == 'create'", "record.reply.root.uri", "at_uri"],
    ["record.langs has 'en'", "record.langs", "list<string>"],
    ["record.text matches r'a'", "record.text", "string"],
    ["record.reply.parent.uri > 'a'", "record.reply.parent.uri", "at_uri"],
    ["record.reply == null", "record.reply", "null"],
    ["op == 'create' && !record.reply", "record.text", "string"],
    [`record.embed."$type" == 'app.bsky.embed.images'`, "record.embed", "app.bsky.embed.images"],
    [`record.embed."$type" == 'app.bsky.embed.images'`, "record.embed.images[0].alt", "string?"],
    [`record.embed."$type" == 'com.example.quite.another'`, "record.embed", "any"],
    ["seq > 1", "record.text", "string?"],
    ["op == 'create' || seq > 1", "record.text", "string?"],
    ["(record.reply ?? false) && true", "record.reply", "app.bsky.feed.post#replyRef"],
  ])("behind filter %s, %s is %s", (condition, expr, type) => {
    const source = "firehose('app.bsky.feed.post')";
    expect(typeOf(expr, { source, stages: filter(condition) })).toBe(type);
  });

  it.each([
    ["kind == 'commit'", "op", "'create' | 'update' | 'delete'"],
    ["kind == 'identity'", "handle", "string?"],
    ["kind == 'identity'", "op", "null"],
    ["collection == 'app.bsky.feed.like'", "record.subject.uri", "at_uri?"],
    ["collection == 'app.bsky.feed.like' && op == 'create'", "record.subject.uri", "at_uri"],
    [
      "(collection == 'app.bsky.feed.like' || collection == 'app.bsky.feed.repost') && op == 'create'",
      "record",
      "app.bsky.feed.like | app.bsky.feed.repost",
    ],
    [
      "['app.bsky.feed.like', 'app.bsky.feed.repost'] has collection && op == 'create'",
      "record.subject.uri",
      "at_uri",
    ],
    ["collection == 'com.example.thing'", "record", "any"],
    ["handle != null", "kind", "'identity'"],
    ["active != null", "kind", "'account'"],
    ["op != null", "kind", "'commit'"],
  ])("of the whole firehose, behind filter %s, %s is %s", (condition, expr, type) => {
    expect(typeOf(expr, { source: "firehose()", stages: filter(condition) })).toBe(type);
  });

  it("keeps what an earlier filter said of the record", () => {
    const stages = "|> filter record.reply != null |> filter op == 'create'";
    const program = { source: "firehose('app.bsky.feed.post')", stages };
    expect(typeOf("record.reply.parent.uri", program)).toBe("at_uri");
  });

  it("narrows by a function of the file as by its body", () => {
    const items = "fn created(o) = o == 'create'\nfn answers(r) = r.reply != null";
    const program = {
      items,
      source: "firehose('app.bsky.feed.post')",
      stages: "|> filter created(op) && answers(record)",
    };
    expect(typeOf("record.reply.parent.uri", program)).toBe("at_uri");
  });

  it("gives each arm of a branch what its condition says, and what those before it left", () => {
    const text = `pipeline p {
      from firehose('app.bsky.feed.post')
      |> branch {
        when op == 'delete' => |> filter length(record.text) > 1 |> to topic('a')
        else => |> filter length(record.text) > 1 |> to topic('b')
      }
    }`;
    expect(problemsOf(text)).toEqual(["FPL0207 `length` needs a value, and this is always null"]);
  });
});

describe("inside an expression", () => {
  it.each([
    ["record.reply != null ? record.reply.root.uri : uri", "at_uri"],
    ["record.reply ? record.reply.root.uri : uri", "at_uri"],
    ["record.reply == null ? uri : record.reply.root.uri", "at_uri"],
    ["record.langs != null && length(record.langs) > 1", "bool"],
    ["record.langs == null || length(record.langs) > 1", "bool"],
    ["!record.langs || length(record.langs) > 1", "bool"],
    ["exists(record.langs) && length(record.langs) > 1", "bool"],
    ["let $r = record.reply in $r != null ? $r.root.uri : uri", "at_uri"],
    ["length(record.langs) > 1", "FPL0207"],
    ["record.langs != null || length(record.langs) > 1", "FPL0207"],
  ])("%s is %s", (expr, type) => {
    expect(typeOf(expr)).toBe(type);
  });
});

function filter(condition: string): string {
  return `|> filter (${condition}) && true`;
}
