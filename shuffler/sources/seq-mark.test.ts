import { describe, expect, it } from "vitest";
import { LEAPS_MAX, LEFT_OUT_FRAMES_MAX, SEQ_JUMP_MAX, SEQ_MAX, SeqMark } from "./seq-mark.ts";

const yes = (): boolean => true;
const no = (): boolean => false;

function marks(cursor: number | null, seqs: readonly number[]): (number | null)[] {
  const mark = new SeqMark(cursor);
  return seqs.map((seq) => {
    mark.take(seq, yes);
    return mark.last;
  });
}

describe("SeqMark", () => {
  it("goes on with the frames, and stays for one that is behind", () => {
    expect(marks(4, [5, 6, 6, 5, 7])).toEqual([5, 6, 6, 6, 7]);
  });

  it("is not moved by a frame that was not understood, however far ahead", () => {
    const mark = new SeqMark(99);
    expect(mark.take(101, no).kind).toBe("unproven");
    expect(mark.last).toBeNull();
    expect(mark.take(102, yes)).toEqual({ kind: "on", missed: 1 });
    expect(mark.take(2 ** 53 - 1, no).kind).toBe("unproven");
    expect(mark.take(103, yes)).toEqual({ kind: "on", missed: 0 });
  });

  it("asks whether a frame is understood only where it leaves numbers out", () => {
    const mark = new SeqMark(0);
    const asked: number[] = [];
    for (const seq of [7, 8, 10, 11]) mark.take(seq, () => asked.push(seq) > 0);
    expect(asked).toEqual([7, 10]);
  });

  it("believes one frame a jump of the limit, and of one more when the next goes on from there", () => {
    expect(SEQ_JUMP_MAX).toBe(1_000_000);
    expect(marks(5, [5 + SEQ_JUMP_MAX])).toEqual([5 + SEQ_JUMP_MAX]);
    const far = 6 + SEQ_JUMP_MAX;
    expect(marks(5, [far, 6, far + 1])).toEqual([null, 6, 6]);
    expect(marks(5, [far, far + 1])).toEqual([null, far + 1]);
    expect(marks(5, [far, far])).toEqual([null, null]);
    expect(marks(5, [far, far + 1 + SEQ_JUMP_MAX])).toEqual([null, null]);
  });

  it("begins anywhere without a cursor, and with that which asks for all, but not beyond what can be", () => {
    for (const cursor of [null, 0]) {
      expect(marks(cursor, [SEQ_MAX, SEQ_MAX])).toEqual([SEQ_MAX, SEQ_MAX]);
      expect(marks(cursor, [SEQ_MAX + 1, 5])).toEqual([null, 5]);
    }
  });

  it("counts what nothing came for", () => {
    const mark = new SeqMark(10);
    expect(mark.take(12, yes)).toEqual({ kind: "on", missed: 1 });
    mark.skip();
    expect(mark.take(15, yes)).toEqual({ kind: "on", missed: 1 });
    mark.skip();
    expect(mark.take(17, yes)).toEqual({ kind: "on", missed: 0 });
  });

  it("is wrong when what it left out comes, frame after frame", () => {
    const mark = new SeqMark(10);
    mark.take(11, yes);
    expect(mark.take(500, yes)).toEqual({ kind: "on", missed: 488 });
    const steps = Array.from({ length: LEFT_OUT_FRAMES_MAX }, (_, i) => mark.take(12 + i, yes));
    expect(steps.map(({ kind }) => kind)).toEqual([
      ...Array(LEFT_OUT_FRAMES_MAX - 1).fill("behind"),
      "wrong",
    ]);
    expect(steps.at(-1)).toEqual({ kind: "wrong", seq: 500, good: 11, missed: 488, gaps: 1 });
  });

  it("is not wrong for what had come before, nor for single frames", () => {
    const mark = new SeqMark(10);
    for (let seq = 11; seq < 40; seq += 1) mark.take(seq, yes);
    mark.take(50, yes);
    for (let seq = 11; seq < 40; seq += 1) expect(mark.take(seq, yes).kind).toBe("behind");
    for (let next = 51; next < 90; next += 1) {
      expect(mark.take(45, yes).kind).toBe("behind");
      expect(mark.take(next, yes).kind).toBe("on");
    }
  });

  it("is wrong from the first of several jumps, those that are remembered", () => {
    const last = (jumps: number) => {
      const mark = new SeqMark(10);
      for (let i = 1; i <= jumps; i += 1) mark.take(10_000 * i, yes);
      return Array.from({ length: LEFT_OUT_FRAMES_MAX }, (_, i) => mark.take(11 + i, yes)).at(-1);
    };
    expect(last(3)).toEqual({ kind: "wrong", seq: 10_000, good: 10, missed: 29_987, gaps: 3 });
    expect(last(LEAPS_MAX)).toMatchObject({ kind: "wrong", seq: 10_000 });
    expect(last(LEAPS_MAX + 1)).toEqual({ kind: "behind" });
  });

  it("is not led to the same wrong place again", () => {
    const mark = new SeqMark(11, new Set([500]));
    expect(mark.take(500, yes).kind).toBe("unproven");
    expect(mark.take(13, yes)).toEqual({ kind: "on", missed: 0 });
  });
});
