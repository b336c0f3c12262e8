// Takes real frames, changes them, and holds what three readers say of them against each other.

import { openFrame } from "../../shuffler/testing/forge.ts";
import type { Difference } from "./difference.ts";
import { MUTATIONS } from "./mutations.ts";
import { RULES } from "./rules.ts";
import { agree, readings } from "./ways.ts";

export type Findings = {
  frames: number;
  /** Differences that a rule explains, by the rule. */
  readonly explained: Map<string, number>;
  readonly unexplained: Difference[];
};

/** One changed frame for each seed. The same seed and frames give the same. */
export async function fuzz(
  frames: readonly Uint8Array[],
  first: number,
  count: number,
): Promise<Findings> {
  const found: Findings = { frames: 0, explained: new Map(), unexplained: [] };
  for (let seed = first; seed < first + count; seed += 1) {
    const draw = drawOf(seed);
    const raw = frames[draw(frames.length)] ?? new Uint8Array();
    const opened = openFrame(raw);
    if (opened === null) continue;
    const mutation = MUTATIONS[draw(MUTATIONS.length)];
    if (mutation === undefined) continue;
    const frame = mutation.make({ ...opened, raw }, draw);
    found.frames += 1;
    const all = await readings(frame);
    if (agree(all.ours, all.sync) && agree(all.ours, all.plain)) continue;
    const difference = { seed, how: mutation.name, readings: all, frame };
    const rule = RULES.find(({ explains }) => explains(difference));
    if (rule === undefined) found.unexplained.push(difference);
    else found.explained.set(rule.why, (found.explained.get(rule.why) ?? 0) + 1);
  }
  return found;
}

/** Mulberry32. */
function drawOf(seed: number): (below: number) => number {
  let state = Math.imul(seed, 0x9e3779b1) | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

export function print({ seed, how, readings: { ours, sync, plain } }: Difference): string {
  const text = JSON.stringify({ ours, sync, plain });
  return `seed ${seed}, ${how}: ${text.slice(0, 900)}`;
}
