import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cidOf, POST } from "../testing/frames.ts";
import { cidFromString, cidToString, isCidAt, isThisCidAt } from "./cid.ts";

describe("CIDs", () => {
  it("are written as base32 with prefix b", () => {
    // The CID of the empty DAG-CBOR map, known from the specifications.
    expect(cidToString(cidOf(Uint8Array.of(0xa0)))).toBe(
      "bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua",
    );
  });

  it("survive the way to a string and back, whatever their length", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 80 }), (bytes) => {
        expect(cidFromString(cidToString(bytes))).toEqual(bytes);
      }),
    );
  });

  it("are written alike wherever they stand", () => {
    const around = fc.uint8Array({ maxLength: 9 });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), around, around, (cid, before, after) => {
        const bytes = Buffer.concat([before, cid, after]);
        const end = before.length + cid.length;
        expect(cidToString(bytes, before.length, end)).toBe(cidToString(cid));
      }),
    );
  });

  it("are refused in another base, in upper case, and with stray bits at the end", () => {
    expect(cidFromString("zb2rhe5P4gXftAwvA4eXQ5HJwsER2owDyS9sKaQRRVQPn93bA")).toBeNull();
    expect(cidFromString("bAFYREI")).toBeNull();
    expect(cidFromString("ab")).toBeNull();
    expect(cidFromString("bab")).toBeNull();
  });

  it("have atproto's form only as version 1, DAG-CBOR or raw, SHA-256", () => {
    const cid = cidOf(POST);
    expect(isCidAt(cid, 0)).toBe(true);
    expect(isCidAt(cid.subarray(0, -1), 0)).toBe(false);
    expect(isCidAt(Uint8Array.from(cid).fill(0x70, 1, 2), 0)).toBe(false);
    expect(isCidAt(Uint8Array.from(cid).fill(0x55, 1, 2), 0)).toBe(true);
    expect(isThisCidAt(cid, Buffer.concat([Buffer.of(9), cidOf(POST)]), 1)).toBe(true);
    expect(isThisCidAt(cid, cid, 1)).toBe(false);
  });
});
