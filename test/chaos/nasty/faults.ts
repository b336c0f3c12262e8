// What goes wrong in the nasty suite, drawn from a seed: kills, pauses up to 40 s, kills of the server, and
// deployments in between. Several overlap; one worker and one shuffler are always left alone.

import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../../../runtime/testing/random.ts";
import { weighted } from "../faults.ts";
import type { Member } from "../member.ts";
import type { Change, Deployments } from "./deployments.ts";
import { type NastyProgram, PROGRAMS } from "./programs.ts";
import type { NastyWorld } from "./world.ts";

/** One of them, ready to be made: who it is for, what is said of it, and the making. */
type Fault = {
  readonly kind: string;
  /** Has no other one meanwhile. */
  readonly target: object;
  readonly said: string;
  readonly run: () => Promise<void>;
};

type Role = "worker" | "shuffler" | "server" | "deployment";

export type FaultOptions = {
  readonly faults: number;
  readonly durationMs: number;
  readonly random: Random;
  readonly onFault: (said: string, count: number) => void;
};

const ROLE_WEIGHTS: readonly (readonly [Role, number])[] = [
  ["worker", 9],
  ["shuffler", 3],
  ["server", 2],
  ["deployment", 6],
];
/** Of members: how often they are paused instead of killed. */
const PAUSED = 0.35;
const AWAY_MS_MAX = 4000;
const PAUSE_MS_MAX = 40_000;
const SERVER_AWAY_MS_MAX = 6000;
const PIPELINE_PAUSE_MS_MAX = 10_000;
const DEPLOY_KILLED_MS_MAX = 3000;
const RETRY_MS = 100;

const CHANGES: readonly (readonly [Change["kind"], number])[] = [
  ["another sink", 10],
  ["killed deploy", 5],
  ["rollback", 4],
  ["pause", 3],
  ["the same again", 1],
];

/** Makes all the faults, spread over the time. @returns how many of each kind, once all are mended */
export async function makeNastyFaults(
  world: NastyWorld,
  options: FaultOptions,
): Promise<ReadonlyMap<string, number>> {
  const { random, onFault } = options;
  const counts = new Map<string, number>();
  const mending = new Map<object, Promise<void>>();
  const failures: unknown[] = [];
  const startMs = performance.now();
  for (let made = 0; made < options.faults && failures.length === 0; ) {
    const dueMs = (made * options.durationMs) / options.faults;
    await sleep(Math.max(0, startMs + dueMs - performance.now()));
    const fault = draw(world, random, mending);
    if (fault === null) {
      await sleep(RETRY_MS);
      continue;
    }
    const { kind, target } = fault;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    made += 1;
    onFault(`${kind} ${fault.said}`, made);
    const run = fault.run().catch((error: unknown) => void failures.push(error));
    mending.set(
      target,
      run.finally(() => mending.delete(target)),
    );
  }
  await Promise.all(mending.values());
  if (failures.length > 0) throw failures[0];
  return counts;
}

function draw(
  world: NastyWorld,
  random: Random,
  mending: ReadonlyMap<object, unknown>,
): Fault | null {
  const role = weighted(random, ROLE_WEIGHTS);
  switch (role) {
    case "worker":
      return member(role, world.workers);
    case "shuffler":
      return member(role, world.shufflers);
    case "server":
      return mending.has(world.server) ? null : serverFault(world, random);
    case "deployment": {
      const program = PROGRAMS[random.int(PROGRAMS.length)];
      if (program === undefined || mending.has(program)) return null;
      return deploymentFault(program, world.deployments, random);
    }
  }

  function member(of: Role, all: readonly Member[]): Fault | null {
    const well = all.filter((one) => !mending.has(one));
    const target = well[random.int(well.length)];
    return target === undefined || well.length === 1 ? null : memberFault(of, target, random);
  }
}

function memberFault(role: Role, target: Member, random: Random): Fault {
  const isPaused = random.chance(PAUSED);
  const lastsMs = random.int(isPaused ? PAUSE_MS_MAX : AWAY_MS_MAX);
  return {
    kind: `${role} ${isPaused ? "paused" : "killed"}`,
    target,
    said: `${target.name} for ${lastsMs} ms`,
    run: async () => {
      if (isPaused) target.freeze();
      else await target.kill();
      await sleep(lastsMs);
      if (isPaused) target.thaw();
      else target.start();
    },
  };
}

function serverFault({ server }: NastyWorld, random: Random): Fault {
  const awayMs = random.int(SERVER_AWAY_MS_MAX);
  return {
    kind: "server killed",
    target: server,
    said: `for ${awayMs} ms`,
    run: async () => {
      await server.crash();
      await sleep(awayMs);
      await server.restart();
    },
  };
}

function deploymentFault(program: NastyProgram, to: Deployments, random: Random): Fault {
  const change = drawChange(program, to, random);
  return {
    kind: `deployment: ${change.kind}`,
    target: program,
    said: `of ${program.name}`,
    run: () => to.change(program, change),
  };
}

function drawChange(program: NastyProgram, to: Deployments, random: Random): Change {
  const kind = weighted(random, CHANGES);
  const variant = to.otherVariant(program);
  switch (kind) {
    case "another sink":
      return { kind, variant };
    case "killed deploy":
      return { kind, variant, afterMs: random.int(DEPLOY_KILLED_MS_MAX) };
    case "pause":
      return { kind, pauseMs: random.int(PIPELINE_PAUSE_MS_MAX) };
    case "rollback":
    case "the same again":
      return { kind };
  }
}
