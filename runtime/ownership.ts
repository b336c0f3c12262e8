// Who runs which task: rendezvous hashing over the live workers (Thaler & Ravishankar, 1998). Everybody
// computes the same answer from the same list, and a join or leave moves only the tasks it must.
//
// Invariant: this only avoids wasted work. Two workers that both believe they own a task are told apart
// by the fence on its checkpoint.

import { hash32 } from "../plan/partition.ts";

/** The owner of `task` among `workers`; null when there are none. */
export function ownerOf(task: string, workers: readonly string[]): string | null {
  let owner: string | null = null;
  let best = -1;
  for (const worker of [...workers].sort()) {
    const weight = hash32(`${worker}\n${task}`);
    if (weight > best) {
      best = weight;
      owner = worker;
    }
  }
  return owner;
}
