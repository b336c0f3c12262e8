// The root of a repo's tree, as its commit block has it: what the next commit says it was made on (`prevData`).

import { CborCursor } from "../cbor/cursor.ts";
import { catchMalformed } from "./rejection.ts";

/**
 * The binary CID, one character a byte, of the block in `bytes` from `start` to `end`; null when it has none.
 * Nobody has checked the block: what is wrong with it is for whoever verifies to say.
 */
export function treeRootOf(bytes: Uint8Array, start: number, end: number): string | null {
  const cursor = new CborCursor(bytes, "bad_commit", start, end);
  const root = catchMalformed(() => {
    let data: string | null = null;
    for (let left = cursor.mapSize(); left > 0; left -= 1) {
      if (cursor.name() === "data") data = cursor.cidLinkText();
      else cursor.skip();
    }
    return data;
  });
  return typeof root === "string" ? root : null;
}
