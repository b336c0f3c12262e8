// The root of a repo's tree, as its commit block has it: what the next commit says it was made on (`prevData`).

import { CborCursor } from "../cbor/cursor.ts";
import { endOfKnown, knownBytes, LINK } from "../cbor/known-bytes.ts";
import { CID_BYTES } from "./cid.ts";
import { atprotoCidAt } from "./fields.ts";
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
      if (cursor.name() === "data") rootAt = atprotoCidAt(cursor);
      else cursor.skip();
    }
    return rootAt;
  });
  return typeof root === "number" ? root : -1;
}

/** As nearly all commit blocks are laid out: of a DID of 32 characters, and a signature of 64 bytes. */
const DID = knownBytes("\xa6\x63did\x78\x20");
const REV = knownBytes("\x63rev\x6d");
const SIG = knownBytes("\x63sig\x58\x40");
const DATA = knownBytes(`\x64data${LINK}`);
const REST = knownBytes("\x64prev\xf6\x67version\x03");
const [DID_BYTES, REV_BYTES, SIG_BYTES] = [32, 13, 64];

/** Where the root stands in such a block; negative when it is laid out otherwise. */
function usualRootAt(bytes: Uint8Array, start: number, end: number): number {
  const did = endOfKnown(bytes, start, DID);
  const rev = did < 0 ? did : endOfKnown(bytes, did + DID_BYTES, REV);
  const sig = rev < 0 ? rev : endOfKnown(bytes, rev + REV_BYTES, SIG);
  const root = sig < 0 ? sig : endOfKnown(bytes, sig + SIG_BYTES, DATA);
  return root >= 0 && endOfKnown(bytes, root + CID_BYTES, REST) === end ? root : -1;
}
