import { describe, expect, it } from "vitest";
import { typeOf } from "./typed.test-support.ts";

/** What `type()` can answer. */
const TYPE_NAMES =
  "'null' | 'boolean' | 'number' | 'string' | 'instant' | 'duration' | 'bytes' | 'array' | 'object'";

describe("the type of an expression on a created post", () => {
  it.each([
    // literals
    ["'a'", "'a'"],
    ["1", "int"],
    ["1.5", "number"],
    ["true", "bool"],
    ["null", "null"],
    ["5m", "duration"],
    ["t'2026-07-04'", "instant"],
    ["`[1, 2.5]`", "list<number>"],
    ["`[]`", "list<any>"],
    ["['en', 'de']", "list<'en' | 'de'>"],
    ["{ a: 1, b: 'x' }", "{a: int, b: 'x'}"],
    // fields of the event
    ["did", "did"],
    ["time", "instant"],
    ["seq", "int"],
    ["op", "'create'"],
    ["kind", "'commit'"],
    ["collection", "'app.bsky.feed.post'"],
    ["uri", "at_uri"],
    ["cid", "cid"],
    ["rev", "tid"],
    ["handle", "null"],
    // fields of the record
    ["record", "app.bsky.feed.post"],
    ["record.text", "string"],
    ["record.langs", "list<string>?"],
    ["record.reply", "app.bsky.feed.post#replyRef?"],
    ["record.reply.parent.uri", "at_uri?"],
    ["record.embed.images[0].alt", "string?"],
    ['record."$type"', "'app.bsky.feed.post'"],
    ['record."bridgedFrom"', "any"],
    ["@.record.text", "string"],
    ["$.record.text", "string"],
    // projections
    ["record.langs[0]", "string?"],
    ["record.langs[*]", "list<string>?"],
    ["record.langs[:1]", "list<string>?"],
    ["record.text[0:3]", "string"],
    ["record.facets[*].index.byteStart", "list<int>?"],
    [
      "record.facets[].features[]",
      "list<app.bsky.richtext.facet#mention | app.bsky.richtext.facet#link | app.bsky.richtext.facet#tag>?",
    ],
    [
      `record.facets[].features[?"$type" == 'app.bsky.richtext.facet#tag'][]`,
      "list<app.bsky.richtext.facet#tag>?",
    ],
    [`record.facets[].features[?"$type" == 'app.bsky.richtext.facet#mention'][].did`, "list<did>?"],
    ["record.langs[?@ == 'en']", "list<'en'>?"],
    ["record.reply.*", "list<any>?"],
    ["record.reply.[root.uri, parent.uri]", "list<at_uri>?"],
    ["record.reply.{ a: root.uri }", "{a: at_uri}?"],
    ["record | text", "string"],
    // operators
    ["record.text == 'a'", "bool"],
    ["seq > 1", "bool"],
    ["length(record.langs ?? ['']) > 1", "bool"],
    ["record.reply.parent.uri < 'a'", "bool?"],
    ["seq + 1", "int"],
    ["seq / 2", "number"],
    ["seq // 2", "int"],
    ["seq + 0.5", "number"],
    ["-seq", "int"],
    ["time - t'2026-01-01'", "duration"],
    ["time + 5m", "instant"],
    ["5m + 1h", "duration"],
    ["5m * 2", "duration"],
    ["5m / 1m", "number"],
    ["(time - t'2026-01-01') / 1h", "number"],
    ["record.langs ?? ['none']", "list<string>"],
    ["record.langs[0] ?? 'none'", "string"],
    ["record.langs has 'en'", "bool"],
    ["record.text matches r'a+'", "bool"],
    ["!record.reply", "bool"],
    ["record.reply && record.text", "any"],
    ["seq > 1 && record.text", "any"],
    ["seq > 1 && seq < 9", "bool"],
    ["record.text || 'empty'", "string"],
    ["record.reply || record.reply", "app.bsky.feed.post#replyRef?"],
    ["seq > 1 ? 'many' : 'one'", "'many' | 'one'"],
    ["seq > 1 ? 'many' : null", "'many'?"],
    ["seq > 1 ? 'many' : 1", "any"],
    ["let $n = length(record.text) in $n + 1", "int"],
    // functions
    ["length(record.text)", "int"],
    ["lower(record.text)", "string"],
    ["split(record.text, ' ')", "list<string>"],
    ["sum([1, 2])", "int"],
    ["avg([1, 2])", "number?"],
    ["max(split(record.text, ' '))", "string?"],
    ["sort(record.langs ?? ['en'])", "list<string>"],
    [
      "sort_by(record.facets ?? `[]`, &index.byteStart)[0].index",
      "app.bsky.richtext.facet#byteSlice?",
    ],
    ["map(&length(@), record.langs ?? ['en'])", "list<int>"],
    ["group_by(record.langs ?? ['en'], &@)", "object<list<string>>"],
    ["group_by(record.langs ?? ['en'], &@).en", "list<string>?"],
    ["keys(record)", "list<string>"],
    ["not_null(record.langs[0], record.text)", "string"],
    ["to_number(record.text)", "number?"],
    ["merge({ a: 1 }, { b: 'x' })", "{a: int, b: 'x'}"],
    ["zip(['a'], ['b'])", "list<list<'a' | 'b'>>"],
    ["items({ a: 1 })", "list<list<any>>"],
    ["tags(record)", "list<string>"],
    ["mentions(record)", "list<did>"],
    ["did_of(record.reply.parent.uri)", "did?"],
    ["collection_of(uri)", "nsid?"],
    ["tid_time(rkey)", "instant?"],
    ["bucket(time, 1d)", "instant"],
    ["hash(did)", "int"],
    ["is_reply(record)", "bool"],
    ["exists(record.reply)", "bool"],
    ["type(record)", TYPE_NAMES],
  ])("%s is %s", (expr, type) => {
    expect(typeOf(expr)).toBe(type);
  });
});

