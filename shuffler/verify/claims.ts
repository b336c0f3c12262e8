// Whether the operations of a signed commit are true. What a path holds after it the signed tree says, of each by itself.
// What a path held before nobody signed; but if all operations, turned back, give the root that the host says the tree had
// (`prevData`), then all are true and none is missing. Where they do not, the one that lies is looked for, so that the
// others need not be refused with it: what its path held before is guessed from what was said about it, and a guess is
// right when the root comes out. Hosts that do not say `prevData` leave the half of it unproved: see docs/operations.md.

import { latin1At } from "../cbor/latin1.ts";
import { sameCid } from "../decode/cid.ts";
import type { RefusedOp, RefusedOps } from "../decode/refused-ops.ts";
import { catchMalformed, type Rejected } from "../decode/rejection.ts";
import { type Claim, wrong, wrongWith } from "./claim.ts";
import { PastTree } from "./past-tree.ts";
import { type CommitProof, isCid } from "./proof.ts";
import { Tree } from "./tree.ts";

/** Operations turned back for one commit, those of guesses too: two rounds of the largest, 16 of a small one. */
export const TURNED_BACK_OPS_MAX = 400;
export const ROUNDS_MAX = 16;

/** What is said about one path. */
type Path = {
  readonly key: Buffer;
  readonly after: Buffer | null;
  readonly claims: readonly { readonly claim: Claim; readonly why: Rejected | null }[];
  /** What it may have held before; one where a claim says it that may be true. */
  readonly befores: readonly (Buffer | null)[];
};

/** Null when all are true; a commit none of whose operations can be published is refused as a whole. */
export function judgeClaims(proof: CommitProof): Rejected | RefusedOps | null {
  const { prevData, claims } = proof;
  const tree = new Tree(proof.blocks, proof.tree);
  const paths = pathsOf(tree, claims, prevData !== null);
  const refused = paths.flatMap(refusedOf);
  const first = refused[0]?.why ?? null;
  if (first !== null && refused.length === claims.length) return first;
  if (prevData === null) return first === null ? null : { kind: "refused-ops", ops: refused };
  const past = new Rounds(tree, prevData, claims.length);
  const why = past.tryAll(paths);
  if (why === null) return first === null ? null : { kind: "refused-ops", ops: refused };
  const liar = first === null ? past.liarOf(paths) : null;
  if (liar === null || claims.length === 1) return why;
  return { kind: "refused-ops", ops: opsOf(liar, wrong("the path held something else before")) };
}

function pathsOf(tree: Tree, claims: readonly Claim[], isBeforeKnown: boolean): Path[] {
  const [only] = claims;
  if (only !== undefined && claims.length === 1) return [pathOf(tree, claims, only, isBeforeKnown)];
  const byPath = Map.groupBy(claims, ({ path }) => latin1At(path, 0, path.length));
  return [...byPath.values()].flatMap((group) =>
    group[0] === undefined ? [] : [pathOf(tree, group, group[0], isBeforeKnown)],
  );
}

function pathOf(
  tree: Tree,
  group: readonly Claim[],
  { path }: Claim,
  isBeforeKnown: boolean,
): Path {
  const after = catchMalformed(() => tree.find(path));
  if (after !== null && "kind" in after) {
    // A commit brings the nodes around every path that it changes: this one it has not changed.
    const claims = group.map((claim) => ({ claim, why: after }));
    return { key: path, after: null, claims, befores: [null] };
  }
  const judged = group.map((claim) => ({ claim, why: wrongWith(claim, after, isBeforeKnown) }));
  const [good, another] = judged.filter(({ why }) => why === null);
  if (good !== undefined && another === undefined) {
    return { key: path, after, claims: judged, befores: [good.claim.prev] };
  }
  const befores = guesses(group, after);
  if (good === undefined) return { key: path, after, claims: judged, befores };
  const why = wrong("operations of one path that contradict each other");
  const claims = judged.map((one) => ({ claim: one.claim, why: one.why ?? why }));
  return { key: path, after, claims, befores };
}

