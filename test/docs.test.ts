// What the documents say is held against the tree: links lead somewhere, programs compile, and the lists of
// limits and functions are whole.

import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compile } from "../compiler/compile.ts";
import { FUNCTIONS } from "../plan/functions.ts";
import { repositoryFile } from "./support/recordings.ts";
import { readSourceTree } from "./support/source-tree.ts";

const DOCUMENTS = [
  "README.md",
  "ARCHITECTURE.md",
  "CHANGELOG.md",
  "CONTRIBUTING.md",
  "docs/functions.md",
  "docs/jmespath.md",
  "docs/language.md",
  "docs/limits.md",
  "docs/operations.md",
  "docs/testing.md",
  "examples/README.md",
];

describe.each(DOCUMENTS)("%s", (document) => {
  const text = readFileSync(repositoryFile(document), "utf8");

  it("links to files that exist", () => {
    const links = [...text.matchAll(/\]\(([^)#]+)[^)]*\)/g)].map((match) => match[1] ?? "");
    const here = repositoryFile(document);
    const dead = links.filter((link) => !link.includes("://") && !existsSync(new URL(link, here)));
    expect(dead).toEqual([]);
  });

  it("shows programs that compile", () => {
    const programs = [...text.matchAll(/```\n([^`]*pipeline [^`]*\{\n[^`]*)```/g)];
    for (const [, program = ""] of programs) {
      expect(compile({ file: document, text: program }).diagnostics).toEqual([]);
    }
  });
});

it("README.md shows the pipeline of the demo as it is", () => {
  const readme = readFileSync(repositoryFile("README.md"), "utf8");
  const file = readFileSync(repositoryFile("pipelines/hashtag-trends.fpl"), "utf8");
  const [program = ""] = file.split("\ntest ");
  expect(readme).toContain(program.trimEnd());
});

it("docs/limits.md names every exported limit that is not a pause", () => {
  const limits = readFileSync(repositoryFile("docs/limits.md"), "utf8");
  const code = readSourceTree(repositoryFile(".").pathname.replace(/\/$/, "")).filter(({ path }) =>
    /^(plan|compiler|runtime|shuffler)\/(?!.*\.test)/.test(path),
  );
  const names = code.flatMap(({ text }) =>
    [...text.matchAll(/^export const ((?!\w*_MS_)[A-Z_]+_MAX(?:_[A-Z]+)*) =/gm)].map(
      (match) => match[1],
    ),
  );
  expect(names.length).toBeGreaterThan(20);
  expect(names.filter((name) => !limits.includes(`\`${name}\``))).toEqual([]);
});

it("docs/language.md names every builtin function", () => {
  const guide = readFileSync(repositoryFile("docs/language.md"), "utf8");
  const names = Object.keys(FUNCTIONS);
  expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(guide))).toEqual([]);
});
