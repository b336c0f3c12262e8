// The rules of the source tree, checked on every file: who may import whom, where the outside world
// may be touched, how long a file may be. No linter of ours can hold these.

import { describe, expect, it } from "vitest";
import {
  type Finding,
  parseSource,
  readSourceTree,
  type SourceFile,
} from "./support/source-tree.ts";

/** What a folder may import of ours. Test code may import anything. */
const OURS: Readonly<Record<string, readonly string[]>> = {
  bytes: ["bytes"],
  plan: ["plan"],
  compiler: ["compiler", "plan"],
  runtime: ["runtime", "plan", "bytes"],
  shuffler: ["shuffler", "plan", "bytes"],
  cli: ["cli", "plan", "compiler", "runtime", "shuffler", "bench"],
  bench: ["bench", "plan", "compiler", "runtime", "shuffler"],
  pipelines: [],
  examples: [],
  scripts: ["scripts", "plan", "compiler"],
};

/** The only packages (and `node:` modules) these folders may import. */
const PACKAGES: Readonly<Record<string, RegExp>> = {
  bytes: /^node:buffer$/,
  plan: /^(node:.*|zod)$/,
  compiler: /^(chevrotain|re2js)$/,
};

/** Where the outside world may be touched. */
const SHELLS = [/^(cli|bench|scripts)\//, /\/adapters\//];

/** Packages and names that are kept to some places. */
const KEPT_TO: readonly { readonly what: RegExp; readonly places: readonly RegExp[] }[] = [
  // The command that runs the benchmarks; nothing of the product is built on them.
  { what: /^bench\//, places: [/^bench\//, /^cli\/commands\/bench\.ts$/] },
  { what: /^@nats-io\//, places: [/^bench\//, /\/adapters\//] },
  { what: /^piscina$/, places: [/^bench\//, /\/adapters\//] },
  { what: /^(node:)?process$/, places: SHELLS },
  { what: /^Date\.now$/, places: SHELLS },
  { what: /^new Date\(\)$/, places: SHELLS },
  { what: /^Math\.random$/, places: SHELLS },
];

/** Only here, test code included: one place decides when the process ends. */
const EXIT_PLACES = /^cli\//;
const LINES_MAX = 400;

/** What makes a test fail on a busy machine: the limits in `vitest.config.ts` are those of all. */
const IMPATIENT: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  {
    what: "waits with vi.wait…: `expect.poll` is more patient",
    pattern: /\bvi\.wait(For|Until)\b/,
  },
  {
    what: "has a time-out of its own",
    pattern: /(?:^\s*|=> \{)\}, (\{ timeout: )?[\d_]+( \})?\);|\{ timeout: [\d_]+ \}/,
  },
  { what: "asserts a duration", pattern: /expect\(performance\.now\(\) - \w+\)\.toBeLess/ },
];
/** Top folders that must have been seen, so that the test cannot pass on nothing. */
const TOP_FOLDERS = [
  "bench",
  "bytes",
  "cli",
  "compiler",
  "examples",
  "pipelines",
  "plan",
  "runtime",
  "scripts",
  "shuffler",
  "test",
];

describe("the source tree", () => {
  const files = readSourceTree(new URL("..", import.meta.url).pathname.replace(/\/$/, ""));

  it("has files in every top folder", () => {
    const seen = new Set(files.map((file) => topFolder(file.path)));
    expect(TOP_FOLDERS.filter((folder) => !seen.has(folder))).toEqual([]);
  });

  it("keeps every rule", () => {
    expect(files.flatMap(violations)).toEqual([]);
  });
});

describe("the rules", () => {
  it.each([
    ["plan/a.ts", `import { b } from "../runtime/b.ts";`, "imports runtime/b.ts"],
    ["plan/a.ts", `import { Encoder } from "cbor-x";`, "imports cbor-x"],
    ["compiler/a.ts", `import type { B } from "../runtime/b.ts";`, "imports runtime/b.ts"],
    ["compiler/a.ts", `import { readFile } from "node:fs";`, "imports node:fs"],
    ["compiler/a.ts", `const b = await import("../cli/b.ts");`, "imports cli/b.ts"],
    ["runtime/core/a.ts", `export * from "../../compiler/b.ts";`, "imports compiler/b.ts"],
    ["runtime/core/a.ts", `import { connect } from "@nats-io/nats-core";`, "imports @nats-io/"],
    ["runtime/core/a.ts", `import { Piscina } from "piscina";`, "imports piscina"],
    ["runtime/a.ts", `const u = new URL("../cli/b.ts", import.meta.url);`, "imports cli/b.ts"],
    ["shuffler/a.ts", `import { b } from "../runtime/b.ts";`, "imports runtime/b.ts"],
    ["cli/a.ts", `import { b } from "../bench/b.ts";`, "imports bench/b.ts"],
    ["bench/a.ts", `import { b } from "../cli/b.ts";`, "imports cli/b.ts"],
    ["cli/a.ts", `import { b } from "../test/support/b.ts";`, "imports test/support/b.ts"],
    ["runtime/a.ts", `import { env } from "node:process";`, "imports node:process"],
    ["runtime/a.ts", `const home = process.env.HOME;`, "uses process"],
    ["runtime/a.ts", `const now = Date.now();`, "uses Date.now"],
    ["compiler/a.ts", `const now = new Date();`, "uses new Date()"],
    ["shuffler/a.ts", `const x = Math.random();`, "uses Math.random"],
    ["runtime/adapters/a.ts", `process.exit(1);`, "uses process.exit"],
    ["runtime/a.test.ts", `process.exit(1);`, "uses process.exit"],
    ["runtime/a.test.ts", `it.only("x", () => {});`, "uses it.only"],
    ["runtime/a.ts", `// ${"TO"}DO later`, `has a ${"TO"}DO`],
    ["runtime/a.test.ts", `await ${"vi"}.waitFor(f);`, "waits with vi.wait"],
    ["runtime/a.test.ts", `it("x", () => {${"}"}, 30_000);`, "has a time-out"],
    ["runtime/a.test.ts", `poll(f, ${"{"} timeout: 1000 });`, "has a time-out"],
    [
      "runtime/a.test.ts",
      `expect(${"performance"}.now() - t).toBeLessThan(9);`,
      "asserts a duration",
    ],
    ["attic/a.ts", "", "stands in no folder of ours"],
  ])("find in %s: %s", (path, text, message) => {
    const [found, ...others] = violations(parseSource(path, text));
    expect(found?.split(":1 ")).toEqual([path, expect.stringContaining(message)]);
    expect(others).toEqual([]);
  });

  it.each([
    ["compiler/a.ts", `import { b } from "../plan/b.ts"; import { c } from "chevrotain";`],
    ["runtime/adapters/a.ts", `import "@nats-io/kv"; const t = Date.now() + Math.random();`],
    ["runtime/testing/a.ts", `import { connect } from "@nats-io/nats-core"; process.pid;`],
    ["runtime/a.test.ts", `import "../cli/a.ts"; import "../bench/a.ts"; new Date();`],
    ["cli/a.ts", `import "../shuffler/a.ts"; process.exit(0);`],
    ["runtime/a.long.test.ts", `poll(f, ${"{"} timeout: 1000 });`],
    ["cli/commands/bench.ts", `import { b } from "../../bench/b.ts";`],
    ["runtime/a.ts", `// Date.now()\nconst s = "process.exit"; a.process = new Date(ms);`],
  ])("find nothing in %s: %s", (path, text) => {
    expect(violations(parseSource(path, text))).toEqual([]);
  });

  it("let a file have 400 lines and not one more, tests apart", () => {
    const [most, tooMany] = ["\n".repeat(LINES_MAX), "\n".repeat(LINES_MAX + 1)];
    expect(violations(parseSource("runtime/a.ts", most))).toEqual([]);
    expect(violations(parseSource("runtime/a.ts", tooMany))).toEqual([
      "runtime/a.ts:1 has 401 lines",
    ]);
    expect(violations(parseSource("runtime/a.test.ts", tooMany))).toEqual([]);
  });
});

/** Every rule the file breaks, as `path:line what`. */
function violations(file: SourceFile): string[] {
  const found = [...file.uses.filter(isNowhereAllowed).map(used), ...textFindings(file)];
  if (!isTestCode(file.path)) {
    found.push(...file.imports.filter((one) => !mayImport(file.path, one.what)).map(imported));
    found.push(...file.uses.filter((one) => !isKept(file.path, one.what)).map(used));
  }
  if (!EXIT_PLACES.test(file.path)) {
    found.push(...file.uses.filter((one) => one.what === "process.exit").map(used));
  }
  return withoutShorter(found).map(({ what, line }) => `${file.path}:${line} ${what}`);
}

function mayImport(path: string, specifier: string): boolean {
  const folder = topFolder(path);
  if (!specifier.includes("/") || !specifier.endsWith(".ts")) {
    return (PACKAGES[folder]?.test(specifier) ?? true) && isKept(path, specifier);
  }
  return (OURS[folder]?.includes(topFolder(specifier)) ?? true) && isKept(path, specifier);
}

function isKept(path: string, what: string): boolean {
  const rules = KEPT_TO.filter((rule) => rule.what.test(what));
  return rules.every(({ places }) => places.some((place) => place.test(path)));
}

function isNowhereAllowed({ what }: Finding): boolean {
  return /^(it|test|describe|suite|bench)\.only$/.test(what);
}

function textFindings({ path, text }: SourceFile): Finding[] {
  const lines = text.split("\n");
  const found = lines.flatMap((line, at) =>
    /\bTO[D]O\b/.test(line) ? [{ what: `has a ${"TO"}DO`, line: at + 1 }] : [],
  );
  if (/(?<!\.long)\.test\.ts$/.test(path)) {
    for (const { what, pattern } of IMPATIENT) {
      found.push(
        ...lines.flatMap((line, at) => (pattern.test(line) ? [{ what, line: at + 1 }] : [])),
      );
    }
  }
  const count = text.endsWith("\n") ? lines.length - 1 : lines.length;
  if (count > LINES_MAX && !isTestCode(path)) found.push({ what: `has ${count} lines`, line: 1 });
  if (!isKnown(topFolder(path))) found.push({ what: "stands in no folder of ours", line: 1 });
  return found;
}

/** Test files, their helpers, `test/` and `runtime/testing/`. */
function isTestCode(path: string): boolean {
  return /\.test(-\w+)?\.ts$|^test\/|\/testing\//.test(path);
}

/** Folders of ours, and files at the root (configuration of tools). */
function isKnown(folder: string): boolean {
  return folder === "" || folder === "test" || folder in OURS;
}

function topFolder(path: string): string {
  return path.includes("/") ? path.slice(0, path.indexOf("/")) : "";
}

function imported({ what, line }: Finding): Finding {
  return { what: `imports ${what}`, line };
}

function used({ what, line }: Finding): Finding {
  return { what: `uses ${what}`, line };
}

/** `process.exit` on a line says it all: `process` on the same line is not reported again. */
function withoutShorter(found: readonly Finding[]): Finding[] {
  return found.filter(
    (one) =>
      !found.some((other) => other.line === one.line && other.what.startsWith(`${one.what}.`)),
  );
}
