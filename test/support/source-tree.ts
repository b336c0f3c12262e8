// The TypeScript files of this repository as the tidy test sees them: who imports what, and which
// names of the outside world a file uses, each with its line. Parsed, so comments and strings are not
// mistaken for code.

import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { parseAst } from "vitest/node";

/** Something a file does on one line: an import's specifier, or a use such as `Date.now`. */
export type Finding = { readonly what: string; readonly line: number };

export type SourceFile = {
  /** From the root of the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
  /** Specifiers; a relative one is resolved to a path from the root. */
  readonly imports: readonly Finding[];
  /** `process`, `process.exit`, `Date.now`, `new Date()`, `it.only` and the like. */
  readonly uses: readonly Finding[];
};

const SKIPPED_FOLDERS = new Set(["node_modules", ".git", ".fpaas", "dist", "coverage"]);

/** Every .ts file under `root`, in the order of their paths. */
export function readSourceTree(root: string): SourceFile[] {
  const paths = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => posix.join(entry.parentPath.slice(root.length + 1), entry.name))
    .filter((path) => !path.split("/").some((folder) => SKIPPED_FOLDERS.has(folder)));
  return paths.sort().map((path) => parseSource(path, readFileSync(join(root, path), "utf8")));
}

/** @throws SyntaxError when the text is not TypeScript. */
export function parseSource(path: string, text: string): SourceFile {
  const imports: Finding[] = [];
  const uses: Finding[] = [];
  visit(parseAst(text, { lang: "ts" }, path), null, (node, parent) => {
    const line = lineOf(text, node.start);
    const specifier = importOf(node);
    if (specifier !== null) imports.push({ what: resolveFrom(path, specifier), line });
    const use = useOf(node, parent);
    if (use !== null) uses.push({ what: use, line });
  });
  return { path, text, imports, uses };
}

/** What we look at of an ESTree node; every node has `type`, `start` and fields of its own. */
type Node = { readonly type: string; readonly start: number; readonly [field: string]: unknown };

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && "start" in value;
}

function visit(
  value: unknown,
  parent: Node | null,
  take: (node: Node, parent: Node | null) => void,
) {
  if (Array.isArray(value)) for (const item of value) visit(item, parent, take);
  if (!isNode(value)) return;
  take(value, parent);
  for (const child of Object.values(value)) visit(child, value, take);
}

/** The specifier when the node imports something: statically, dynamically, or as a thread's URL. */
function importOf(node: Node): string | null {
  switch (node.type) {
    case "ImportDeclaration":
    case "ExportNamedDeclaration":
    case "ExportAllDeclaration":
    case "ImportExpression":
      return stringOf(node.source);
    case "TSImportType":
      return stringOf(node.source ?? node.argument);
    case "NewExpression": {
      const [url] = Array.isArray(node.arguments) ? node.arguments : [];
      const target = nameOf(node.callee) === "URL" ? stringOf(url) : null;
      return target?.endsWith(".ts") === true ? target : null;
    }
    default:
      return null;
  }
}

/** The outside name a node uses, or null. */
function useOf(node: Node, parent: Node | null): string | null {
  if (node.type === "NewExpression" && nameOf(node.callee) === "Date") {
    return Array.isArray(node.arguments) && node.arguments.length === 0 ? "new Date()" : null;
  }
  if (node.type === "MemberExpression") {
    const object = nameOf(node.object);
    const property = nameOf(node.property) ?? stringOf(node.property);
    return object === null || property === null ? null : `${object}.${property}`;
  }
  return nameOf(node) === "process" && !isLabel(node, parent) ? "process" : null;
}

/** Whether an identifier is only the name of a property: `a.process`, `{ process: 1 }`. */
function isLabel(node: Node, parent: Node | null): boolean {
  if (parent === null || parent.computed === true) return false;
  return parent.property === node || (parent.key === node && parent.shorthand !== true);
}

function nameOf(value: unknown): string | null {
  return isNode(value) && value.type === "Identifier" ? String(value.name) : null;
}

function stringOf(value: unknown): string | null {
  if (!isNode(value) || value.type !== "Literal") return null;
  return typeof value.value === "string" ? value.value : null;
}

function resolveFrom(path: string, specifier: string): string {
  return specifier.startsWith(".") ? posix.join(posix.dirname(path), specifier) : specifier;
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}
