// Every lie about a path beside a true operation of another: the lie is counted, and the truth arrives.

import { Secp256k1Keypair } from "@atproto/crypto";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { commitFrame } from "../../bench/simulated-relay/frame.ts";
import { SimulatedRepo, type Write } from "../../bench/simulated-relay/simulated-repo.ts";
import { tidOf } from "../../bench/simulated-relay/tid.ts";
import { CidLink } from "../cbor/encode.ts";
import { decodeFrame } from "../decode/frame.ts";
import { COMMIT_OPS_MAX } from "../decode/limits.ts";
import { withoutOps } from "../decode/refused-ops.ts";
import { catchMalformed } from "../decode/rejection.ts";
import { type Body, openFrame, opsOf, type WireOp, withOps } from "../testing/forge.ts";
import { cborOf, cidOf, frameOf } from "../testing/frames.ts";
import { SIGNER, write } from "../testing/signed-commits.ts";
import { judgeClaims, TURNED_BACK_OPS_MAX } from "./claims.ts";
import { readCommitProof } from "./proof.ts";
import { levelOfKey } from "./tree-node.ts";

const STAMP = { seq: 1, time: "2026-07-04T00:00:01.250Z" };
const PATH = "app.bsky.feed.post/told";
const SIBLING = "app.bsky.feed.post/sibling";
const OTHER = new CidLink(cidOf(cborOf({ text: "other" })));

/** What comes out of a frame whose signature is good: operations, and reasons of what is refused. */
function outcome(frame: Uint8Array): { ops: string[]; reasons: string[] } {
  const wrong = catchMalformed(() => judgeClaims(readCommitProof(frame)));
  if (wrong?.kind === "rejected") return { ops: [], reasons: [wrong.reason] };
  const message = withoutOps(decodeFrame(frame), wrong ?? undefined);
  if (message.kind !== "commit") expect.fail(message.kind);
  return {
    ops: message.ops.map(({ action, collection, rkey }) => `${action} ${collection}/${rkey}`),
    reasons: message.rejected.map(({ reason }) => reason),
  };
}

let keypair: Secp256k1Keypair;
let revs = 0;
function nextRev(): string {
  revs += 1;
  return tidOf(1_780_000_000_000_000 + revs, 1);
}
const names = Array.from({ length: 60 }, (_, i) => `post${i}`);

beforeAll(async () => {
  keypair = await Secp256k1Keypair.create();
});

/** The last of some commits of a repo, the first of which fills it. */
async function lastCommit(...steps: readonly (readonly Write[])[]): Promise<Body> {
  const repo = new SimulatedRepo(SIGNER, keypair);
  await repo.commit(
    names.map((name) => write("create", name)),
    nextRev(),
  );
  let frame = new Uint8Array();
  for (const writes of steps) {
    frame = Buffer.from((await commitFrame(await repo.commit(writes, nextRev()), STAMP)).bytes);
  }
  return openFrame(frame)?.body ?? expect.fail("no commit");
}

type State = "absent" | "held";
type Truth = { body: Body; before: CidLink | null; after: CidLink | null };

/** A commit in which the path goes from one state to the other, beside a sibling that is created. */
async function truthOf(before: State, after: State): Promise<Truth> {
  const old = write("create", "told", "old");
  const sibling = write("create", "sibling");
  const kept: Write[] = before === "held" ? [old] : [write("create", "unrelated")];
  const told: Write[] = [];
  if (after === "held") told.push(write(before === "held" ? "update" : "create", "told", "new"));
  else if (before === "held") told.push({ action: "delete", path: PATH });
  const body = await lastCommit(kept, [...told, sibling]);
  const own = opsOf(body).find(({ path }) => path === PATH);
  return { body, before: own?.prev ?? null, after: own?.cid ?? null };
}

const [OLD_CID, NEW_CID] = ["old", "new"].map((text) => new CidLink(cidOf(recordOf(text))));

function recordOf(text: string): Uint8Array {
  return cborOf({ $type: "app.bsky.feed.post", text, createdAt: STAMP.time });
}

const ACTIONS = ["create", "update", "delete"] as const;
const STATES = ["absent", "held"] as const;

