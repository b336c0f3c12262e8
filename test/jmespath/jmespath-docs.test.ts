import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { repositoryFile } from "../support/recordings.ts";
import { jmespathDocs, othersSection } from "./jmespath-docs.ts";
import { HAS_SUITE } from "./suite.ts";

const page = repositoryFile("docs/jmespath.md");

it.skipIf(!HAS_SUITE)("docs/jmespath.md says of the compliance suite what is so", async () => {
  await expect(jmespathDocs()).toMatchFileSnapshot(page.pathname);
});

it("docs/jmespath.md says where other implementations differ, and each of them does", () => {
  expect(readFileSync(page, "utf8")).toContain(othersSection());
});
