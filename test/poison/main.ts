// The table of poison: what every aggregate, operator and sink does with records that are too large, too many, not finite,
// too deep, or have too long a key; in one process, by stage tasks, and by stage tasks that are killed.
//   npm run poison                                   all of it, as markdown
//   npm run poison -- --row "collect" --column "too large"   the rows and columns whose names begin so
//   npm run poison -- --small           as on a server with messages of that size
import { parseArgs } from "node:util";
import { type Cell, PART_BYTES, runCell, WHOLE_BYTES } from "./cell.ts";
import { COLUMNS } from "./columns.ts";
import { ROWS } from "./rows.ts";
import { tableOf } from "./table.ts";

const { values } = parseArgs({
  options: {
    row: { type: "string", default: "" },
    column: { type: "string", default: "" },
    seed: { type: "string", default: "1" },
    small: { type: "boolean", default: false },
  },
});
const rows = ROWS.filter(({ name }) => name.startsWith(values.row));
const columns = COLUMNS.filter(({ name }) => name.startsWith(values.column));
const bytes = values.small ? PART_BYTES : WHOLE_BYTES;
const cells: Cell[] = [];
for (const row of rows) {
  for (const column of columns) {
    const cell = await runCell(row, column, bytes, Number(values.seed));
    cells.push(cell);
    const { wrong, ms, kills } = cell;
    const { rss } = process.memoryUsage();
    console.error(
      `${row.name} | ${column.name}: ${Math.round(ms)} ms, ${kills} kills, ${Math.round(rss / 1e6)} MB`,
    );
    for (const one of wrong) console.error(`  WRONG: ${one}`);
  }
}
console.log(tableOf(cells));
const wrong = cells.filter((cell) => cell.wrong.length > 0);
console.log(`\n${cells.length} cells, ${wrong.length} wrong`);
process.exitCode = cells.length > 0 && wrong.length === 0 ? 0 : 1;
