// A `#sync` of Jetstream v2: the relay's event as JSON, the commit block in a CAR in base64.

import { CID_BYTES, cidToString, isThisCidAt } from "../decode/cid.ts";
import { isTid, openCar } from "../decode/fields.ts";
import type { SyncMessage } from "../decode/message.ts";
import { Malformed } from "../decode/rejection.ts";
import { treeRootAt } from "../decode/tree-root.ts";

type Sync = { readonly rev: string; readonly blocks?: { readonly $bytes: string } | undefined };

/** @param where names the line, for the detail of a refusal. @throws Malformed */
export function syncMessage(
  { rev, blocks }: Sync,
  at: Pick<SyncMessage, "did" | "seq" | "timeMs">,
  where: string,
): SyncMessage {
  if (!isTid(rev)) throw new Malformed("bad_rev", where);
  if (blocks === undefined) throw new Malformed("bad_car", `${where}: a sync without blocks`);
  const bytes = Buffer.from(blocks.$bytes, "base64");
  const car = openCar(bytes, 0, bytes.length);
  if (car === null) throw new Malformed("bad_car", where);
  let dataAt = -1;
  while (car.next()) {
    if (isThisCidAt(car.root, bytes, car.cidAt)) dataAt = treeRootAt(bytes, car.start, car.end);
  }
  const data = dataAt < 0 ? null : bytes.subarray(dataAt, dataAt + CID_BYTES);
  return { kind: "sync", ...at, rev, commitCid: cidToString(car.root), data };
}
