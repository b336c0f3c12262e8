// Layouts as data, and how they are printed: a group stands on one line when it fits, else all its own
// breaks become new lines (Wadler, "A prettier printer").

import { width } from "../diagnostics/location.ts";

/** Widest line, in columns of a terminal; a token that is wider stands as it is. */
const LINE_WIDTH = 100;

export type Doc =
  | { readonly kind: "text"; readonly text: string }
  /** Ends its line, and may be longer than that. A `hard` follows. */
  | { readonly kind: "comment"; readonly text: string }
  /** `flat` (nothing or a space) where its group fits on a line, else a new line. */
  | { readonly kind: "line"; readonly flat: string }
  /** Always a new line; with `blank` an empty one before it. */
  | { readonly kind: "hard"; readonly blank: boolean }
  /** New lines in `parts` are indented by `columns` more. */
  | { readonly kind: "nest"; readonly columns: number; readonly parts: readonly Doc[] }
  /** `broken`: known not to fit, since it holds a `hard`. */
  | { readonly kind: "group"; readonly broken: boolean; readonly parts: readonly Doc[] };

type Command = { readonly doc: Doc; readonly indent: number; readonly flat: boolean };

/** The text of `parts`, without trailing spaces on any line that is not inside a token. */
export function print(parts: readonly Doc[]): string {
  const out: string[] = [];
  const commands: Command[] = [];
  let column = 0;
  const newLine = (indent: number, blank: boolean) => {
    out.push(blank ? "\n\n" : "\n", " ".repeat(indent));
    column = indent;
  };
  pushAll(commands, parts, 0, false);
  for (let next = commands.pop(); next !== undefined; next = commands.pop()) {
    const { doc, indent, flat } = next;
    switch (doc.kind) {
      case "text":
      case "comment":
        out.push(doc.text);
        column = columnAfter(column, doc.text);
        break;
      case "line":
        if (!flat) newLine(indent, false);
        else {
          out.push(doc.flat);
          column += doc.flat.length;
        }
        break;
      case "hard":
        newLine(indent, doc.blank);
        break;
      case "nest":
        pushAll(commands, doc.parts, indent + doc.columns, flat);
        break;
      case "group": {
        const oneLine = flat || (!doc.broken && fits(doc, LINE_WIDTH - column, commands));
        pushAll(commands, doc.parts, indent, oneLine);
      }
    }
  }
  return out.join("");
}

/** Pushed in reverse: the first part is popped first. */
function pushAll(commands: Command[], parts: readonly Doc[], indent: number, flat: boolean): void {
  for (let i = parts.length - 1; i >= 0; i -= 1) {
    const doc = parts[i];
    if (doc !== undefined) commands.push({ doc, indent, flat });
  }
}

/** Whether `doc` on one line, and what follows it up to the next possible new line, fits `columns`. */
function fits(doc: Doc, columns: number, rest: readonly Command[]): boolean {
  const commands: Command[] = [{ doc, indent: 0, flat: true }];
  let left = columns;
  let following = rest.length;
  while (left >= 0) {
    const next = commands.pop() ?? rest[--following];
    if (next === undefined) return true;
    const one = next.doc;
    switch (one.kind) {
      case "text": {
        const lineEnd = one.text.indexOf("\n");
        left -= width(lineEnd < 0 ? one.text : one.text.slice(0, lineEnd));
        if (lineEnd >= 0) return left >= 0;
        break;
      }
      case "line":
        if (!next.flat) return true;
        left -= one.flat.length;
        break;
      case "comment":
      case "hard":
        return true;
      case "nest":
      case "group":
        pushAll(commands, one.parts, 0, next.flat);
    }
  }
  return false;
}

function columnAfter(column: number, text: string): number {
  const lineStart = text.lastIndexOf("\n") + 1;
  return lineStart === 0 ? column + width(text) : width(text.slice(lineStart));
}
