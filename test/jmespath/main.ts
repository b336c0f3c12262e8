// Our JMESPath against two implementations by others, on random expressions and documents.
//
//   npm run fuzz:jmespath [-- CASES [SEED]]
//
// Ends with 1 at the first disagreement that no rule explains, made as small as can be. The same seed
// gives the same cases.

import { describe, fuzz } from "./fuzz.ts";

const CASES_DEFAULT = 120_000;
const SEEDS = 2 ** 31;

const [cases = CASES_DEFAULT, seed = Math.floor(Math.random() * SEEDS)] = process.argv
  .slice(2)
  .map(Number);
console.log(`${cases} cases, seed ${seed}`);
const report = fuzz(cases, seed, (done) => {
  if (process.stderr.isTTY) process.stderr.write(`\r${done}`);
});
for (const [rule, { count, least }] of report.explained) {
  console.log(`\n${rule.against}: ${rule.name} (${count})\n  ${rule.why}`);
  console.log(describe(least, rule.against).replaceAll(/^/gm, "    "));
}
const explained = [...report.explained.values()].reduce((sum, { count }) => sum + count, 0);
console.log(
  `\n${report.cases} cases, ${report.values} of them with a value that is not null; seed ${seed}; ` +
    `${explained} disagreements, all explained by ${report.explained.size} rules`,
);
