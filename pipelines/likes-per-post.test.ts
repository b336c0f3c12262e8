// likes-per-post.fpl against plain loops: likes of posts per minute, and the hour's most liked on top.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { expectSameRecords } from "../test/support/compare.ts";
import {
  groupBy,
  naiveWindows,
  partByLateness,
  windowFields,
} from "../test/support/naive-windows.ts";
import { RECORDINGS, repositoryFile } from "../test/support/recordings.ts";
import { at, isCreateOf, type PlainEvent, readEvents } from "../test/support/reference.ts";
import { FIREHOSE_PARTITIONS, runProgram } from "../test/support/run-plan.ts";

const SOURCE = readFileSync(repositoryFile("pipelines/likes-per-post.fpl"), "utf8");
const MINUTE = { sizeMs: 60_000, everyMs: 60_000, graceMs: 0 };
const HOUR = { sizeMs: 3_600_000, everyMs: 300_000, graceMs: 0 };

describe.each(RECORDINGS)("likes-per-post over $name", ({ present, frames }) => {
  it.skipIf(!present)("counts the likes and the fans of every post in each minute", async () => {
    const recording = await frames();
    const { topics } = runProgram(SOURCE, recording);
    const expected = likesPerMinute(await readEvents(recording));
    expect(expected.length).toBeGreaterThan(100);
    expectSameRecords(topics.get("likes.per_minute") ?? [], expected.map(print));
  });

  it.skipIf(!present)("ranks the posts of each hour, every five minutes", async () => {
    const recording = await frames();
    const { topics } = runProgram(SOURCE, recording);
    const expected = hotHours(likesPerMinute(await readEvents(recording)));
    expect(expected.length).toBeGreaterThan(100);
    expect(topics.get("likes.hot_hour")).toEqual(expected);
  });
});

type LikesOfPost = { post: string; likes: number; fans: number; startMs: number; endMs: number };

function likesPerMinute(events: readonly PlainEvent[]): LikesOfPost[] {
  const isLike = isCreateOf("app.bsky.feed.like");
  const { inTime } = partByLateness(events, FIREHOSE_PARTITIONS, MINUTE, isLike);
  const likes = inTime.filter((like) => likedPost(like).split("/")[3] === "app.bsky.feed.post");
  return naiveWindows(likes, MINUTE).flatMap(({ startMs, endMs, items }) =>
    [...groupBy(items, likedPost)].map(([post, group]) => {
      const fans = new Set(group.map(({ did }) => did)).size;
      return { post, likes: group.length, fans, startMs, endMs };
    }),
  );
}

function hotHours(perMinute: readonly LikesOfPost[]): unknown[] {
  const timed = perMinute.map((one) => ({ ...one, timeMs: one.endMs - 1 }));
  return naiveWindows(timed, HOUR).flatMap((window) => {
    const rows = [...groupBy(window.items, ({ post }) => post)].map(([post, group]) => ({
      post,
      likes: group.reduce((sum, { likes }) => sum + likes, 0),
      ...windowFields(window),
    }));
    rows.sort((a, b) => b.likes - a.likes || (a.post < b.post ? -1 : 1));
    return rows.slice(0, 50);
  });
}

function likedPost(like: PlainEvent): string {
  return String(at(like.record, "subject", "uri"));
}

function print({ post, likes, fans, ...window }: LikesOfPost) {
  return { post, likes, fans, ...windowFields(window) };
}
