import { describe, expect, it } from "vitest";
import type { Deployment } from "../plan/deployment.ts";
import { type Clock, LogUnavailable } from "./ports.ts";
import { FailureLog } from "./task/failure-log.ts";
import { simulatedPlan } from "./task/simulation.test-support.ts";
import type { TaskEnd } from "./task/stage-task.ts";
import { EagerClock } from "./testing/eager-clock.ts";
import { MemoryDeployments } from "./testing/memory-deployments.ts";
import { MemoryLog } from "./testing/memory-log.ts";
import { type RunningTask, type TaskHost, Worker, type WorkerEvent } from "./worker.ts";

const TASKS = simulatedPlan.stages.reduce((sum, stage) => sum + stage.partitions, 0);

function deploymentOf(pipeline: string, deployedAtMs = 0): Deployment {
  return {
    address: { bucket: 0, tenant: "local", pipeline },
    version: 1,
    state: "running",
    plan: simulatedPlan,
    source: "",
    deployedAtMs,
    firehosePartitions: 4,
    lineages: {},
    topics: {},
  };
}

/** Tasks that run until they are stopped. */
class TestHost implements TaskHost {
  readonly running = new Set<Deployment>();
  readonly started: Deployment[] = [];

  start(deployment: Deployment): RunningTask {
    const own = { ...deployment };
    const done = Promise.withResolvers<TaskEnd>();
    this.started.push(deployment);
    this.running.add(own);
    const stop = (): void => {
      this.running.delete(own);
      done.resolve("stopped");
    };
    return { done: done.promise, stop };
  }
}

/** Only this worker is alive. */
class TestMembership {
  readonly left: string[] = [];
  async beat(): Promise<void> {}

  async alive(): Promise<string[]> {
    return ["w"];
  }

  async leave(worker: string): Promise<void> {
    this.left.push(worker);
  }
}

function startWorker(
  store = new MemoryDeployments(),
  membership = new TestMembership(),
  clock: Clock = { now: () => 0, sleep: untilAborted },
) {
  const host = new TestHost();
  const events: WorkerEvent[] = [];
  const stop = new AbortController();
  const onEvent = (event: WorkerEvent): void => void events.push(event);
  const failures = new FailureLog(new MemoryLog(), clock);
  const worker = new Worker("w", { store, membership, host, failures, clock, onEvent });
  const ended = worker.run(stop.signal);
  return { store, membership, host, events, stop: () => stop.abort(), ended };
}

function untilAborted(_ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal?.addEventListener("abort", () => resolve()));
}

