import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NameTable } from "./name-table.ts";

const ascii = fc.string({ unit: "binary-ascii", maxLength: 12 });

describe("NameTable", () => {
  it("finds nothing but what was added, wherever it stands", () => {
    const property = fc.property(fc.uniqueArray(ascii), ascii, ascii, (names, before, other) => {
      const table = new NameTable(8);
      for (const name of names) {
        table.add(name);
        const bytes = Buffer.from(`${before}${name}${other}`);
        const end = before.length + name.length;
        expect(table.find(bytes, before.length, end)).toBe(name);
      }
      const found = table.find(Buffer.from(other), 0, other.length);
      if (!names.includes(other)) expect(found).toBeNull();
      else expect([other, null]).toContain(found);
    });
    fc.assert(property);
  });

  it("forgets a text for another of its slot", () => {
    const table = new NameTable(1, ["first", "second"]);
    expect(table.find(Buffer.from("first"), 0, 5)).toBeNull();
    expect(table.find(Buffer.from("second"), 0, 6)).toBe("second");
  });
});
