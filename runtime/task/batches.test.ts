import { describe, expect, it } from "vitest";
import { HEADER } from "../../plan/names.ts";
import { appendBytes, type LogAppend } from "../ports.ts";
import { type BatchLimits, batchesOf, type CommitContents } from "./batches.ts";

const LIMITS: BatchLimits = { messages: 6, bytes: 10_000, stagedBytes: 1000, messageBytesMax: 400 };
const isCut = (subject: string): boolean => subject !== "topic";

function message(subject: string, bytes = 1): LogAppend {
  return { subject, headers: new Map(), payload: new Uint8Array(bytes) };
}

function many(subject: string, count: number, bytes = 1): LogAppend[] {
  return Array.from({ length: count }, () => message(subject, bytes));
}

function contents(more: Partial<CommitContents>): CommitContents {
  return { output: [], changes: [], base: [], checkpoint: [message("checkpoint")], ...more };
}

function batches(more: Partial<CommitContents>, limits: Partial<BatchLimits> = {}) {
  return batchesOf(contents(more), { ...LIMITS, ...limits }, isCut, () => "id");
}

const subjects = (batch: readonly LogAppend[]): string[] => batch.map(({ subject }) => subject);
const bytesOf = (batch: readonly LogAppend[]): number =>
  batch.reduce((sum, one) => sum + appendBytes(one), 0);

describe("the batches of a commit", () => {
  it("are one when all fits: output, changes, base, checkpoint", () => {
    const more = { output: many("topic", 2), changes: many("state", 2), base: many("base", 1) };
    const { staged, last, base } = batches(more);
    expect(staged).toEqual([]);
    expect(subjects(last)).toEqual(["topic", "topic", "state", "state", "base", "checkpoint"]);
    expect(base).toEqual({ batch: 0, index: 4 });
  });

  it("are one at the limit of messages, and state goes before it with one more", () => {
    const output = many("topic", 3);
    expect(batches({ output, changes: many("state", 2) }).staged).toEqual([]);
    const { staged, last, base } = batches({ output, changes: many("state", 3) });
    expect(staged.map(subjects)).toEqual([["state", "state", "state"]]);
    expect(subjects(last)).toEqual(["topic", "topic", "topic", "state", "checkpoint"]);
    expect(last[3]?.headers).toEqual(
      new Map([
        [HEADER.state, "marker"],
        [HEADER.staged, "id 0"],
        [HEADER.ttl, "never"],
      ]),
    );
    expect(base).toEqual({ batch: 1, index: 3 });
  });

  it("are one at the limit of bytes, and state goes before it with one more", () => {
    const more = { output: many("topic", 1, 300), changes: many("state", 1, 300) };
    const bytes = bytesOf(batches(more).last);
    expect(batches(more, { bytes }).staged).toEqual([]);
    expect(batches(more, { bytes: bytes - 1 }).staged).toHaveLength(1);
  });

  it("count watermarks and parts like any other message", () => {
    const output = many("exchange", 1, 5 * LIMITS.messageBytesMax);
    expect(batches({ output, changes: [] }).last).toHaveLength(6);
    expect(batches({ output, changes: many("state", 1) }).staged).toHaveLength(1);
  });

  it("each stay within what is staged at once, in messages and in bytes, in their order", () => {
    const changes = many("state", 5, 300);
    const base = many("base", 20, 2);
    const made = batches({ changes, base });
    for (const batch of made.staged) {
      expect(batch.length).toBeLessThanOrEqual(LIMITS.messages);
      expect(bytesOf(batch)).toBeLessThanOrEqual(LIMITS.stagedBytes);
    }
    const all = made.staged.flat();
    expect(subjects(all)).toEqual(subjects([...changes, ...base]));
    expect(all.map(({ headers }) => headers.get(HEADER.staged))).toEqual(
      all.map((_, i) => `id ${i + 1}`),
    );
    const first = made.staged[made.base.batch]?.[made.base.index];
    expect(first?.headers.get(HEADER.staged)).toBe("id 6");
  });

  it("take a message alone that is larger than what is staged at once", () => {
    const limits = { stagedBytes: 10, messages: 4 };
    const { staged } = batches({ changes: many("state", 4, 300) }, limits);
    expect(staged.map((batch) => batch.length)).toEqual([1, 1, 1, 1]);
  });

  it("cut what our own tasks read, and no topic", () => {
    const one = LIMITS.messageBytesMax + 1;
    const { last } = batches({ output: [message("topic", one)], changes: [message("state", one)] });
    expect(subjects(last)).toEqual(["topic", "state", "state", "checkpoint"]);
    expect(last[0]?.payload).toHaveLength(one);
    expect(last[1]?.headers.get(HEADER.part)).toBe("1/2");
  });

  it("are one without state, however much output there is: it is bounded by who makes it", () => {
    expect(batches({ output: many("topic", 20) }).staged).toEqual([]);
  });
});
