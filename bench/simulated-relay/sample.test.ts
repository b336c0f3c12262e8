// What the bundled sample promises to those who try the product without a network: everything a
// pipeline may want to look at is in it, and it stays small.
import { readFile } from "node:fs/promises";
import { parseCommitUnauthenticated } from "@atproto/sync";
import { beforeAll, describe, expect, it } from "vitest";
import { readFrame } from "./read-frame.ts";
import { decodeRecording } from "./recording.ts";

const SAMPLE_URL = new URL("../../examples/sample.frames.zst", import.meta.url);
const SAMPLE_BYTES_MAX = 3_000_000;
const WINDOW_MS = 10 * 60_000;
const AUTHORS_MIN = 3;

type CommitBody = Parameters<typeof parseCommitUnauthenticated>[0];
type SampleEvent = {
  readonly did: string;
  readonly timeMs: number;
  readonly action: string;
  readonly collection: string;
  readonly record: PostFields;
};
/** The fields of a post the tests look at. */
type PostFields = {
  readonly text?: string;
  readonly langs?: string[];
  readonly reply?: unknown;
  readonly embed?: { readonly $type: string };
  readonly facets?: Facet[];
};
type Facet = {
  readonly index: { readonly byteStart: number; readonly byteEnd: number };
  readonly features: { readonly tag?: string; readonly uri?: string; readonly did?: string }[];
};

async function eventsOf(frame: Uint8Array): Promise<SampleEvent[]> {
  const { type, body } = readFrame(frame);
  if (type !== "#commit") return [];
  const events = await parseCommitUnauthenticated(body as CommitBody); // it validates the blocks
  return events.map((event) => ({
    did: event.did,
    timeMs: Date.parse(event.time),
    action: event.event,
    collection: event.collection,
    record: "record" in event ? (event.record as PostFields) : {}, // posts only, made by us
  }));
}

function tagsOf({ facets = [] }: PostFields): string[] {
  const features = facets.flatMap((facet) => facet.features);
  return features.flatMap(({ tag }) => (tag === undefined ? [] : [tag.toLowerCase()]));
}

describe("bundled sample", () => {
  let compressed: Uint8Array;
  let frames: Buffer[];
  let events: SampleEvent[];
  let posts: SampleEvent[];

  beforeAll(async () => {
    compressed = await readFile(SAMPLE_URL);
    frames = decodeRecording(compressed);
    events = (await Promise.all(frames.map(eventsOf))).flat();
    posts = events.filter((e) => e.action === "create" && e.collection === "app.bsky.feed.post");
  });

  /** Tags with enough authors within the window that starts here. */
  function liveTags(startMs: number): string[] {
    const authors = new Map<string, Set<string>>();
    for (const { did, timeMs, record } of posts) {
      if (timeMs < startMs || timeMs >= startMs + WINDOW_MS) continue;
      for (const tag of tagsOf(record)) authors.set(tag, (authors.get(tag) ?? new Set()).add(did));
    }
    return [...authors].filter(([, dids]) => dids.size >= AUTHORS_MIN).map(([tag]) => tag);
  }

  it("is at most 3 MB", () => {
    expect(compressed.length).toBeLessThanOrEqual(SAMPLE_BYTES_MAX);
  });

  it("holds thousands of events over about half an hour", () => {
    const times = events.map(({ timeMs }) => timeMs);
    const spanMs = Math.max(...times) - Math.min(...times);
    expect(frames.length).toBeGreaterThanOrEqual(5000);
    expect(spanMs).toBeGreaterThan(28 * 60_000);
    expect(spanMs).toBeLessThan(31 * 60_000);
  });

  it("has the mix of the real network", () => {
    const share = (wanted: Partial<SampleEvent>) =>
      events.filter((event) =>
        Object.entries(wanted).every(([key, value]) => Reflect.get(event, key) === value),
      ).length / events.length;
    expect(share({ collection: "app.bsky.feed.like" })).toBeCloseTo(0.68, 1);
    expect(share({ collection: "app.bsky.feed.post" })).toBeCloseTo(0.12, 1);
    expect(share({ collection: "app.bsky.feed.repost" })).toBeCloseTo(0.1, 1);
    expect(share({ collection: "app.bsky.graph.follow" })).toBeCloseTo(0.06, 1);
    expect(share({ action: "delete" })).toBeGreaterThan(0.02);
    expect(share({ action: "delete" })).toBeLessThan(0.035);
    expect(share({ action: "update" })).toBeGreaterThan(0.005);
  });

  it("has every kind of message", () => {
    const types = new Set(frames.map((frame) => readFrame(frame).type));
    expect(types).toEqual(new Set(["#info", "#commit", "#identity", "#account", "#sync"]));
  });

  it("has replies, quotes, links, mentions, and posts in many languages or in none", () => {
    const features = posts.flatMap(({ record }) => record.facets ?? []).flatMap((f) => f.features);
    const langs = new Set(posts.flatMap(({ record }) => record.langs ?? []));
    expect(langs.size).toBeGreaterThanOrEqual(8);
    expect(posts.filter(({ record }) => record.langs === undefined).length).toBeGreaterThan(20);
    expect(posts.filter(({ record }) => record.reply).length).toBeGreaterThan(100);
    expect(features.filter(({ uri }) => uri !== undefined).length).toBeGreaterThan(50);
    expect(features.filter(({ did }) => did !== undefined).length).toBeGreaterThan(20);
    const embeds = new Set(posts.map(({ record }) => record.embed?.$type));
    expect(embeds).toContain("app.bsky.embed.record");
    expect(embeds).toContain("app.bsky.embed.external");
  });

  it("points its hashtag facets at the right bytes", () => {
    for (const { record } of posts) {
      const bytes = Buffer.from(record.text ?? "");
      for (const { index, features } of record.facets ?? []) {
        const tag = features[0]?.tag;
        if (tag === undefined) continue;
        expect(bytes.toString("utf8", index.byteStart, index.byteEnd)).toBe(`#${tag}`);
      }
    }
  });

  it("has hashtags that rise and fall, used by enough different people", () => {
    const startMs = Math.min(...events.map(({ timeMs }) => timeMs));
    const windows = [0, 10, 20].map((minute) => liveTags(startMs + minute * 60_000));
    for (const tags of windows) expect(tags.length).toBeGreaterThanOrEqual(20);
    expect(new Set(windows.flat()).size).toBeGreaterThanOrEqual(40);
    expect(windows[0]).toContain("eclipse");
    expect(windows[2]).not.toContain("eclipse");
    expect(windows[2]).toContain("thunderstorm");
  });
});