describe("Worker", () => {
  it("runs what is deployed until it is stopped, and says that it leaves", async () => {
    const { store, host, membership, stop, ended } = startWorker();
    await store.put(deploymentOf("sim"), 0);
    await expect.poll(() => host.running.size).toBe(TASKS);
    stop();
    await ended;
    expect(host.running.size).toBe(0);
    expect(membership.left).toEqual(["w"]);
  });

  it("reports an entry that cannot be read, and runs the others", async () => {
    const { store, host, events, stop, ended } = startWorker();
    const unreadable = { kind: "unreadable", key: "local.bad", reason: "format: 2" } as const;
    await store.put(deploymentOf("one"), 0);
    await expect.poll(() => host.running.size).toBe(TASKS);
    store.tell(unreadable);
    await store.put(deploymentOf("two"), 0);
    await expect.poll(() => host.running.size).toBe(2 * TASKS);
    expect(events).toContainEqual(unreadable);
    stop();
    await ended;
  });

  it("stops what it runs of a pipeline whose entry cannot be read any more", async () => {
    const { store, host, stop, ended } = startWorker();
    await store.put(deploymentOf("sim"), 0);
    await expect.poll(() => host.running.size).toBe(TASKS);
    store.tell({ kind: "unreadable", key: "local.sim", reason: "format: 2" });
    await expect.poll(() => host.running.size).toBe(0);
    stop();
    await ended;
  });

  it("runs the new plan of a pipeline deleted and deployed again with the same version", async () => {
    const { store, host, stop, ended } = startWorker();
    await store.put(deploymentOf("sim", 1), 0);
    await expect.poll(() => host.running.size).toBe(TASKS);
    store.tell({ kind: "deployed", key: "local.sim", deployment: deploymentOf("sim", 2) });
    await expect
      .poll(() => [...host.running].map(({ deployedAtMs }) => deployedAtMs))
      .toEqual(Array.from({ length: TASKS }, () => 2));
    expect(host.started).toHaveLength(2 * TASKS);
    stop();
    await ended;
  });

  it("runs on through an outage of the watch, and watches again", async () => {
    class AwayDeployments extends MemoryDeployments {
      tries = 0;
      override async *watch(signal: AbortSignal) {
        this.tries += 1;
        const deployment = deploymentOf(this.tries === 1 ? "one" : "two");
        yield { kind: "deployed", key: deployment.address.pipeline, deployment } as const;
        if (this.tries === 1) throw new LogUnavailable("away");
        yield* super.watch(signal);
      }
    }
    const store = new AwayDeployments();
    const running = startWorker(store, new TestMembership(), new EagerClock());
    const { host, events, stop, ended } = running;
    await expect.poll(() => host.running.size).toBe(2 * TASKS);
    expect(events).toContainEqual({ kind: "watch-failed", error: new LogUnavailable("away") });
    expect(host.started).toHaveLength(2 * TASKS);
    stop();
    await ended;
  });

  it("stops its tasks and leaves when the watch fails", async () => {
    const broken = Promise.withResolvers<never>();
    class BrokenDeployments extends MemoryDeployments {
      override async *watch() {
        yield { kind: "deployed", key: "local.sim", deployment: deploymentOf("sim") } as const;
        await broken.promise;
      }
    }
    const { host, membership, ended } = startWorker(new BrokenDeployments());
    await expect.poll(() => host.running.size).toBe(TASKS);
    broken.reject(new Error("watch broke"));
    await expect(ended).rejects.toThrow("watch broke");
    expect(host.running.size).toBe(0);
    expect(membership.left).toEqual(["w"]);
  });

  it("starts again what fails after pauses that double, up to a bound", async () => {
    const events: WorkerEvent[] = [];
    const store = new MemoryDeployments();
    const stop = new AbortController();
    const done = Promise.reject(new Error("broken"));
    done.catch(() => undefined);
    const host = { start: () => ({ done, stop: () => undefined }) };
    const onEvent = (event: WorkerEvent): void => void events.push(event);
    const clock = new EagerClock();
    const failures = new FailureLog(new MemoryLog(), clock);
    const ports = { store, membership: new TestMembership(), host, failures, clock };
    const ended = new Worker("w", { ...ports, onEvent }).run(stop.signal);
    await store.put(deploymentOf("sim"), 0);
    const pausesMs = (): number[] =>
      events.flatMap((one) =>
        one.kind === "failed" && one.task.endsWith("/s0.0") ? [one.retryMs] : [],
      );
    await expect.poll(() => pausesMs().length).toBeGreaterThan(7);
    expect(pausesMs().slice(0, 8)).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
    stop.abort();
    await ended;
  });

  it("reports that it could not tell the others that it leaves, and ends", async () => {
    class GoneMembership extends TestMembership {
      override async leave(): Promise<void> {
        throw new Error("away");
      }
    }
    const { events, stop, ended } = startWorker(new MemoryDeployments(), new GoneMembership());
    stop();
    await ended;
    expect(events).toEqual([{ kind: "leave-failed", error: new Error("away") }]);
  });
});

/** Everybody who has announced themselves and not left. */
class TestMemberships {
  readonly #alive = new Set<string>();

  readonly beat = async (worker: string): Promise<void> => void this.#alive.add(worker);
  readonly alive = async (): Promise<string[]> => [...this.#alive];
  readonly leave = async (worker: string): Promise<void> => void this.#alive.delete(worker);
}

/** Time passes only when a test says so. */
class TickingClock {
  #sleepers: (() => void)[] = [];

  readonly now = (): number => 0;
  readonly sleep = (_ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      this.#sleepers.push(resolve);
      signal?.addEventListener("abort", () => resolve());
    });

  tick(): void {
    for (const wake of this.#sleepers.splice(0)) wake();
  }
}

describe("several workers", () => {
  it("share the tasks when one joins, and hand them over when one stops", async () => {
    const store = new MemoryDeployments();
    const membership = new TestMemberships();
    const clock = new TickingClock();
    const start = (id: string) => {
      const host = new TestHost();
      const stop = new AbortController();
      const onEvent = (): void => undefined;
      const failures = new FailureLog(new MemoryLog(), clock);
      const worker = new Worker(id, { store, membership, host, failures, clock, onEvent });
      const ended = worker.run(stop.signal);
      return { host, stop: () => stop.abort(), ended };
    };
    await store.put(deploymentOf("one"), 0);
    await store.put(deploymentOf("two"), 0);
    const first = start("first");
    await expect.poll(() => first.host.running.size).toBe(2 * TASKS);
    const second = start("second");
    // The next heartbeat of each shows it the other.
    const shares = (): number[] => {
      clock.tick();
      return [first.host.running.size, second.host.running.size];
    };
    await expect.poll(() => shares().reduce((sum, share) => sum + share)).toBe(2 * TASKS);
    expect(shares().every((share) => share > 0)).toBe(true);
    first.stop();
    await first.ended;
    expect(first.host.running.size).toBe(0);
    await expect.poll(shares).toEqual([0, 2 * TASKS]);
    second.stop();
    await second.ended;
  });
});
