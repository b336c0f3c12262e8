// hashtag-trends.fpl against plain loops: exactly where it counts exactly, and as it is shipped.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readFrame } from "../bench/simulated-relay/read-frame.ts";
import { expectCloseRecords, expectSameRecords } from "../test/support/compare.ts";
import {
  groupBy,
  type NaiveWindows,
  naiveWindows,
  partByLateness,
  windowFields,
} from "../test/support/naive-windows.ts";
import { RECORDINGS, repositoryFile, SAMPLE } from "../test/support/recordings.ts";
import { at, isCreateOf, type PlainEvent, readEvents, uriOf } from "../test/support/reference.ts";
import { FIREHOSE_PARTITIONS, runProgram } from "../test/support/run-plan.ts";

const SOURCE = readFileSync(repositoryFile("pipelines/hashtag-trends.fpl"), "utf8");
/** The same pipeline counting authors exactly, so that ranks can be compared too. */
const EXACT = SOURCE.replace("approx_distinct(did)", "distinct(did, cap: 50000)");
const TEN_MINUTES = { sizeMs: 600_000, everyMs: 60_000, graceMs: 10_000 };
const MIN_AUTHORS = 3;
const TOP = 20;
const isPost = isCreateOf("app.bsky.feed.post");

describe.each(RECORDINGS)("hashtag-trends over $name", ({ present, frames }) => {
  it.skipIf(!present)("ranks the tags of each window by their authors", async () => {
    const recording = await frames();
    const { topics } = runProgram(EXACT, recording);
    const expected = ranked(trends(await readEvents(recording), TEN_MINUTES));
    expect(expected.length).toBeGreaterThan(30);
    expect(topics.get("trends.tags")).toEqual(expected);
    expect(topics.get("trends.late") ?? []).toEqual([]);
  });

  it.skipIf(!present)(
    "estimates authors within 2 %, and never ranks by anything else",
    async () => {
      const recording = await frames();
      const { topics } = runProgram(SOURCE, recording);
      const truth = trends(await readEvents(recording), TEN_MINUTES);
      const records = topics.get("trends.tags") ?? [];
      expect(records.length).toBeGreaterThan(30);
      const same = records.flatMap((record) => truth.filter((trend) => isSame(trend, record)));
      expectCloseRecords(records, same, ["authors"]);
      expect(records).toEqual(ranked(records));
    },
  );
});

it("hashtag-trends sends posts that come after their windows have closed to trends.late", async () => {
  const recording = delayed(await SAMPLE.frames());
  const { topics } = runProgram(EXACT, recording, { size: "1m" });
  const minute = { ...TEN_MINUTES, sizeMs: 60_000 };
  const events = await readEvents(recording);
  const { late } = partByLateness(events, FIREHOSE_PARTITIONS, minute, isPost);
  const expected = late.flatMap((post) => tagsOf(post).map((tag) => ({ tag, uri: uriOf(post) })));
  expect(expected.length).toBeGreaterThan(5);
  const actual = (topics.get("trends.late") ?? []).map(({ tag, uri }) => ({ tag, uri }));
  expectSameRecords(actual, expected);
  expect(topics.get("trends.tags")).toEqual(ranked(trends(events, minute)));
});

type Trend = { tag: string; posts: number; authors: number; sample: string } & ReturnType<
  typeof windowFields
>;

/** Every tag of every window, whatever its number of authors. */
function trends(events: readonly PlainEvent[], windows: NaiveWindows): Trend[] {
  const { inTime } = partByLateness(events, FIREHOSE_PARTITIONS, windows, isPost);
  const tagged = inTime.flatMap((post) => tagsOf(post).map((tag) => ({ ...post, tag })));
  return naiveWindows(tagged, windows).flatMap((window) =>
    [...groupBy(window.items, ({ tag }) => tag)].map(([tag, group]) => {
      const [first] = group.toSorted((a, b) => a.seenMs - b.seenMs || a.seq - b.seq);
      const sample = first === undefined ? "" : uriOf(first);
      const authors = new Set(group.map(({ did }) => did)).size;
      return { tag, posts: group.length, authors, sample, ...windowFields(window) };
    }),
  );
}

/** What of it is a trend: the top of each window, ties by tag. */
function ranked<T extends Record<string, unknown>>(rows: readonly T[]): T[] {
  const enough = rows.filter(({ authors }) => Number(authors) >= MIN_AUTHORS);
  return [...groupBy(enough, ({ time }) => String(time)).values()].flatMap((window) =>
    window
      .toSorted(
        (a, b) => Number(b.authors) - Number(a.authors) || (String(a.tag) < String(b.tag) ? -1 : 1),
      )
      .slice(0, TOP),
  );
}

/** Tags of the text's facets and those beside the text, in lower case, each once. */
function tagsOf(post: PlainEvent): string[] {
  const facets = listAt(post.record, "facets").flatMap((facet) => listAt(facet, "features"));
  const inText = facets.map((feature) => at(feature, "tag"));
  const all = [...inText, ...listAt(post.record, "tags")];
  return [...new Set(all.filter((tag) => typeof tag === "string").map((tag) => tag.toLowerCase()))];
}

function listAt(value: unknown, name: string): unknown[] {
  const list = at(value, name);
  return Array.isArray(list) ? list : [];
}

function isSame(trend: Trend, record: Record<string, unknown>): boolean {
  return trend.tag === record.tag && trend.time === record.time;
}

/** How many frames a delayed one falls behind: some minutes. */
const DELAY_FRAMES = 700;

/**
 * The recording with some frames some minutes too late: of every tenth those that no frame of their account
 * overtakes, since a commit behind a later one of its repo is refused (atproto.com/specs/sync).
 */
function delayed(frames: readonly Uint8Array[]): Uint8Array[] {
  const owners = frames.map(ownerOf);
  const isDelayed = (index: number): boolean =>
    index % 10 === 7 &&
    !owners.slice(index + 1, index + 1 + DELAY_FRAMES).includes(owners[index] ?? null);
  const ends = frames.map((frame, index) => ({
    frame,
    at: isDelayed(index) ? index + DELAY_FRAMES + 0.5 : index,
  }));
  return ends.sort((a, b) => a.at - b.at).map(({ frame }) => frame);
}

/** The account of a frame; null when it has none. */
function ownerOf(frame: Uint8Array): string | null {
  const { repo, did } = readFrame(frame).body;
  const owner = repo ?? did;
  return typeof owner === "string" ? owner : null;
}
