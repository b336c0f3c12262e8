import { describe, expect, it } from "vitest";
import {
  ASIDE_MAX,
  decodeFailure,
  encodeFailure,
  type Failure,
  type Fault,
  type Instance,
  isCareful,
  isFailing,
  isPast,
  isPoison,
  isSkippable,
  nextFailure,
  type Place,
  POISON_FAILURES,
  RETRY_MS_MAX,
  retryMs,
  STEADY_MS,
  whereText,
} from "./failure.ts";

const PLACE: Place = { input: 0, stream: "FIREHOSE", subject: "a.b", seq: 7, record: null };
const FAULT: Fault = { phase: "message", place: PLACE, reason: "broken", code: null };
const AT: Instance = { deployment: "v1@0", checkpointSeq: 3, nowMs: 1000, policy: "dead_letter" };

/** What is known after these faults, each as soon as it may be tried again. */
function after(faults: readonly Fault[], at: Instance = AT, first: Failure | null = null) {
  let failure = first;
  for (const fault of faults) {
    failure = nextFailure(failure, fault, { ...at, nowMs: failure?.nextTryMs ?? at.nowMs });
  }
  if (failure === null) throw new Error("no faults");
  return failure;
}

function times(count: number, fault: Fault): Fault[] {
  return Array.from({ length: count }, () => fault);
}

function record(at: number): Fault {
  return { ...FAULT, place: { ...PLACE, record: at } };
}

describe("failures of a task", () => {
  it("are tried again after pauses that double, up to a bound", () => {
    const pauses = [1, 2, 3, 4, 5, 6, 7, 100].map(retryMs);
    expect(pauses).toEqual([500, 1000, 2000, 4000, 8000, 15_000, RETRY_MS_MAX, RETRY_MS_MAX]);
  });

  it("make their message poison at the fourth, and not before", () => {
    expect(isPoison(after(times(POISON_FAILURES - 1, FAULT)), "dead_letter")).toBe(false);
    expect(isPoison(after(times(POISON_FAILURES, FAULT)), "dead_letter")).toBe(true);
  });

  it("wait for somebody to say so under `stop`", () => {
    const failure = after(times(9, FAULT));
    expect(isFailing(failure)).toBe(true);
    expect(isPoison(failure, "stop")).toBe(false);
    expect(isPoison({ ...failure, skip: true }, "stop")).toBe(true);
  });

  it("count anew at another message, and pause no less", () => {
    const elsewhere = { ...FAULT, place: { ...PLACE, seq: 8 } };
    const failure = after([...times(3, FAULT), elsewhere]);
    expect(failure).toMatchObject({ count: 1, streak: 4 });
    expect(failure.nextTryMs - failure.lastMs).toBe(4000);
  });

  it("pause as the first one after the task has run for a while", () => {
    const before = after(times(3, FAULT));
    const nowMs = before.nextTryMs + STEADY_MS;
    expect(nextFailure(before, FAULT, { ...AT, nowMs })).toMatchObject({ count: 4, streak: 1 });
    expect(nextFailure(before, FAULT, { ...AT, nowMs: nowMs - 1 })).toMatchObject({ streak: 4 });
  });

  it("leave out each record of a message for itself", () => {
    const first = after([FAULT, ...times(POISON_FAILURES - 1, record(2))]);
    expect(isPoison(first, "dead_letter")).toBe(true);
    const second = after([record(5)], AT, first);
    expect(second.aside).toEqual([{ record: 2, reason: "broken" }]);
    expect(isPoison(second, "dead_letter")).toBe(false);
    expect(isPoison(after([record(5)], AT, second), "dead_letter")).toBe(true);
  });

  it("leave the whole message out when a record fails that is left out already", () => {
    const first = after([...times(POISON_FAILURES, record(2)), ...times(2, record(5))]);
    const again = after(times(2, record(2)), AT, first);
    expect(again.place?.record).toBeNull();
    expect(isPoison(again, "dead_letter")).toBe(true);
  });

  it(`leave the whole message out behind ${ASIDE_MAX} of its records`, () => {
    let failure = after(times(POISON_FAILURES, record(0)));
    for (let at = 1; at < ASIDE_MAX; at += 1) failure = after(times(2, record(at)), AT, failure);
    expect(failure).toMatchObject({ place: { record: ASIDE_MAX - 1 } });
    failure = after([record(ASIDE_MAX)], AT, failure);
    expect(failure).toMatchObject({ place: { record: ASIDE_MAX } });
    expect(failure.aside).toHaveLength(ASIDE_MAX);
    expect(after([record(ASIDE_MAX)], AT, failure)).toMatchObject({ place: { record: null } });
  });

  it("get their place from the message that was noted, where nobody knows it", () => {
    const crash: Fault = { ...FAULT, phase: "crash", place: null };
    const unknown = after(times(3, crash));
    expect([unknown.place, unknown.count, isCareful(unknown)]).toEqual([null, 3, true]);
    const noted = { ...unknown, trying: PLACE };
    expect(after([crash], AT, noted)).toMatchObject({ place: PLACE, count: 1, trying: null });
    expect(after([crash], { ...AT, checkpointSeq: 4 }, noted)).toMatchObject({ place: null });
  });

  it("never blame a message for a lack of memory, unless somebody does", () => {
    const memory: Fault = { ...FAULT, phase: "crash", code: "thread_out_of_memory" };
    const failure = after(times(9, memory));
    expect([isFailing(failure), isPoison(failure, "dead_letter")]).toEqual([true, false]);
    expect(isPoison({ ...failure, skip: true }, "dead_letter")).toBe(true);
  });

  it("never blame a message for windows that do not close", () => {
    const failure = after(times(9, { ...FAULT, phase: "advance" }));
    expect([isFailing(failure), isSkippable(failure)]).toEqual([true, false]);
    expect(isPoison({ ...failure, skip: true }, "dead_letter")).toBe(false);
  });

  it("are past once the message is, and where there is none, once the checkpoint is another", () => {
    const failure = after([FAULT]);
    const at = (seq: number, inSeq: number, busy = false) => ({ seq, inSeqs: [inSeq], busy });
    expect(isPast(failure, at(9, 6))).toBe(false);
    expect(isPast(failure, at(9, 7, true))).toBe(false);
    expect(isPast(failure, at(9, 7))).toBe(true);
    const unknown = after([{ ...FAULT, place: null }]);
    expect([isPast(unknown, at(3, 7)), isPast(unknown, at(4, 7))]).toEqual([false, true]);
  });

  it("are read back as they were, and nothing else is", () => {
    const failure = after([FAULT, record(1)]);
    expect(decodeFailure(encodeFailure(failure))).toEqual(failure);
    expect(decodeFailure(new Uint8Array([1, 2]))).toBeNull();
    expect(decodeFailure(new TextEncoder().encode("{}"))).toBeNull();
  });

  it("say where they are", () => {
    expect(whereText(record(2))).toBe("at FIREHOSE:7, record 3 (a.b)");
    expect(whereText({ ...FAULT, phase: "advance" })).toBe(
      "at FIREHOSE:7 (a.b) while windows close",
    );
    expect(whereText({ ...FAULT, phase: "start", place: null })).toBe("at its start");
  });
});
