// The table of poison in markdown.

import type { Cell } from "./cell.ts";

export function tableOf(cells: readonly Cell[]): string {
  const columns = [...new Set(cells.map(({ column }) => column))];
  const rows = Map.groupBy(cells, ({ row }) => row);
  const lines = [...rows].map(([row, ones]) => {
    const texts = columns.map((column) => {
      const cell = ones.find((one) => one.column === column);
      return cell === undefined ? "" : textOf(cell);
    });
    return lineOf([row, ...texts]);
  });
  return [lineOf(["", ...columns]), lineOf(["---", ...columns.map(() => "---")]), ...lines].join(
    "\n",
  );
}

function textOf({ records, letters, wrong }: Cell): string {
  if (wrong.length > 0) return "WRONG";
  const aside = Object.entries(letters).map(([reason, count]) => `${count} put aside: ${reason}`);
  return [`${records} right`, ...aside].join("; ");
}

function lineOf(texts: readonly string[]): string {
  return `| ${texts.join(" | ")} |`;
}
