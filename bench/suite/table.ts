// Results as Markdown: what goes to the terminal and into RESULTS.md.

import type { ContestantResult, RaceResult } from "./race.ts";

/** One table a race; ratios are ours to theirs: above one we are faster. */
export function raceLines({ title, unit, source, rows, contestants }: RaceResult): string[] {
  const [own] = contestants;
  const events = own?.timings[0]?.events ?? 0;
  const reached = own?.reached ?? null;
  const looked = reached === null ? "" : `; ${reached} reach the program`;
  return [
    `### ${title}`,
    "",
    `${events} ${unit} a round of ours, from ${source}${looked}; ${rows} rows of answer, the same from all.`,
    "",
    `| contestant | ${unit}/s, median | least | greatest | a CPU second | fpaas is |`,
    "| --- | ---: | ---: | ---: | ---: | ---: |",
    ...contestants.map((one) => raceLine(one, own)),
    "",
  ];
}

function raceLine(
  { name, perSecond, perCpuSecond }: ContestantResult,
  own: ContestantResult | undefined,
): string {
  const { median, least, greatest } = perSecond;
  const figures = [median, least, greatest, perCpuSecond.median].map(thousands);
  const ratio = (own?.perSecond.median ?? Number.NaN) / median;
  return `| ${[name, ...figures, `${ratio.toFixed(2)}×`].join(" | ")} |`;
}

/** `1 234 567`, to three digits. */
export function thousands(value: number): string {
  const rounded = Number(value.toPrecision(3));
  return Math.round(rounded)
    .toString()
    .replaceAll(/\B(?=(\d{3})+$)/g, " ");
}