const same = (a: CidLink | null, b: CidLink | null) =>
  (a === null && b === null) || (a !== null && b !== null && Buffer.compare(a.cid, b.cid) === 0);

describe.each(STATES.flatMap((before) => STATES.map((after) => [before, after] as const)))(
  "of a path that was %s before and is %s after",
  (before, after) => {
    let truth: Truth;
    beforeAll(async () => {
      truth = await truthOf(before, after);
    });

    it.each(ACTIONS)("only the true claim passes: %s", (action) => {
      const sibling = opsOf(truth.body).find(({ path }) => path === SIBLING);
      if (sibling === undefined || OLD_CID === undefined || NEW_CID === undefined) expect.fail();
      const cids = [null, OLD_CID, NEW_CID, OTHER];
      const counts = new Map<string, number>();
      for (const [cid, prev] of cids.flatMap((one) => cids.map((two) => [one, two] as const))) {
        const claim: WireOp = { action, path: PATH, cid, ...(prev && { prev }) };
        const told = outcome(withOps(truth.body, [claim, sibling]));
        const isTrue =
          action === trueAction(truth) && same(cid, truth.after) && same(prev, truth.before);
        const row = `${JSON.stringify([cid, prev].map((one) => cids.indexOf(one)))} ${told.reasons.join(" ")}`;
        if (isTrue) {
          expect(told, row).toEqual({
            ops: [`${action} ${PATH}`, `create ${SIBLING}`],
            reasons: [],
          });
          counts.set("true", (counts.get("true") ?? 0) + 1);
          continue;
        }
        // What the path held before can be told if somebody names it.
        const isTold = [null, truth.after, cid, prev].some((one) => same(one, truth.before));
        expect(told.ops, row).toEqual(isTold ? [`create ${SIBLING}`] : []);
        expect(told.reasons, row).toHaveLength(1);
        const [reason = ""] = told.reasons;
        counts.set(reason, (counts.get(reason) ?? 0) + 1);
      }
      expect(counts.get("true") ?? 0).toBe(action === trueAction(truth) ? 1 : 0);
      expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBe(16);
      expect([...counts.keys()].filter((one) => !KNOWN.includes(one))).toEqual([]);
    });
  },
);

const KNOWN = ["true", "bad_proof", "bad_cid", "missing_block"];

function trueAction({ before, after }: Truth): string | null {
  if (before === null) return after === null ? null : "create";
  return after === null ? "delete" : "update";
}

