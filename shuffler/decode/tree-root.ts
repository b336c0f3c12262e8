// The root of a repo's tree, as its commit block has it: what the next commit says it was made on (`prevData`).

import { CborCursor } from "../cbor/cursor.ts";
import { endOfKnown, knownBytes, LINK, textHead } from "../cbor/known-bytes.ts";
import { CID_BYTES } from "./cid.ts";
import { atprotoCidAt, PLC_DID_LENGTH, TID_LENGTH } from "./fields.ts";
import { catchMalformed } from "./rejection.ts";

/**
 * Where the CID stands in the block in `bytes` from `start` to `end`; -1 when there is none of atproto's form. Nobody has
 * checked the block: what is wrong with it is for whoever verifies to say.
 */
export function treeRootAt(bytes: Uint8Array, start: number, end: number): number {
  const usual = usualRootAt(bytes, start, end);
  if (usual >= 0) return usual;
  const cursor = new CborCursor(bytes, "bad_commit", start, end);
  const root = catchMalformed(() => {
    let rootAt = -1;
    for (let left = cursor.mapSize(); left > 0; left -= 1) {
      if (cursor.name() === "data") rootAt = atprotoCidAt(cursor, "a tree");
      else cursor.skip();
    }
    return rootAt;
  });
  return typeof root === "number" ? root : -1;
}

/** As nearly all commit blocks are laid out: of a DID of 32 characters, and a signature of 64 bytes. */
const DID = knownBytes(`\xa6\x63did${textHead(PLC_DID_LENGTH)}`);
const REV = knownBytes(`\x63rev${textHead(TID_LENGTH)}`);
const SIG = knownBytes("\x63sig\x58\x40");
const DATA = knownBytes(`\x64data${LINK}`);
const REST = knownBytes("\x64prev\xf6\x67version\x03");
const SIG_BYTES = 64;

/** Where the root stands in such a block; negative when it is laid out otherwise. */
function usualRootAt(bytes: Uint8Array, start: number, end: number): number {
  const did = endOfKnown(bytes, start, DID);
  const rev = did < 0 ? did : endOfKnown(bytes, did + PLC_DID_LENGTH, REV);
  const sig = rev < 0 ? rev : endOfKnown(bytes, rev + TID_LENGTH, SIG);
  const root = sig < 0 ? sig : endOfKnown(bytes, sig + SIG_BYTES, DATA);
  return root >= 0 && endOfKnown(bytes, root + CID_BYTES, REST) === end ? root : -1;
}
