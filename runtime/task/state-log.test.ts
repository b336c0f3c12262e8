import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { StateChange } from "../core/message.ts";
import type { LogMessage } from "../ports.ts";
import {
  NO_STATE,
  readState,
  STATE_LOG_BYTES_MAX,
  STATE_MESSAGE_BYTES,
  STATE_SIZES,
  type StateEpochs,
  StateLog,
  StateTooLarge,
} from "./state-log.ts";

const SIZES = { sliceBytes: 30, epochAfterBytesMin: 60, logBytesMax: 100_000, keysMax: 100 };
const START: StateEpochs = { epoch: 0, baseEpoch: 0 };

/** A task's state, its log, and the last checkpoint of it. */
class Task {
  readonly state = new Map<string, Uint8Array>();
  messages: LogMessage[] = [];
  epochs = START;
  #log = new StateLog("s", START, NO_STATE, SIZES);
  #seq = 0;

  commit(changes: readonly StateChange[]): { baseBytes: number } {
    for (const { key, value } of changes) {
      if (value === null) this.state.delete(key);
      else this.state.set(key, value);
    }
    const written = this.#log.next(this.state.size, changes, () => this.entries());
    const { base } = written;
    for (const message of [...written.changes, ...base]) {
      this.#seq += 1;
      this.messages.push({ ...message, seq: this.#seq });
    }
    this.#seq += 1;
    this.epochs = this.#log.epochs();
    const garbage = this.#log.committed(this.#seq - base.length) ?? 0;
    this.messages = this.messages.filter(({ seq }) => seq > garbage);
    return { baseBytes: base.reduce((sum, one) => sum + one.payload.length, 0) };
  }

  /** Dies, and another one takes over from the log. */
  crash(): Map<string, Uint8Array> {
    const stored = readState(this.messages, this.epochs);
    this.#log = new StateLog("s", this.epochs, stored, SIZES);
    const restored = new Map<string, Uint8Array>();
    for (const { key, value } of [...stored.parts].flat()) {
      if (value === null) restored.delete(key);
      else restored.set(key, value);
    }
    return restored;
  }

  *entries(): Iterable<StateChange> {
    for (const [key, value] of this.state) yield { key, value };
  }
}

const change = fc.record({
  key: fc.integer({ min: 0, max: 12 }).map(String),
  value: fc.option(fc.uint8Array({ minLength: 1, maxLength: 9 })),
});
const steps = fc.array(
  fc.record({ changes: fc.array(change, { maxLength: 6 }), crashes: fc.boolean() }),
  { maxLength: 60 },
);

describe("StateLog", () => {
  it("restores the state as it was at the last checkpoint, whenever the task dies", () => {
    fc.assert(
      fc.property(steps, (all) => {
        const task = new Task();
        for (const { changes, crashes } of all) {
          task.commit(changes);
          if (crashes) expect(task.crash()).toEqual(task.state);
        }
        expect(task.crash()).toEqual(task.state);
      }),
      { numRuns: 500 },
    );
  });

  it("writes a large state anew a slice at a time, and then forgets what is older", () => {
    const task = new Task();
    const value = new Uint8Array(10);
    const all = Array.from({ length: 100 }, (_, i) => ({ key: `k${i}`, value }));
    task.commit(all);
    const before = task.messages.length;
    for (let i = 0; i < 60; i += 1) {
      expect(task.commit([]).baseBytes).toBeLessThan(3 * SIZES.sliceBytes);
    }
    expect(task.epochs).toEqual({ epoch: 1, baseEpoch: 1 });
    expect(task.messages.every((one) => one.headers.get("Fpaas-Epoch") === "1")).toBe(true);
    expect(task.messages.length).toBeGreaterThan(before);
    expect(task.crash()).toEqual(task.state);
  });

  it("keeps the log within a few times the state, however often it changes", () => {
    const task = new Task();
    for (let i = 0; i < 2000; i += 1)
      task.commit([{ key: `k${i % 10}`, value: new Uint8Array(10) }]);
    const bytes = task.messages.reduce((sum, one) => sum + one.payload.length, 0);
    expect(bytes).toBeLessThan(2000);
  });

  it("writes every entry of a state of many messages", () => {
    const sizes = { ...STATE_SIZES, epochAfterBytesMin: STATE_LOG_BYTES_MAX };
    const log = new StateLog("s", START, NO_STATE, sizes);
    const changes = Array.from({ length: 10 }, (_, i) => entryOf(`k${i}`, STATE_MESSAGE_BYTES / 4));
    const messages = log
      .next(changes.length, changes, () => [])
      .changes.map((message, i) => ({ ...message, seq: i + 1 }));
    expect(messages.length).toBeGreaterThan(2);
    const parts = [...readState(messages, log.epochs()).parts];
    expect(parts.flat().map(({ key, value }) => [key, value?.length])).toEqual(
      changes.map(({ key, value }) => [key, value?.length]),
    );
  });

  it("takes as much as it may and refuses one byte more, before and after a crash", () => {
    const [first, second] = [entryOf("a", 100), entryOf("b", 100)];
    const bytesOf = (changes: StateChange[]): number => {
      const log = new StateLog("s", START, NO_STATE);
      log.next(0, changes, () => []);
      return log.bytes;
    };
    const bytes = bytesOf([first]) + bytesOf([second]);
    const sizes = { ...SIZES, epochAfterBytesMin: 10_000 };
    const commits = (logBytesMax: number, stored = NO_STATE) => {
      const log = new StateLog("s", START, stored, { ...sizes, logBytesMax });
      if (stored === NO_STATE) log.next(0, [first], () => []);
      return () => log.next(0, [second], () => []);
    };
    expect(commits(bytes)).not.toThrow();
    expect(commits(bytes - 1)).toThrow(StateTooLarge);
    const stored = { baseBytes: 0, changedBytes: bytesOf([first]) };
    expect(commits(bytes, stored)).not.toThrow();
    expect(commits(bytes - 1, stored)).toThrow(StateTooLarge);
  });

  it("takes as many keys as it may and refuses one more, saying what to do", () => {
    const log = new StateLog("s", START, NO_STATE, SIZES);
    expect(() => log.next(SIZES.keysMax, [], () => [])).not.toThrow();
    expect(() => log.next(SIZES.keysMax + 1, [], () => [])).toThrow(
      "the state under s has 101 keys, and a partition keeps at most 100: give the pipeline more partitions",
    );
  });
});

function entryOf(key: string, bytes: number): StateChange {
  return { key, value: new Uint8Array(bytes) };
}
