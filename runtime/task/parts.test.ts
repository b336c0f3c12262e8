import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HEADER } from "../../plan/names.ts";
import type { LogAppend, LogMessage } from "../ports.ts";
import { inParts, PartJoiner } from "./parts.ts";

const MAX = 10;

function messageOf(length: number, staged?: string): LogAppend {
  const headers = new Map<string, string>([[HEADER.from, "v1.s0.00/1"]]);
  if (staged !== undefined) headers.set(HEADER.staged, staged);
  return { subject: "x", headers, payload: Uint8Array.from({ length }, (_, i) => i % 251) };
}

function stored(messages: readonly LogAppend[], firstSeq = 1): LogMessage[] {
  return messages.map(({ subject, headers, payload }, i) => {
    return { subject, headers, payload, seq: firstSeq + i };
  });
}

/** What comes out whole, and the sequences of what is lost. */
function join(messages: readonly LogMessage[]) {
  const joiner = new PartJoiner();
  const taken = messages.map((one) => joiner.take(one));
  return {
    whole: taken.flatMap(({ message }) => (message === null ? [] : [message])),
    lost: taken.flatMap(({ lost }) => lost.map(({ seq }) => seq)),
    held: joiner.held,
  };
}

describe("a message in parts", () => {
  it("is one message at the limit, and two one past it", () => {
    const fitting = messageOf(MAX);
    expect(inParts(fitting, MAX)).toEqual([fitting]);
    const two = inParts(messageOf(MAX + 1), MAX);
    expect(two.map(({ payload }) => payload.length)).toEqual([MAX, 1]);
    expect(two.map(({ headers }) => headers.get(HEADER.part))).toEqual(["1/2", "2/2"]);
  });

  it("keeps its expectation on the first part only: a batch takes none on what it has written", () => {
    const parts = inParts({ ...messageOf(25), expectedLastSeq: 7 }, MAX);
    expect(parts.map(({ expectedLastSeq }) => expectedLastSeq)).toEqual([7, undefined, undefined]);
  });

  it("is put together at the position of its last part, whatever comes before and behind", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 55 }), { maxLength: 8 }), (lengths) => {
        const messages = lengths.map((length) => messageOf(length));
        const parts = stored(messages.flatMap((one) => inParts(one, MAX)));
        const { whole, lost, held } = join(parts);
        expect(whole.map(({ payload }) => payload)).toEqual(messages.map((one) => one.payload));
        expect(whole.every(({ headers }) => !headers.has(HEADER.part))).toBe(true);
        expect(whole.at(-1)?.seq).toBe(parts.at(-1)?.seq);
        expect([...lost, held]).toEqual([0]);
      }),
    );
  });

  it("is not there before its last part", () => {
    const { whole, lost, held } = join(stored(inParts(messageOf(25), MAX)).slice(0, 2));
    expect([whole, lost, held]).toEqual([[], [], 2]);
  });

  it("is counted and never put together wrongly by who begins in its middle", () => {
    const [, second, third] = stored(inParts(messageOf(25), MAX));
    const behind = stored(inParts(messageOf(15), MAX), 4);
    if (second === undefined || third === undefined) throw new Error("no parts");
    const { whole, lost } = join([second, third, ...behind]);
    expect(lost).toEqual([2, 3]);
    expect(whole.map(({ payload }) => payload.length)).toEqual([15]);
  });

  it("is given up when another message comes in its middle, or a part of another", () => {
    const [first, second, third] = stored(inParts(messageOf(25), MAX));
    if (first === undefined || second === undefined || third === undefined) throw new Error();
    const [other] = stored([messageOf(5)], 3);
    if (other === undefined) throw new Error();
    expect(join([first, second, other])).toMatchObject({ whole: [other], lost: [1, 2] });
    const late = { ...second, seq: 9 };
    expect(join([first, late])).toMatchObject({ whole: [], lost: [1, 9] });
  });

  it("may be staged in several batches, with messages of others in between", () => {
    const parts = inParts(messageOf(25, "id 1"), MAX);
    const apart = parts.flatMap((one, i) => stored([one], 1 + 100 * i));
    expect(join(apart).whole.map(({ payload }) => payload.length)).toEqual([25]);
    const foreign = stored(inParts(messageOf(25, "other 1"), MAX), 50);
    const [first] = apart;
    const [, second] = foreign;
    if (first === undefined || second === undefined) throw new Error();
    expect(join([first, second])).toMatchObject({ whole: [], lost: [1, 51] });
  });
});
