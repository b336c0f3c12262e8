// What can go wrong, to whom and for how long: drawn from a seed. A fault begins, lasts, and is mended; several
// overlap, but never two of nodes, and one worker and one shuffler are always left alone.

import { setTimeout as sleep } from "node:timers/promises";
import type { ClusterNode } from "../../runtime/testing/nats-cluster-node.ts";
import type { Random } from "../../runtime/testing/random.ts";
import type { Member } from "./member.ts";
import { comesTrue } from "./wait.ts";

type Role = "worker" | "shuffler" | "node";

/** One fault as it happened. Times are milliseconds since the epoch. */
export type Fault = {
  readonly kind: string;
  readonly role: Role;
  readonly target: string;
  readonly beganAtMs: number;
  readonly durationMs: number;
  /** The last event the relay had sent when it began. */
  readonly relaySeq: number;
  /**
   * Of a node: how long after its mending all replicas of all streams were there and up to date; null while
   * they are not.
   */
  wholeAfterMs: number | null;
};

type Action<T> = {
  readonly kind: string;
  /** How often it is drawn, beside the others. */
  readonly weight: number;
  readonly leastMs: number;
  readonly mostMs: number;
  readonly begin: (target: T) => void | Promise<void>;
  readonly mend: (target: T) => void | Promise<void>;
};

const MEMBER_ACTIONS: readonly Action<Member>[] = [
  {
    kind: "SIGKILL",
    weight: 10,
    leastMs: 0,
    mostMs: 3000,
    begin: (member) => member.kill(),
    mend: (member) => member.start(),
  },
  {
    kind: "SIGSTOP",
    weight: 8,
    leastMs: 500,
    mostMs: 12_000,
    begin: (member) => member.freeze(),
    mend: (member) => member.thaw(),
  },
  {
    kind: "cut off",
    weight: 4,
    leastMs: 500,
    mostMs: 12_000,
    begin: (member) => member.cutOff(),
    mend: (member) => member.reconnect("heal"),
  },
  {
    kind: "answers lost",
    weight: 4,
    leastMs: 200,
    mostMs: 2000,
    begin: (member) => member.loseAnswers(),
    mend: (member) => member.reconnect("cut"),
  },
];

const NODE_ACTIONS: readonly Action<ClusterNode>[] = [
  {
    kind: "SIGKILL",
    weight: 10,
    leastMs: 0,
    mostMs: 6000,
    begin: (node) => node.crash(),
    mend: (node) => node.restart(),
  },
  {
    kind: "SIGSTOP",
    weight: 6,
    leastMs: 1000,
    mostMs: 12_000,
    begin: (node) => node.freeze(),
    mend: (node) => node.thaw(),
  },
  {
    kind: "parted, silent",
    weight: 4,
    leastMs: 1000,
    mostMs: 12_000,
    begin: (node) => node.part("silence"),
    mend: (node) => node.rejoin(),
  },
  {
    kind: "parted, refused",
    weight: 4,
    leastMs: 1000,
    mostMs: 8000,
    begin: (node) => node.part("refusal"),
    mend: (node) => node.rejoin(),
  },
];

/** Longest that is waited for a node to be whole again; no other one is broken meanwhile. */
const WHOLE_MS_MAX = 120_000;

/** How often the three are drawn. */
const ROLE_WEIGHTS: readonly (readonly [Role, number])[] = [
  ["worker", 10],
  ["shuffler", 5],
  ["node", 8],
];

export type Targets = {
  readonly workers: readonly Member[];
  readonly shufflers: readonly Member[];
  readonly nodes: readonly ClusterNode[];
  readonly relaySeq: () => number;
  /** Whether every replica of every stream is there and up to date: a node may go. */
  readonly isWhole: () => Promise<boolean>;
};

export type FaultOptions = {
  readonly faults: number;
  readonly durationMs: number;
  readonly random: Random;
  readonly onFault: (fault: Fault, count: number) => void;
};

/** Makes all the faults, spread over the time, and resolves when all are mended. */
export async function makeFaults(targets: Targets, options: FaultOptions): Promise<Fault[]> {
  const { random, onFault } = options;
  const made: Fault[] = [];
  const mending = new Map<object, Promise<void>>();
  const startMs = performance.now();
  while (made.length < options.faults) {
    const dueMs = (made.length * options.durationMs) / options.faults;
    await sleep(Math.max(0, startMs + dueMs - performance.now()));
    const begun = await beginOne(targets, random, mending);
    if (begun === null) await sleep(100);
    else onFault(begun, made.push(begun));
  }
  await Promise.all(mending.values());
  return made;
}

async function beginOne(
  targets: Targets,
  random: Random,
  mending: Map<object, Promise<void>>,
): Promise<Fault | null> {
  const role = weighted(random, ROLE_WEIGHTS);
  switch (role) {
    case "worker":
      return await begin(role, targets.workers, MEMBER_ACTIONS);
    case "shuffler":
      return await begin(role, targets.shufflers, MEMBER_ACTIONS);
    case "node": {
      const isFree = !targets.nodes.some((node) => mending.has(node)) && (await targets.isWhole());
      return isFree ? await begin(role, targets.nodes, NODE_ACTIONS) : null;
    }
  }

  async function begin<T extends { readonly name: string }>(
    ofRole: Role,
    all: readonly T[],
    actions: readonly Action<T>[],
  ): Promise<Fault | null> {
    const well = all.filter((one) => !mending.has(one));
    const target = well[random.int(well.length)];
    if (target === undefined || well.length === 1) return null;
    const action = weighted(
      random,
      actions.map((one) => [one, one.weight] as const),
    );
    const durationMs = action.leastMs + random.int(action.mostMs - action.leastMs);
    const fault = {
      kind: action.kind,
      role: ofRole,
      target: target.name,
      beganAtMs: Date.now(),
      durationMs,
      relaySeq: targets.relaySeq(),
      wholeAfterMs: null,
    };
    mending.set(
      target,
      run(action, target, fault).finally(() => mending.delete(target)),
    );
    return fault;
  }

  async function run<T>(action: Action<T>, target: T, fault: Fault): Promise<void> {
    await action.begin(target);
    await sleep(fault.durationMs);
    await action.mend(target);
    if (fault.role !== "node") return;
    const mendedMs = performance.now();
    if (await comesTrue(targets.isWhole, WHOLE_MS_MAX)) {
      fault.wholeAfterMs = performance.now() - mendedMs;
    }
  }
}

/** One of the choices, drawn by their weights. */
export function weighted<T>(random: Random, choices: readonly (readonly [T, number])[]): T {
  const total = choices.reduce((sum, [, weight]) => sum + weight, 0);
  let left = random.next() * total;
  for (const [choice, weight] of choices) {
    left -= weight;
    if (left < 0) return choice;
  }
  throw new Error("nothing to choose from");
}