describe("a commit", () => {
  it("has no true operation for a path that two contradict each other about", async () => {
    const body = await lastCommit([write("create", "told"), write("create", "sibling")]);
    const [told, sibling] = opsOf(body);
    if (told === undefined || sibling === undefined) expect.fail("two operations");
    const twice = withOps(body, [told, told, sibling]);
    expect(outcome(twice)).toEqual({
      ops: [`create ${SIBLING}`],
      reasons: ["bad_proof", "bad_proof"],
    });
    // Of those about one path the one is true that both trees bear out.
    const gone: WireOp = {
      action: "delete",
      path: PATH,
      cid: null,
      ...(told.cid && { prev: told.cid }),
    };
    expect(outcome(withOps(body, [gone, told, sibling]))).toEqual({
      ops: [`create ${PATH}`, `create ${SIBLING}`],
      reasons: ["bad_proof"],
    });
  });

  it("is refused as a whole when an operation is missing, or all are", async () => {
    const body = await lastCommit([write("create", "told"), write("create", "sibling")]);
    for (const ops of [opsOf(body).slice(0, 1), opsOf(body).slice(1), []]) {
      expect(outcome(withOps(body, ops))).toEqual({ ops: [], reasons: ["bad_proof"] });
    }
  });

  it("is refused as a whole when the tree before is another", async () => {
    const body = await lastCommit([write("create", "told"), write("create", "sibling")]);
    expect(outcome(frameOf("#commit", { ...body, prevData: OTHER }))).toEqual({
      ops: [],
      reasons: ["bad_proof"],
    });
  });

  it("of a host that does not say the tree before is held to the tree after alone", async () => {
    const { prevData: _, ...body } = await lastCommit([write("update", "post3", "new")]);
    const [told] = opsOf(body);
    if (told === undefined) expect.fail("an operation");
    const { prev: _prev, ...old } = told;
    expect(outcome(withOps(body, [old]))).toEqual({
      ops: ["update app.bsky.feed.post/post3"],
      reasons: [],
    });
    const lie: WireOp = { action: "delete", path: old.path, cid: null };
    expect(outcome(withOps(body, [lie])).ops).toEqual([]);
    expect(outcome(withOps(body, [{ ...old, cid: OTHER }])).ops).toEqual([]);
  });

  it("that deletes a key some levels above all others turns back to them all", async () => {
    const all = Array.from({ length: 2000 }, (_, i) => `name${i}`);
    const level = (name: string) => levelOfKey(Buffer.from(`app.bsky.feed.post/${name}`));
    const low = all.filter((name) => level(name) === 0).slice(0, 4);
    const high = all.find((name) => level(name) >= 3) ?? expect.fail("none so high");
    const repo = new SimulatedRepo(SIGNER, keypair);
    await repo.commit(
      [...low, high].map((name) => write("create", name)),
      nextRev(),
    );
    const path = `app.bsky.feed.post/${high}`;
    const commit = await repo.commit([{ action: "delete", path }], nextRev());
    const { bytes } = await commitFrame(commit, STAMP);
    expect(outcome(bytes)).toEqual({ ops: [`delete ${path}`], reasons: [] });
  });

  it("that changes nothing is good, with no node of its tree at hand", async () => {
    const repo = new SimulatedRepo(SIGNER, keypair);
    await repo.commit([write("create", "a")], nextRev());
    const { bytes } = await commitFrame(await repo.resign(nextRev()), STAMP);
    expect(outcome(bytes)).toEqual({ ops: [], reasons: [] });
  });

  it("of 200 operations is judged with one lie in it, as far as there may be work", async () => {
    const writes = Array.from({ length: COMMIT_OPS_MAX }, (_, i) => write("create", `many${i}`));
    const body = await lastCommit(writes);
    const ops = opsOf(body);
    expect(TURNED_BACK_OPS_MAX).toBe(2 * ops.length);
    const lyingAt = (at: number) =>
      ops.map((op, i): WireOp => (i === at ? { ...op, action: "update", prev: OTHER } : op));
    // One round shows that something is wrong, the other that it is the first operation's.
    const found = outcome(withOps(body, lyingAt(0)));
    expect(found.ops).toHaveLength(ops.length - 1);
    expect(found.reasons).toEqual(["bad_proof"]);
    expect(outcome(withOps(body, lyingAt(1)))).toEqual({ ops: [], reasons: ["bad_proof"] });
  });
});

describe("whatever a repo writes", () => {
  it("turns back to the tree before, and to no other", async () => {
    const step = fc.array(fc.tuple(fc.nat(40), fc.nat(2), fc.nat(99)), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
        const repo = new SimulatedRepo(SIGNER, keypair);
        await repo.commit([], nextRev());
        const held = new Set<number>();
        for (const one of steps) {
          const writes = writesOf(one, held);
          const { bytes } = await commitFrame(await repo.commit(writes, nextRev()), STAMP);
          const { ops, reasons } = outcome(bytes);
          expect(reasons).toEqual([]);
          expect(ops).toHaveLength(writes.length);
          const { body } = openFrame(bytes) ?? expect.fail("no commit");
          const other = frameOf("#commit", { ...body, prevData: OTHER });
          expect(outcome(other)).toEqual({ ops: [], reasons: ["bad_proof"] });
        }
      }),
      { numRuns: 60 },
    );
  });
});

/** Each path once: created where it is not, else updated or deleted. */
function writesOf(
  step: readonly (readonly [number, number, number])[],
  held: Set<number>,
): Write[] {
  const paths = new Map(step.map((one) => [one[0], one]));
  return [...paths.values()].map(([key, what, text]): Write => {
    const name = `key${key}`;
    if (!held.has(key)) {
      held.add(key);
      return write("create", name, `${name} ${text}`);
    }
    if (what === 0) return write("update", name, `${name} ${text} again`);
    held.delete(key);
    return { action: "delete", path: `app.bsky.feed.post/${name}` };
  });
}
