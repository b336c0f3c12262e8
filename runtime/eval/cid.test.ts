import fc from "fast-check";
import { expect, it } from "vitest";
import { cidBytes, cidText } from "./cid.ts";

it("turns the bytes of a CID into text and back", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (bytes) => {
      const text = cidText(bytes, 0, bytes.length);
      expect(text).toMatch(/^b[a-z2-7]+$/);
      expect(cidBytes(text)).toEqual(bytes);
    }),
  );
});

it("writes what the multibase specification's example says", () => {
  const bytes = Buffer.from("Decentralize everything!!");
  expect(cidText(bytes, 0, bytes.length)).toBe("birswgzloorzgc3djpjssazlwmvzhs5dinfxgoijb");
});

it("refuses text that is not lower-case base32", () => {
  for (const text of ["", "zb2rh", "bABC", "b1", "bé"]) expect(() => cidBytes(text)).toThrow("CID");
});