describe("the type of an event's field", () => {
  it.each([
    ["firehose()", "record", "any"],
    ["firehose()", "op", "('create' | 'update' | 'delete')?"],
    ["firehose()", "kind", "'commit' | 'identity' | 'account' | 'sync'"],
    ["firehose()", "handle", "string?"],
    ["firehose('app.bsky.feed.post')", "record", "app.bsky.feed.post?"],
    ["firehose('app.bsky.feed.post')", "record.text", "string?"],
    ["firehose('app.bsky.feed.post')", "cid", "cid?"],
    ["firehose('app.bsky.feed.post')", "op", "'create' | 'update' | 'delete'"],
    [
      "firehose('app.bsky.feed.like', 'app.bsky.feed.repost')",
      "record",
      "(app.bsky.feed.like | app.bsky.feed.repost)?",
    ],
    ["firehose('app.bsky.feed.like', 'app.bsky.feed.repost')", "record.subject.uri", "at_uri?"],
    [
      "firehose('app.bsky.feed.like', 'app.bsky.feed.repost')",
      "collection",
      "'app.bsky.feed.like' | 'app.bsky.feed.repost'",
    ],
    ["firehose('app.bsky.feed.*')", "record", "any"],
    ["firehose('com.example.thing')", "record", "any"],
    ["events('identity')", "handle", "string?"],
    ["events('identity')", "record", "null"],
    ["events('account')", "active", "bool"],
    ["events()", "active", "bool?"],
    ["topic('elsewhere')", "anything.at.all", "any"],
    ["topic('elsewhere')", "length(anything[?at].all)", "int"],
    ["union { firehose('app.bsky.feed.post'), events('identity') }", "record.text", "string?"],
    ["union { firehose('app.bsky.feed.post'), events('identity') }", "did", "did"],
    [
      "union { firehose('app.bsky.feed.post') as post, events('identity') as who }",
      "post.record.text",
      "string?",
    ],
    [
      "union { firehose('app.bsky.feed.post') as post, events('identity') as who }",
      "who.did",
      "did?",
    ],
  ])("from %s, %s is %s", (source, expr, type) => {
    expect(typeOf(expr, { source })).toBe(type);
  });
});

