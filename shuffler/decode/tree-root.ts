// The root of a repo's tree, as its commit block has it: what the next commit says it was made on (`prevData`).

import { CborCursor } from "../cbor/cursor.ts";
import { eachField } from "./fields.ts";
import { catchMalformed } from "./rejection.ts";

/**
 * The binary CID, a view into the block; null when it has none. Nobody has checked the block: what is wrong
 * with it is for whoever verifies to say.
 */
export function treeRootOf(block: Uint8Array): Uint8Array | null {
  const root = catchMalformed(() => {
    const cursor = new CborCursor(block, "bad_commit");
    let data: Uint8Array | null = null as Uint8Array | null; // assigned in the callback
    eachField(cursor, (key) => {
      if (key === "data") data = cursor.cidLink();
      else cursor.skip();
    });
    return { data };
  });
  return "data" in root ? root.data : null;
}
