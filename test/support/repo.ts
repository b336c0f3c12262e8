// The repo export that stages are tested on: through our own source, and read independently for the naive
// references (@atproto/repo walks the tree, our own decoder has no part in it).

import { existsSync, readFileSync } from "node:fs";
import { MemoryBlockstore, Repo, readCarWithRoot } from "@atproto/repo";
import { openRepo } from "../../shuffler/sources/repo.ts";
import type { SourceItem } from "../../shuffler/sources/source.ts";
import type { PlainEvent } from "./reference.ts";

const PATH = new URL("../../../shared/data/firehose/repo/calabro.car", import.meta.url).pathname;
/** Not part of the repository: tests on it are skipped where it is absent. */
export const REPO_PRESENT = existsSync(PATH);

/** The items of the export as `fpaas run --from x.car` reads them. */
export async function repoItems(): Promise<SourceItem[]> {
  const items: SourceItem[] = [];
  for await (const batch of openRepo(PATH, null).batches()) items.push(...batch);
  return items;
}

/** Every record as a create at the time of its key, in that order; records without such a key first. */
export async function repoEvents(): Promise<PlainEvent[]> {
  const { root, blocks } = await readCarWithRoot(readFileSync(PATH));
  const repo = await Repo.load(new MemoryBlockstore(blocks), root);
  const records: Omit<PlainEvent, "seq">[] = [];
  for await (const { collection, rkey, record } of repo.walkRecords()) {
    const timeMs = tidMs(rkey) ?? Number.NEGATIVE_INFINITY;
    records.push({ did: repo.did, timeMs, kind: "commit", op: "create", collection, rkey, record });
  }
  const first = Math.min(...records.map(({ timeMs }) => timeMs).filter(Number.isFinite));
  return records
    .toSorted((a, b) => micros(a.rkey) - micros(b.rkey))
    .map((one, seq) => ({ ...one, seq, timeMs: Number.isFinite(one.timeMs) ? one.timeMs : first }));
}

function micros(rkey: string | null): number {
  return (tidMs(rkey ?? "", 1) ?? -1) || 0;
}

const ALPHABET = "234567abcdefghijklmnopqrstuvwxyz";

/** The time in a TID, in milliseconds (or in whatever unit has `per` microseconds); null for other keys. */
function tidMs(rkey: string, per = 1000): number | null {
  if (!/^[2-7a-j][2-7a-z]{12}$/.test(rkey)) return null;
  const bits = Array.from(rkey).reduce(
    (sum, letter) => sum * 32n + BigInt(ALPHABET.indexOf(letter)),
    0n,
  );
  return Math.floor(Number(bits >> 10n) / per);
}
