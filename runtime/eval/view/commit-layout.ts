// How the shuffler lays out a commit: its fields in DAG-CBOR order, so that each is found by comparing a few
// bytes. It takes a third of the time of looking every entry up by its name.

import type { PathNode, PathTree } from "./path-tree.ts";

export type LaidOut = {
  /** The entry's name as CBOR, with what of the value is always the same. */
  readonly start: Uint8Array;
  readonly node: PathNode;
  /** How many of the first bytes of `start` are the name, behind which the value begins. */
  readonly nameBytes: number;
  readonly value: "text" | "unsigned" | "any" | "fixed";
  readonly optional: boolean;
};

const TEXT = 0x60;

/** The fields of a commit in their order; a delete has neither `cid` nor `record`. */
export function commitLayout(tree: PathTree): readonly LaidOut[] {
  const field = (name: string, value: LaidOut["value"], more: Partial<LaidOut> = {}): LaidOut => {
    const start = Uint8Array.from([TEXT + name.length, ...Buffer.from(name)]);
    const node = tree.node([name]);
    return { start, node, nameBytes: start.length, value, optional: false, ...more };
  };
  const kind = Uint8Array.from(Buffer.from("\x64kind\x66commit"));
  return [
    field("op", "text"),
    field("cid", "any", { optional: true }),
    field("did", "text"),
    field("rev", "any", { optional: true }),
    field("seq", "unsigned"),
    field("kind", "fixed", { start: kind }),
    field("rkey", "text"),
    field("time", "unsigned"),
    field("record", "any", { optional: true }),
    field("collection", "text"),
  ];
}
