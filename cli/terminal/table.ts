// Plain aligned columns for people.

import { width } from "../../compiler/diagnostics/location.ts";

/** Rows as lines, columns two spaces apart; numbers to the right, everything else to the left. */
export function table(rows: readonly (readonly (string | number)[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, width(String(cell)));
    });
  }
  const lines = rows.map((row) =>
    row
      .map((cell, i) => pad(cell, widths[i] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return lines.map((line) => `${line}\n`).join("");
}

function pad(cell: string | number, columns: number): string {
  const text = String(cell);
  const space = " ".repeat(Math.max(0, columns - width(text)));
  return typeof cell === "number" ? space + text : text + space;
}