describe("the type of a field behind a stage", () => {
  it.each([
    ["|> map { n: length(record.text), did }", "n", "int"],
    ["|> map { n: length(record.text), did }", "time", "instant"],
    ["|> map { n: length(record.text), did }", "record", "FPL0205"],
    ["|> let words = split(record.text, ' ')", "words", "list<string>"],
    ["|> let words = split(record.text, ' ')", "record.text", "string"],
    ["|> unnest tags(record) as tag", "tag", "string"],
    ["|> unnest record.facets as facet", "facet.index.byteEnd", "int"],
    ["|> window tumbling(size: 1m) |> reduce by did { n: count() }", "n", "int"],
    ["|> window tumbling(size: 1m) |> reduce by did { n: count() }", "did", "did"],
    [
      "|> window tumbling(size: 1m) |> reduce by did { n: count() }",
      "window.end - window.start",
      "duration",
    ],
    ["|> window tumbling(size: 1m) |> reduce by did { n: count() }", "time", "instant"],
    [
      "|> window tumbling(size: 1m) |> reduce by { lang: lang_of(record), collection } { n: count() }",
      "lang",
      "string?",
    ],
    [
      "|> window tumbling(size: 1m) |> reduce { s: sum(length(record.text)), c: count() }",
      "s / c",
      "number",
    ],
    ["|> window tumbling(size: 1m) |> reduce { x: avg(length(record.text)) }", "x", "number"],
    ["|> window tumbling(size: 1m) |> reduce { x: sum(seq) / count() }", "x", "number"],
    ["|> window tumbling(size: 1m) |> reduce { x: min(time) }", "x", "instant"],
    ["|> window tumbling(size: 1m) |> reduce { x: max(record.langs[0]) }", "x", "string?"],
    ["|> window tumbling(size: 1m) |> reduce { x: first(uri) }", "x", "at_uri"],
    [
      "|> window tumbling(size: 1m) |> reduce { x: collect(record.langs[0], 5) }",
      "x",
      "list<string>",
    ],
    ["|> window tumbling(size: 1m) |> reduce { x: approx_distinct(did) }", "x", "int"],
    [
      "|> window tumbling(size: 1m) |> reduce { x: quantile(length(record.text), 0.5) }",
      "x",
      "number",
    ],
    [
      "|> window tumbling(size: 1m) |> reduce { x: quantiles(length(record.text), [0.5, 0.9]) }",
      "x",
      "list<number>",
    ],
    ["|> window tumbling(size: 1m) |> reduce { x: stddev(seq) }", "x", "number?"],
    [
      "|> window tumbling(size: 1m) |> reduce { x: top_k(lang_of(record), 3) }",
      "x[0].value",
      "string?",
    ],
    ["|> window tumbling(size: 1m) |> reduce { x: rate() }", "x", "number"],
    ["|> window tumbling(size: 1m) |> reduce by did { n: count() } |> top(3, by: n)", "n", "int"],
  ])("behind %s, %s is %s", (stages, expr, type) => {
    expect(typeOf(expr, { stages })).toBe(type);
  });

  it("is known through a topic that another pipeline of the file writes", () => {
    const items = `pipeline first {
      from firehose('app.bsky.feed.like')
      |> filter op == 'create'
      |> window tumbling(size: 1m)
      |> reduce by record.subject.uri as post { likes: count() }
      |> to topic('likes', key: post)
    }`;
    expect(typeOf("post", { items, source: "topic('likes')" })).toBe("at_uri");
    expect(typeOf("likes", { items, source: "topic('likes')" })).toBe("int");
    expect(typeOf("fans", { items, source: "topic('likes')" })).toBe("FPL0205");
  });

  it("is any where pipelines read each other's topics", () => {
    const items = `pipeline first { from topic('b') |> map { x: y } |> to topic('a') }`;
    const text = { items, source: "topic('a')", stages: "" };
    expect(typeOf("x", text)).toBe("any");
  });

  it("follows a function of the file with the types it is given", () => {
    const items = "fn root(r, self) = r.reply.root.uri ?? self\nfn twice(x) = x * 2";
    expect(typeOf("root(record, uri)", { items })).toBe("at_uri");
    expect(typeOf("twice(3)", { items })).toBe("int");
    expect(typeOf("twice(5m)", { items })).toBe("duration");
    expect(typeOf("twice(record.text)", { items })).toBe("FPL0209");
  });

  it("is that of the param or constant a `$name` stands for", () => {
    const items = "param n: int = 3\nparam size: duration = 5m\nlet $langs = ['en', 'de']";
    expect(typeOf("$n", { items })).toBe("int");
    expect(typeOf("$size", { items })).toBe("duration");
    expect(typeOf("$langs", { items })).toBe("list<'en' | 'de'>");
  });
});
