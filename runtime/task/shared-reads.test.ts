import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { expect, it } from "vitest";
import { FIREHOSE_STREAM } from "../../plan/names.ts";
import type { Clock, LogMessage } from "../ports.ts";
import { subjectMatches } from "../subject-match.ts";
import { MemoryLog } from "../testing/memory-log.ts";
import { WAITING_MESSAGES_MAX } from "./group-member.ts";
import { MEETING_SEQS_MAX, STARTING_MS, STARTING_SEQS_MAX, SUBJECTS_MAX } from "./reader-group.ts";
import { SharedReads } from "./shared-reads.ts";

const SUBJECTS = [
  "f.p.0.create.post",
  "f.p.0.create.like",
  "f.p.1.create.post",
  "f.p.1.delete.like",
];

/** Time that passes only when told to. */
class ManualClock implements Clock {
  #nowMs = 0;
  #sleepers: { readonly untilMs: number; readonly wake: () => void }[] = [];

  now(): number {
    return this.#nowMs;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#sleepers.push({ untilMs: this.#nowMs + ms, wake: resolve });
      signal?.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  advance(ms: number): void {
    this.#nowMs += ms;
    const due = this.#sleepers.filter(({ untilMs }) => untilMs <= this.#nowMs);
    this.#sleepers = this.#sleepers.filter(({ untilMs }) => untilMs > this.#nowMs);
    for (const { wake } of due) wake();
  }
}

/** A log of so many messages on the subjects in turn; knows who reads it. */
class CountedLog extends MemoryLog {
  opened = 0;
  open = 0;
  failure: Error | null = null;

  constructor(messages: number) {
    super();
    this.fill(messages);
  }

  fill(messages: number): void {
    for (let i = 0; i < messages; i += 1) {
      const subject = SUBJECTS[i % SUBJECTS.length] ?? "";
      this.append(FIREHOSE_STREAM, { subject, headers: new Map(), payload: new Uint8Array() });
    }
  }

  override async *read(
    stream: string,
    subjects: readonly string[],
    fromSeq: number,
    signal: AbortSignal,
  ): AsyncIterable<readonly LogMessage[]> {
    this.opened += 1;
    this.open += 1;
    try {
      for await (const batch of super.read(stream, subjects, fromSeq, signal)) {
        await setImmediate(); // As long as it takes a server, others have their turn.
        if (this.failure !== null) throw this.failure;
        yield batch;
      }
    } finally {
      this.open -= 1;
    }
  }
}

/** A task that reads on: as long as it is not held. */
class Reader {
  readonly seqs: number[] = [];
  readonly stop = new AbortController();
  readonly done: Promise<void>;
  error: unknown = null;
  held = false;

  constructor(shared: SharedReads, subjects: readonly string[], fromSeq: number) {
    this.done = this.#read(shared, subjects, fromSeq);
  }

  async #read(shared: SharedReads, subjects: readonly string[], fromSeq: number): Promise<void> {
    try {
      for await (const batch of shared.read(FIREHOSE_STREAM, subjects, fromSeq, this.stop.signal)) {
        this.seqs.push(...batch.map(({ seq }) => seq));
        while (this.held && !this.stop.signal.aborted) await setImmediate();
      }
    } catch (error) {
      this.error = error;
    }
  }
}

/** Lets everything run, with time passing, until it holds. */
async function until(clock: ManualClock, holds: () => boolean): Promise<void> {
  for (let turn = 0; !holds(); turn += 1) {
    if (turn > 3_000) throw new Error("it never came true");
    clock.advance(10);
    await setImmediate();
  }
}

function wanted(subjects: readonly string[], fromSeq: number, messages: number): number[] {
  return Array.from({ length: messages }, (_, i) => i + 1).filter(
    (seq) =>
      seq >= fromSeq &&
      subjects.some((filter) =>
        subjectMatches(filter, SUBJECTS[(seq - 1) % SUBJECTS.length] ?? ""),
      ),
  );
}

