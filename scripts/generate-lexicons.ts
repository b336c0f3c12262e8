// Writes compiler/types/lexicons.generated.ts: the shapes of the records of app.bsky.*, from the lexicons
// that the npm package @atproto/api carries. `node scripts/generate-lexicons.ts [--package FOLDER]`

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { z } from "zod";

const PACKAGE = "@atproto/api";
const TARGET = new URL("../compiler/types/lexicons.generated.ts", import.meta.url);
/** Records of these collections are written, with all they refer to. */
const COLLECTIONS = /^app\.bsky\./;
/** Biome's line width: a longer line has its value on a line of its own. */
const LINE_WIDTH_MAX = 100;

/** A definition of a lexicon document, as far as shapes need it (atproto.com/specs/lexicon). */
type Def = {
  readonly type: string;
  readonly format?: string | undefined;
  readonly ref?: string | undefined;
  readonly refs?: readonly string[] | undefined;
  readonly items?: Def | undefined;
  readonly record?: Def | undefined;
  readonly properties?: Readonly<Record<string, Def>> | undefined;
  readonly required?: readonly string[] | undefined;
  readonly nullable?: readonly string[] | undefined;
};

const def: z.ZodType<Def> = z.lazy(() =>
  z.object({
    type: z.string(),
    format: z.string().optional(),
    ref: z.string().optional(),
    refs: z.array(z.string()).optional(),
    items: def.optional(),
    record: def.optional(),
    properties: z.record(z.string(), def).optional(),
    required: z.array(z.string()).optional(),
    nullable: z.array(z.string()).optional(),
  }),
);
const documents = z.array(z.object({ id: z.string(), defs: z.record(z.string(), z.unknown()) }));

/** Where the package is; null when it is not installed. */
export function findPackage(folder?: string): URL | null {
  if (folder !== undefined) return pathToFileURL(`${folder}/`);
  try {
    return new URL("../", import.meta.resolve(PACKAGE));
  } catch {
    return null; // not installed: the caller says so
  }
}

/** The text of the generated file, from the package in folder `root`. @throws when it has another form. */
export async function generateLexicons(root: URL): Promise<string> {
  const manifest: unknown = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
  const { name, version } = z.object({ name: z.string(), version: z.string() }).parse(manifest);
  const module: unknown = await import(new URL("dist/index.js", root).href);
  const { schemas } = z.object({ schemas: documents }).parse(module);
  const defs = new Map(
    schemas.flatMap((one) =>
      Object.entries(one.defs).map(([key, body]) => [
        key === "main" ? one.id : `${one.id}#${key}`,
        body,
      ]),
    ),
  );
  return render(`${name} ${version}`, new Shapes(defs));
}

/** Collects the shapes of records and of the objects they refer to. */
class Shapes {
  readonly records: string[] = [];
  readonly objects = new Map<string, Readonly<Record<string, string>>>();
  readonly #defs: ReadonlyMap<string, unknown>;

  constructor(defs: ReadonlyMap<string, unknown>) {
    this.#defs = defs;
    for (const id of [...defs.keys()].filter((one) => COLLECTIONS.test(one)).sort()) {
      const parsed = def.safeParse(defs.get(id));
      if (!parsed.success || parsed.data.record === undefined) continue;
      this.records.push(id);
      this.#add(id, parsed.data.record);
    }
  }

  #add(id: string, body: Def): void {
    if (this.objects.has(id)) return;
    this.objects.set(id, {});
    const document = id.replace(/#.*/, "");
    const fields = Object.entries(body.properties ?? {}).map(([name, field]) => {
      const optional = !(body.required ?? []).includes(name) || body.nullable?.includes(name);
      return [name, this.#type(field, document) + (optional ? "?" : "")];
    });
    this.objects.set(id, Object.fromEntries(fields));
  }

  /** A type in the notation that `lexicons.ts` reads. */
  #type(body: Def, document: string): string {
    switch (body.type) {
      case "string":
        return FORMATS[body.format ?? ""] ?? "string";
      case "array":
        return `list<${body.items === undefined ? "any" : this.#type(body.items, document)}>`;
      case "ref":
        return this.#ref(body.ref ?? "", document);
      case "union":
        return (body.refs ?? []).map((ref) => this.#ref(ref, document)).join(" | ");
      default: {
        const simple = SIMPLE[body.type];
        if (simple === undefined) throw new Error(`${document}: no shape for type ${body.type}`);
        return simple;
      }
    }
  }

  #ref(ref: string, document: string): string {
    const local = ref.replace(/^lex:/, "").replace(/#main$/, "");
    const id = local.startsWith("#") ? document + local : local;
    const target = def.parse(this.#defs.get(id));
    if (target.type !== "object") return this.#type(target, id.replace(/#.*/, ""));
    this.#add(id, target);
    return id;
  }
}

const FORMATS: Readonly<Record<string, string>> = {
  did: "did",
  "at-uri": "at_uri",
  nsid: "nsid",
  tid: "tid",
  cid: "cid",
};
const SIMPLE: Readonly<Record<string, string>> = {
  boolean: "bool",
  integer: "int",
  bytes: "bytes",
  "cid-link": "cid",
  blob: "blob",
  unknown: "any",
  token: "string",
};

function render(source: string, shapes: Shapes): string {
  const objects = [...shapes.objects].sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    "// The shapes of the published lexicons of app.bsky.*: records and the objects in them.",
    `// Generated by scripts/generate-lexicons.ts from ${source}: do not edit.`,
    "",
    "/** What the shapes were taken from. */",
    `export const LEXICON_SOURCE = ${JSON.stringify(source)};`,
    "",
    "/** Collections whose records have a shape. */",
    "export const LEXICON_RECORDS = [",
    ...shapes.records.map((id) => `  ${JSON.stringify(id)},`),
    "] as const;",
    "",
    "/** Types of the fields by the id of the object: `?` may be absent, `a | b` told apart by `$type`. */",
    "export const LEXICON_OBJECTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {",
    ...objects.flatMap(([id, fields]) => renderObject(id, fields)),
    "};",
    "",
  ].join("\n");
}

function renderObject(id: string, fields: Readonly<Record<string, string>>): string[] {
  const entries = Object.entries(fields);
  if (entries.length === 0) return [`  ${JSON.stringify(id)}: {},`];
  const lines = entries.flatMap(([name, type]) => {
    const key = /^\w+$/.test(name) ? name : JSON.stringify(name);
    const line = `    ${key}: ${JSON.stringify(type)},`;
    return line.length <= LINE_WIDTH_MAX
      ? [line]
      : [`    ${key}:`, `      ${JSON.stringify(type)},`];
  });
  return [`  ${JSON.stringify(id)}: {`, ...lines, "  },"];
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { package: { type: "string" } } });
  const root = findPackage(values.package);
  if (root === null) throw new Error(`${PACKAGE} is not installed: give its folder with --package`);
  writeFileSync(fileURLToPath(TARGET), await generateLexicons(root));
}
