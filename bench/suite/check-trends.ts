// Hashtag trends count authors by an estimate, so the right answer is not one but near one: everything
// exact must be exact, every estimate within three standard errors, and the ranks those of the estimates. Which post
// is the first is not compared: ours goes by arrival on a partition, the others by time. pipelines/hashtag-trends.test.ts
// holds it to a reference of its own.

import type { Row } from "./contestant.ts";

/** Of `approx_distinct`, which has 2^14 registers. */
const STANDARD_ERROR = 0.0082;
const MIN_AUTHORS = 3;
const TOP = 20;

/** What is wrong with the rows; null when nothing is. @param truth every tag of every window */
export function checkTrends(rows: readonly Row[], truth: readonly Row[]): string | null {
  const exact = new Map(truth.map((row) => [keyOf(row), row]));
  const unlike = rows.find((row) => !isNear(row, exact.get(keyOf(row))));
  if (unlike !== undefined) {
    return `${JSON.stringify(unlike)} for ${JSON.stringify(exact.get(keyOf(unlike)))}`;
  }
  const given = byWindow(rows);
  for (const [window, all] of byWindow(truth)) {
    const wrong = checkRanks(given.get(window) ?? [], all);
    if (wrong !== null) return `window ${window}: ${wrong}`;
  }
  return null;
}

function keyOf({ window, tag }: Row): string {
  return `${String(window)} ${String(tag)}`;
}

function isNear(row: Row, truth: Row | undefined): boolean {
  if (truth === undefined) return false;
  return row.posts === truth.posts && isEstimate(row, truth);
}

function isEstimate(row: Row, truth: Row): boolean {
  const authors = Number(truth.authors);
  return Math.abs(Number(row.authors) - authors) <= Math.max(1, 3 * STANDARD_ERROR * authors);
}

/** The i-th most used tag is not the same where estimates are close, but has about as many authors. */
function checkRanks(rows: readonly Row[], all: readonly Row[]): string | null {
  const right = ranked(all).filter(({ authors }) => Number(authors) > MIN_AUTHORS);
  const mine = ranked(rows);
  if (mine.length > TOP || mine.length < Math.min(TOP, right.length)) {
    return `${mine.length} tags, of ${right.length}`;
  }
  const wrong = mine.findIndex((row, i) => right[i] !== undefined && !isEstimate(row, right[i]));
  return wrong < 0 ? null : `rank ${wrong + 1} is ${JSON.stringify(mine[wrong])}`;
}

function ranked(rows: readonly Row[]): Row[] {
  return [...rows].sort((a, b) => Number(b.authors) - Number(a.authors));
}

function byWindow(rows: readonly Row[]): Map<string, Row[]> {
  const windows = new Map<string, Row[]>();
  for (const row of rows) {
    const window = windows.get(String(row.window)) ?? [];
    window.push(row);
    windows.set(String(row.window), window);
  }
  return windows;
}