it("reads once for all who start together, and gives each what it wants", async () => {
  const [log, clock] = [new CountedLog(1000), new ManualClock()];
  const shared = new SharedReads(log, clock);
  const filters = [["f.p.0.create.post"], ["f.p.*.create.>"], ["f.p.1.>", "f.p.0.create.like"]];
  const readers = filters.map((subjects) => new Reader(shared, subjects, 1));
  const expected = filters.map((subjects) => wanted(subjects, 1, 1000));
  await until(clock, () => readers.every(({ seqs }, i) => seqs.length === expected[i]?.length));
  expect(readers.map(({ seqs }) => seqs)).toEqual(expected);
  expect([log.opened, shared.readers]).toEqual([1, 1]);
  for (const { stop } of readers) stop.abort();
  await Promise.all(readers.map(({ done }) => done));
  await until(clock, () => log.open === 0);
  expect(shared.readers).toBe(0);
});

it("lets one who is behind read alone until it has caught up, then join", async () => {
  const behind = 4 * MEETING_SEQS_MAX;
  const [log, clock] = [new CountedLog(behind), new ManualClock()];
  const shared = new SharedReads(log, clock);
  const live = new Reader(shared, ["f.>"], behind + 1);
  await until(clock, () => log.open === 1);
  clock.advance(STARTING_MS);
  const laggard = new Reader(shared, ["f.p.1.>"], 1);
  await until(clock, () => laggard.seqs.length > 0);
  expect([live.seqs.length, shared.readers]).toEqual([0, 2]);
  await until(clock, () => laggard.seqs.length === behind / 2);
  log.fill(100);
  await until(clock, () => live.seqs.length === 100 && shared.readers === 1);
  log.fill(100);
  await until(clock, () => live.seqs.length === 200 && laggard.seqs.length === behind / 2 + 100);
  expect(laggard.seqs).toEqual(wanted(["f.p.1.>"], 1, behind + 200));
  expect(live.seqs).toEqual(wanted(["f.>"], behind + 1, behind + 200));
  expect([log.open, shared.readers]).toEqual([1, 1]);
});

it("goes back to one who starts a little later a little behind, and reads once for both", async () => {
  const total = STARTING_SEQS_MAX + 1000;
  const [log, clock] = [new CountedLog(total), new ManualClock()];
  log.batchSize = () => 1000;
  const shared = new SharedReads(log, clock);
  const first = new Reader(shared, ["f.>"], total - 99);
  await until(clock, () => first.seqs.length === 100);
  const tooFar = new Reader(shared, ["f.>"], total - STARTING_SEQS_MAX);
  const near = new Reader(shared, ["f.>"], total - STARTING_SEQS_MAX + 1);
  expect(shared.readers).toBe(2);
  await until(clock, () => near.seqs.length === STARTING_SEQS_MAX);
  await until(clock, () => tooFar.seqs.length === STARTING_SEQS_MAX + 1 && shared.readers === 1);
  log.fill(1);
  await until(clock, () => first.seqs.length === 101);
  expect(near.seqs).toEqual(wanted(["f.>"], total - STARTING_SEQS_MAX + 1, total + 1));
  expect(first.seqs).toEqual(wanted(["f.>"], total - 99, total + 1));
});

it("leaves one behind who takes nothing, and has it back when it has caught up", async () => {
  const [log, clock] = [new CountedLog(0), new ManualClock()];
  const shared = new SharedReads(log, clock);
  const [quick, slow] = [new Reader(shared, ["f.>"], 1), new Reader(shared, ["f.>"], 1)];
  slow.held = true;
  const many = 8 * WAITING_MESSAGES_MAX;
  log.fill(many);
  await until(clock, () => quick.seqs.length === many);
  expect(slow.seqs.length).toBeLessThan(many / 2);
  expect(shared.readers).toBe(2);
  slow.held = false;
  await until(clock, () => slow.seqs.length === many);
  log.fill(1);
  await until(clock, () => shared.readers === 1);
  await until(clock, () => quick.seqs.length === many + 1 && slow.seqs.length === many + 1);
  expect(slow.seqs).toEqual(quick.seqs);
});