/** What a path may have held that somebody lies about: nothing, what it holds now, or what is said. */
function guesses(claims: readonly Claim[], after: Buffer | null): (Buffer | null)[] {
  const said = claims.flatMap(({ cid, prev }) => [prev, cid]);
  const found: (Buffer | null)[] = [null];
  for (const cid of [after, ...said]) {
    if (cid === null || !isCid(cid)) continue;
    if (!found.some((one) => one !== null && sameCid(one, cid))) found.push(cid);
  }
  return found;
}

function refusedOf({ claims }: Path): RefusedOp[] {
  return claims.flatMap(({ claim, why }) => (why === null ? [] : [{ pathAt: claim.pathAt, why }]));
}

function opsOf({ claims }: Path, why: Rejected): RefusedOp[] {
  return claims.map((one) => ({ pathAt: one.claim.pathAt, why: one.why ?? why }));
}

/** Tries to turn a commit back to the tree it says it was made on. */
class Rounds {
  readonly #after: Tree;
  readonly #before: Buffer;
  #left: number;

  constructor(after: Tree, before: Buffer, ops: number) {
    this.#after = after;
    this.#before = before;
    this.#left = Math.min(ROUNDS_MAX, Math.floor(TURNED_BACK_OPS_MAX / Math.max(ops, 1)));
  }

  /** With everything that the paths may have held. @returns null when one fits, else why the first does not */
  tryAll(paths: readonly Path[]): Rejected | null {
    let first: Rejected | null = null;
    for (const befores of choices(paths)) {
      if (this.#left === 0) break;
      const why = this.#try(paths, befores);
      if (why === null) return null;
      first ??= why;
    }
    return first ?? NOT_FROM_THERE;
  }

  /** The one path of which something else makes it fit; null when there is none. */
  liarOf(paths: readonly Path[]): Path | null {
    for (const path of paths) {
      const others = guesses(
        path.claims.map(({ claim }) => claim),
        path.after,
      );
      const isIt = this.tryAll(
        paths.map((one) => (one === path ? { ...path, befores: others } : one)),
      );
      if (isIt === null) return path;
    }
    return null;
  }

  #try(paths: readonly Path[], befores: readonly (Buffer | null)[]): Rejected | null {
    this.#left -= 1;
    return catchMalformed(() => {
      const root = turnedBack(this.#after, paths, befores);
      return sameCid(root, this.#before) ? null : NOT_FROM_THERE;
    });
  }
}

const NOT_FROM_THERE = wrong("the operations do not lead from the tree before to this one");

/** One thing that each path may have held, and every combination of them; the first path's changes fastest. */
function* choices(paths: readonly Path[]): Generator<(Buffer | null)[]> {
  const at = paths.map(() => 0);
  for (;;) {
    yield paths.map(({ befores }, i) => befores[at[i] ?? 0] ?? null);
    const next = paths.findIndex(({ befores }, i) => (at[i] ?? 0) + 1 < befores.length);
    if (next < 0) return;
    at.fill(0, 0, next);
    at[next] = (at[next] ?? 0) + 1;
  }
}

/** The root of the tree in which the paths hold `befores`. Nothing is put in before all that is to go is gone. */
function turnedBack(
  after: Tree,
  paths: readonly Path[],
  befores: readonly (Buffer | null)[],
): Buffer {
  const past = new PastTree(after);
  const inserted: { key: Buffer; before: Buffer }[] = [];
  for (const [i, path] of paths.entries()) {
    const before = befores[i] ?? null;
    if (path.after === null && before !== null) inserted.push({ key: path.key, before });
    else if (path.after !== null && before === null) past.remove(path.key);
    else if (path.after !== null && before !== null && !sameCid(path.after, before)) {
      past.replace(path.key, before);
    }
  }
  for (const { key, before } of inserted) past.insert(key, before);
  return past.root();
}
