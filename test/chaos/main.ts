// The chaos suite: real worker and shuffler processes on real servers, all of which are killed, frozen and cut off at
// random while a simulated relay sends. At the end every topic must hold exactly what it must.
//   npm run chaos -- --minutes 8 --faults 200 --seed 1
//   npm run chaos -- --nasty --minutes 60
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { clusterChaos } from "./cluster.ts";
import { nastyChaos } from "./nasty/run.ts";

/** On a cluster; the nasty programs are many, and their records large. */
const RATE_DEFAULT = "50";
const NASTY_RATE_DEFAULT = "12";
const FAULTS_PER_MINUTE = 25;
const NASTY_FAULTS_PER_MINUTE = 10;

const { values } = parseArgs({
  options: {
    nasty: { type: "boolean", default: false },
    minutes: { type: "string", default: "8" },
    faults: { type: "string" },
    seed: { type: "string", default: "1" },
    rate: { type: "string" },
    logs: { type: "string" },
  },
});
const minutes = numberOf("minutes", values.minutes);
const perMinute = values.nasty ? NASTY_FAULTS_PER_MINUTE : FAULTS_PER_MINUTE;
const rate = values.rate ?? (values.nasty ? NASTY_RATE_DEFAULT : RATE_DEFAULT);
const options = {
  minutes,
  faults: numberOf("faults", values.faults ?? String(Math.ceil(minutes * perMinute))),
  seed: numberOf("seed", values.seed),
  framesPerSecond: numberOf("rate", rate),
  folder: values.logs ?? join(tmpdir(), `fpaas-chaos-${process.pid}`),
};
const isExact = values.nasty ? await nastyChaos(options) : await clusterChaos(options);
process.exitCode = isExact ? 0 : 1;

function numberOf(name: string, text: string): number {
  const number = Number(text);
  if (Number.isFinite(number) && number > 0) return number;
  throw new RangeError(`--${name} ${text}: not a positive number`);
}
