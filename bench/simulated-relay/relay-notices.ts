// What a relay says on its own account, worded as real relays do. Made once, before it listens.
import { errorFrame, infoFrame } from "./frame.ts";

/** Whole frames: three errors, after which the relay closes, and one warning. */
export type RelayNotices = {
  readonly futureCursor: Uint8Array;
  readonly invalidCursor: Uint8Array;
  readonly tooSlow: Uint8Array;
  readonly outdatedCursor: Uint8Array;
};

export async function makeRelayNotices(): Promise<RelayNotices> {
  const outdated = "Requested cursor exceeded limit. Possibly missing events";
  return {
    futureCursor: (await errorFrame("FutureCursor", "Cursor in the future.")).bytes,
    invalidCursor: (await errorFrame("InvalidRequest", "cursor must be an integer")).bytes,
    tooSlow: (await errorFrame("ConsumerTooSlow", "Stream consumer too slow")).bytes,
    outdatedCursor: (await infoFrame("OutdatedCursor", outdated)).bytes,
  };
}
