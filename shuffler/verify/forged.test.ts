// Over the reference server's own signed commits: each operation told otherwise, one left out, one added. Nothing that
// was forged comes out, and everything that is real does.

import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readRecording } from "../../bench/simulated-relay/recording.ts";
import { CidLink } from "../cbor/encode.ts";
import { decodeFrame } from "../decode/frame.ts";
import { FrameCommit } from "../decode/frame-commit.ts";
import { withoutOps } from "../decode/refused-ops.ts";
import { type Body, openFrame, opsOf, opText, type WireOp, withOps } from "../testing/forge.ts";
import { cborOf, cidOf } from "../testing/frames.ts";
import { judgeClaims } from "./claims.ts";
import { readCommitProof } from "./proof.ts";

const RECORDING = "../shared/data/firehose/pds-a.frames.zst";
/** Every so many recorded commits: ten frames are forged out of each. */
const EVERY = 4;
const OTHER = new CidLink(cidOf(cborOf({ text: "other" })));
const ACTIONS = ["create", "update", "delete"];

/** The operations that are published of a frame whose signature is good, as `opText`; and how many are refused. */
function published(frame: Uint8Array): { texts: string[]; refused: number } {
  const wrong = judgeClaims(readCommitProof(frame));
  if (wrong?.kind === "rejected") return { texts: [], refused: 1 };
  const message = withoutOps(decodeFrame(frame), wrong ?? undefined);
  if (!(message instanceof FrameCommit)) expect.fail(message.kind);
  const texts = message.ops.map(({ frame: bytes, action, collection, rkey, ...op }) => {
    const link = (at: number, end: number) =>
      at < 0 ? null : new CidLink(Buffer.from(bytes.subarray(at, end)));
    const prev = link(op.prevAt, op.prevEnd);
    const path = `${collection}/${rkey}`;
    return opText({ action, path, cid: link(op.cidAt, op.cidEnd), ...(prev && { prev }) });
  });
  return { texts, refused: message.rejected.length };
}

type Forgery = { readonly how: string; readonly ops: readonly WireOp[] };

/** All ways to tell operation `at` otherwise, to leave it out, and to add another. */
function forgeries(ops: readonly WireOp[], at: number): Forgery[] {
  const op = ops[at];
  if (op === undefined) return [];
  const { path, cid, prev } = op;
  const bare = { action: op.action, path, cid };
  const told = (how: string, other: WireOp | null, more: readonly WireOp[] = []): Forgery => ({
    how,
    ops: [...ops.slice(0, at), ...(other === null ? [] : [other]), ...ops.slice(at + 1), ...more],
  });
  const held = cid ?? prev ?? OTHER;
  const gone = { action: "delete", path, cid: null };
  const away = `${path}z`;
  return [
    ...ACTIONS.filter((action) => action !== op.action).flatMap((action) => [
      told(`as ${action}`, { ...op, action }),
      told(`as ${action} with prev`, { ...op, action, prev: prev ?? held }),
      told(`as ${action} without cid`, { ...op, action, cid: null, prev: held }),
      told(`as ${action} with cid`, { ...bare, action, cid: held }),
    ]),
    told("another cid", { ...op, cid: OTHER }),
    told("no cid, or one", { ...op, cid: cid === null ? held : null }),
    told("another prev", { ...op, prev: OTHER }),
    told("no prev, or one", prev === undefined ? { ...op, prev: held } : bare),
    told("cid and prev exchanged", { ...bare, cid: prev ?? null, ...(cid && { prev: cid }) }),
    told("removed", null),
    told("a delete beside it", op, [{ ...gone, prev: held }]),
    told("a delete without prev beside it", op, [gone]),
    told("a create beside it", op, [{ action: "create", path, cid: OTHER }]),
    told("an update beside it", op, [{ action: "update", path, cid: held, prev: OTHER }]),
    told("a delete of nothing", op, [{ ...gone, path: away, prev: held }]),
    told("a create of nothing", op, [{ action: "create", path: away, cid: held }]),
    told("an update of nothing", op, [{ action: "update", path: away, cid: held, prev: held }]),
  ];
}

async function commits(): Promise<Body[]> {
  return (await readRecording(RECORDING)).flatMap((frame) => {
    const { type = "", body = {} } = openFrame(frame) ?? {};
    return type === "#commit" && opsOf(body).length > 0 ? [body] : [];
  });
}

describe.skipIf(!existsSync(RECORDING))("of the signed commits of the reference server", () => {
  it("every real one is published whole, and nothing of what was forged of them", async () => {
    const bodies = await commits();
    expect(bodies.length).toBe(5983);
    const counts = new Map<string, number>();
    for (const [i, body] of bodies.entries()) {
      const ops = opsOf(body);
      const truth = ops.map(opText);
      if (i % EVERY !== 0) continue;
      expect(published(withOps(body, ops))).toEqual({ texts: truth, refused: 0 });
      for (const { how, ops: forged } of forgeries(ops, i % ops.length)) {
        const found = published(withOps(body, forged));
        const lies = found.texts.filter((text) => !truth.includes(text));
        expect(lies, `${how}: ${JSON.stringify([body.repo, body.rev])}`).toEqual([]);
        expect(found.refused, how).toBeGreaterThan(0);
        counts.set(how, (counts.get(how) ?? 0) + 1);
      }
    }
    const tried = Math.ceil(bodies.length / EVERY);
    expect(counts.get("removed")).toBe(tried);
    expect(counts.get("as delete without cid")).toBeGreaterThan(1000);
    expect(counts.get("as create")).toBeGreaterThan(100);
  });

  it("the siblings of a lie are published", async () => {
    let tried = 0;
    for (const body of await commits()) {
      const ops = opsOf(body);
      if (ops.length < 2) continue;
      tried += 1;
      const lie = { action: "delete", path: `${ops[0]?.path ?? ""}z`, cid: null, prev: OTHER };
      const found = published(withOps(body, [lie, ...ops]));
      expect(found).toEqual({ texts: ops.map(opText), refused: 1 });
    }
    expect(tried).toBe(535);
  });
});
