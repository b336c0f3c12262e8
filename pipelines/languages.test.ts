// languages.fpl against plain loops.

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

const SOURCE = readFileSync(repositoryFile("pipelines/languages.fpl"), "utf8");
const TEN_MINUTES = { sizeMs: 600_000, everyMs: 600_000, graceMs: 0 };

describe.each(RECORDINGS)("languages over $name", ({ present, frames }) => {
  it.skipIf(!present)("counts and measures the posts of each language", async () => {
    const recording = await frames();
    const { topics } = runProgram(SOURCE, recording);
    const expected = languages(await readEvents(recording));
    expect(new Set(expected.map(({ lang }) => lang)).size).toBeGreaterThan(3);
    expectSameRecords(topics.get("stats.languages") ?? [], expected);
  });
});

function languages(events: readonly PlainEvent[]) {
  const isPost = isCreateOf("app.bsky.feed.post");
  const { inTime } = partByLateness(events, FIREHOSE_PARTITIONS, TEN_MINUTES, isPost);
  const spoken = inTime.flatMap((post) => langsOf(post).map((lang) => ({ ...post, lang })));
  return naiveWindows(spoken, TEN_MINUTES).flatMap((window) =>
    [...groupBy(window.items, ({ lang }) => lang)].map(([lang, group]) => {
      const lengths = group.map(lengthOf);
      const sum = lengths.reduce((total, length) => total + length, 0);
      return {
        lang,
        posts: group.length,
        mean_length: sum / group.length,
        longest: Math.max(...lengths),
        ...windowFields(window),
      };
    }),
  );
}

function langsOf(post: PlainEvent): string[] {
  const langs = at(post.record, "langs") ?? ["none"];
  return Array.isArray(langs) ? langs.map(String) : [];
}

/** Code points, as the language counts them. */
function lengthOf(post: PlainEvent): number {
  return Array.from(String(at(post.record, "text"))).length;
}
