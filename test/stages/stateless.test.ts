// Stages without state, and the sinks, on a real repo against plain loops.

import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.ts";
import { expectSameRecords } from "../support/compare.ts";
import { at, isCreateOf, type PlainEvent, uriOf } from "../support/reference.ts";
import { REPO_PRESENT, repoEvents, repoItems } from "../support/repo.ts";
import { runItems, runPlans } from "../support/run-plan.ts";

const iso = (ms: number): string => new Date(ms).toISOString();
const textOf = ({ record }: PlainEvent): string => String(at(record, "text"));
const lengthOf = (post: PlainEvent): number => Array.from(textOf(post)).length;

async function run(stages: string) {
  const program = `pipeline p { from firehose('app.bsky.feed.post') |> filter op == 'create' |> ${stages} |> to topic('t') }`;
  const { topics } = runItems(program, await repoItems());
  return topics.get("t") ?? [];
}

async function posts(): Promise<PlainEvent[]> {
  return (await repoEvents()).filter(isCreateOf("app.bsky.feed.post"));
}

function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const list = at(value, ...path);
  return Array.isArray(list) ? list : [];
}

describe.skipIf(!REPO_PRESENT)("on a repo", () => {
  it("filter keeps what its condition is true of, and counts the rest", async () => {
    const program = `pipeline p {
      from firehose()
      |> filter collection == 'app.bsky.feed.post' && record.langs has 'en' && record.reply == null && length(record.text ?? '') > 40
      |> map { uri }
      |> to topic('t')
    }`;
    const { topics, counters } = runItems(program, await repoItems());
    const expected = (await posts()).filter(
      (post) =>
        listAt(post.record, "langs").includes("en") &&
        at(post.record, "reply") === undefined &&
        lengthOf(post) > 40,
    );
    expect(expected.length).toBeGreaterThan(20);
    expectSameRecords(
      topics.get("t") ?? [],
      expected.map((post) => ({ uri: uriOf(post), time: iso(post.timeMs) })),
    );
    const dropped = counters.flatMap((one) => Object.values(one.dropped));
    // Other collections stay away: the pipeline reads the subjects of posts alone.
    const read = (await posts()).length;
    expect(dropped.reduce((sum, n) => sum + n, 0)).toBe(read - expected.length);
  });

  it("let adds a field, and map makes the record", async () => {
    const records = await run(
      "let n = length(record.text) |> map { uri, n, twice: n * 2, parent: record.reply.parent.uri ?? 'none' }",
    );
    const expected = (await posts()).map((post) => ({
      uri: uriOf(post),
      n: lengthOf(post),
      twice: lengthOf(post) * 2,
      parent: at(post.record, "reply", "parent", "uri") ?? "none",
      time: iso(post.timeMs),
    }));
    expect(expected.length).toBeGreaterThan(500);
    expectSameRecords(records, expected);
  });

  it("unnest gives a record for each element, and none for no list", async () => {
    const records = await run(
      'unnest record.facets[].features[] as feature |> map { uri, type: feature."$type" }',
    );
    const expected = (await posts()).flatMap((post) =>
      listAt(post.record, "facets")
        .flatMap((facet) => listAt(facet, "features"))
        .map((feature) => ({
          uri: uriOf(post),
          type: at(feature, "$type"),
          time: iso(post.timeMs),
        })),
    );
    expect(expected.length).toBeGreaterThan(50);
    expectSameRecords(records, expected);
  });

  it("every sink of a pipeline gets every record", async () => {
    const text = `pipeline p {
      from firehose('app.bsky.feed.post') |> filter op == 'create' |> map { uri, n: length(record.text) }
      |> to topic('t', key: uri, partitions: 4)
      |> to stdout
      |> to webhook('https://example.invalid/hook')
      |> to feed('long', rank: n)
    }`;
    const { plans, diagnostics } = compile({ file: "sinks.fpl", text });
    expect(diagnostics.map(({ code }) => code)).toEqual(["FPL0905"]);
    const { topics } = runPlans(plans, await repoItems());
    const expected = (await posts()).map((post) => ({
      uri: uriOf(post),
      n: lengthOf(post),
      time: iso(post.timeMs),
    }));
    for (const topic of ["t", "stdout.p", "webhook.p"]) {
      expectSameRecords(topics.get(topic) ?? [], expected);
    }
    expectSameRecords(
      topics.get("feed.long") ?? [],
      expected.map((record) => ({ ...record, rank: record.n })),
    );
  });
});
