// What the accounts of a network hold in the end: told by the frames that a relay sent, and by what a reader of FIREHOSE
// folds. The two share no code.

import { readFrame } from "../../bench/simulated-relay/read-frame.ts";
import { decodeEvent } from "../../runtime/eval/codec.ts";

/** Records by `did/collection/rkey`, states by `did account` and `did identity`; values are CIDs and what was said. */
export type World = Map<string, string>;

type Op = { readonly action: string; readonly path: string; readonly cid: unknown };

/** @param frames those that are right, in the order of their numbers */
export function worldOf(frames: readonly Uint8Array[]): World {
  const world: World = new Map();
  for (const frame of frames) {
    const { type, body } = readFrame(frame);
    const did = textOf(body.did ?? body.repo);
    if (type === "#account") {
      world.set(`${did} account`, `${textOf(body.active)} ${textOf(body.status ?? null)}`);
    } else if (type === "#identity") world.set(`${did} identity`, textOf(body.handle ?? null));
    else if (type === "#commit") {
      const ops = body.ops as unknown as readonly Op[]; // as the lexicon has it
      for (const { action, path, cid } of ops) put(world, `${did}/${path}`, action, textOf(cid));
    }
  }
  return world;
}

/** @param payloads of the events, in the order of the stream */
export function foldOf(payloads: readonly Uint8Array[]): World {
  const world: World = new Map();
  for (const payload of payloads) {
    const { kind, did, op, collection, rkey, cid, active, status, handle } = decodeEvent(payload);
    const owner = textOf(did);
    if (kind === "account") world.set(`${owner} account`, `${textOf(active)} ${textOf(status)}`);
    else if (kind === "identity") world.set(`${owner} identity`, textOf(handle));
    else if (kind === "commit") {
      put(world, `${owner}/${textOf(collection)}/${textOf(rkey)}`, textOf(op), textOf(cid));
    }
  }
  return world;
}

function put(world: World, key: string, action: string, cid: string): void {
  if (action === "delete") world.delete(key);
  else world.set(key, cid);
}

/** As it is compared: CIDs are their own text. */
function textOf(value: unknown): string {
  return String(value);
}
