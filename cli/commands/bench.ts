// `fpaas bench`: how fast it is on this machine, beside what people would take otherwise. From a checkout:
// the peers are development dependencies.

import { join } from "node:path";
import type { Command } from "commander";
import { runSuite } from "../../bench/suite/suite.ts";
import { type CommonOptions, type Context, type Finish, newCommand } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { parseCount } from "../terminal/units.ts";

type Options = CommonOptions & {
  readonly only?: string;
  readonly quick?: true;
  readonly rounds?: number;
};

/** Raw results, in the folder where it is run. */
const FOLDER = ".fpaas/bench/results";

export function benchCommand({ terminal, folder }: Context, finish: Finish): Command {
  return newCommand("bench", "measure this machine, beside other ways to the same answers")
    .option(
      "--only <names>",
      "workloads to run, or how their names begin, separated by commas (default: all)",
    )
    .option("--quick", "fewer events and rounds: to see that it works")
    .option("--rounds <n>", "rounds that count (default: 5, quick 3)", (text) => parseCount(text))
    .action(async ({ only = "", quick, rounds, json }: Options) => {
      const results = await runSuite({
        only: only.split(",").filter((name) => name !== ""),
        quick: quick === true,
        rounds: rounds ?? null,
        folder: join(folder, FOLDER),
        print: async (line) => {
          if (json !== true) await terminal.data(`${line}\n`);
        },
        say: (line) => terminal.say(line),
      });
      if (json === true) await terminal.json(results);
      finish(EXIT.ok);
    });
}
