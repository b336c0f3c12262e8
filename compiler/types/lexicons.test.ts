import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { findPackage, generateLexicons } from "../../scripts/generate-lexicons.ts";
import { describeFields, describeType } from "./describe.ts";
import { LEXICON_OBJECTS } from "./lexicons.generated.ts";
import { KNOWN_COLLECTIONS, recordType } from "./lexicons.ts";

const root = findPackage();

describe("the shapes of the lexicons", () => {
  it.skipIf(root === null)("are what the installed package gives", async () => {
    if (root === null) return;
    const generated = await generateLexicons(root);
    const file = new URL("./lexicons.generated.ts", import.meta.url);
    expect(readFileSync(file, "utf8")).toBe(generated);
  });

  it.each([...KNOWN_COLLECTIONS])("give the records of %s a type", (collection) => {
    const type = recordType(collection);
    expect(type?.name).toBe(collection);
    const tag = type?.fields.get("$type");
    expect(tag === undefined ? null : describeType(tag)).toBe(`'${collection}'`);
  });

  it("refer only to objects that have a shape", () => {
    const named = new Set(Object.keys(LEXICON_OBJECTS));
    const ids = Object.values(LEXICON_OBJECTS)
      .flatMap((fields) => Object.values(fields))
      .flatMap((type) => type.match(/[a-z]+(\.[a-zA-Z]+)+(#[a-zA-Z]+)?/g) ?? []);
    expect(ids.filter((id) => !named.has(id))).toEqual([]);
  });

  it("say of a follow what it holds", () => {
    const follow = recordType("app.bsky.graph.follow");
    const shown = follow === null ? "" : describeFields(follow);
    expect(shown).toContain("subject: did");
    expect(shown).toContain("createdAt: string");
  });

  it("are none for a collection nobody has published here", () => {
    expect(recordType("com.example.thing")).toBeNull();
  });
});