it("waits for one that is alone however slow it is", async () => {
  const [log, clock] = [new CountedLog(8 * WAITING_MESSAGES_MAX), new ManualClock()];
  const shared = new SharedReads(log, clock);
  const slow = new Reader(shared, ["f.>"], 1);
  await until(clock, () => slow.seqs.length > 0);
  slow.held = true;
  for (let i = 0; i < 1000; i += 1) {
    clock.advance(100);
    await setImmediate();
  }
  expect([log.opened, shared.readers]).toEqual([1, 1]);
  slow.held = false;
  await until(clock, () => slow.seqs.length === 8 * WAITING_MESSAGES_MAX);
});

it("tells all of them when the log fails, and starts anew with the next", async () => {
  const [log, clock] = [new CountedLog(10), new ManualClock()];
  const shared = new SharedReads(log, clock);
  log.failure = new Error("gone");
  const readers = [new Reader(shared, ["f.>"], 1), new Reader(shared, ["f.p.0.>"], 1)];
  await until(clock, () => readers.every(({ error }) => error !== null));
  expect(readers.map(({ error }) => error)).toEqual([log.failure, log.failure]);
  log.failure = null;
  const again = new Reader(shared, ["f.>"], 1);
  await until(clock, () => again.seqs.length === 10);
});

it.each([SUBJECTS_MAX, SUBJECTS_MAX + 1])("gives everybody theirs of %i subjects", async (many) => {
  const [log, clock] = [new CountedLog(0), new ManualClock()];
  const shared = new SharedReads(log, clock);
  const readers = [["f.even.>"], ["f.>"]].map((subjects) => new Reader(shared, subjects, 1));
  for (let i = 0; i < 2 * many; i += 1) {
    const subject = `f.${i % 2 === 0 ? "even" : "odd"}.${i % many}`;
    log.append(FIREHOSE_STREAM, { subject, headers: new Map(), payload: new Uint8Array() });
  }
  await until(clock, () => readers[1]?.seqs.length === 2 * many);
  expect(readers[0]?.seqs).toEqual(Array.from({ length: many }, (_, i) => 2 * i + 1));
});

const filterChoice = fc.subarray(
  ["f.p.0.create.post", "f.p.0.create.*", "f.p.1.>", "f.*.1.delete.like"],
  {
    minLength: 1,
  },
);
const readerChoice = fc.record({
  subjects: filterChoice,
  fromSeq: fc.integer({ min: 1, max: 1200 }),
  startTurn: fc.nat(80),
  stopTurn: fc.option(fc.nat(120)),
  heldUntil: fc.nat(60),
});

it("gives everybody everything it wants, once and in order, whoever comes, goes and dawdles", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(readerChoice, { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 25, max: 400 }),
      async (choices, batchSize) => {
        const [log, clock, total] = [new CountedLog(500), new ManualClock(), 1700];
        log.batchSize = () => batchSize;
        const shared = new SharedReads(log, clock);
        const readers = new Map<(typeof choices)[number], Reader>();
        const step = async (turn: number): Promise<void> => {
          if (turn < 100) log.fill(12);
          for (const choice of choices) {
            if (choice.startTurn === turn) {
              readers.set(choice, new Reader(shared, choice.subjects, choice.fromSeq));
            }
            const reader = readers.get(choice);
            if (reader === undefined) continue;
            reader.held = turn < choice.heldUntil;
            if (choice.stopTurn === turn) reader.stop.abort();
          }
          clock.advance(100);
          await setImmediate();
        };
        for (let turn = 0; turn < 121; turn += 1) await step(turn);
        const whole = (choice: (typeof choices)[number]): boolean => {
          const reader = readers.get(choice);
          const expected = wanted(choice.subjects, choice.fromSeq, total);
          return reader?.stop.signal.aborted === true || reader?.seqs.length === expected.length;
        };
        await until(clock, () => choices.every(whole));
        for (const [{ subjects, fromSeq }, { seqs, stop }] of readers) {
          expect(seqs).toEqual(wanted(subjects, fromSeq, total).slice(0, seqs.length));
          stop.abort();
        }
        await until(clock, () => shared.readers === 0);
      },
    ),
    { numRuns: 15 },
  );
});
