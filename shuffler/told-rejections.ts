// Which refusals people were told of: of each reason the first few that differ in more than numbers.

import type { Rejected, RejectReason } from "./decode/rejection.ts";

/** Told of one reason: a reason such as `bad_record` has several causes. */
export const TOLD_MAX = 3;
const NUMBERS = /\d+/g;

export class ToldRejections {
  readonly #told = new Map<RejectReason, Set<string>>();

  /** Whether it is to be told; it counts as told from now on. */
  isNews({ reason, detail }: Rejected): boolean {
    const told = this.#told.get(reason) ?? new Set();
    this.#told.set(reason, told);
    if (told.size >= TOLD_MAX) return false;
    return told.size < told.add(detail.replaceAll(NUMBERS, "0")).size;
  }
}
