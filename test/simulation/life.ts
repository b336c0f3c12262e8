// What a program goes through in a run with a crash: its events, and what happens to it when half of them are there.

import type { FirehoseMessage } from "../../runtime/plan-driver.ts";
import { TASK_SIZES, type TaskSizes } from "../../runtime/task/stage-task.ts";
import { type Random, seededRandom } from "../../runtime/testing/random.ts";
import { interleaved, makeEvents, partitioned } from "./events.ts";
import { drawProgram } from "./programs.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** What happens to the pipeline when half of the events are there. */
export type Change = "nothing" | "edited" | "deleted and deployed again";

/** A program, the events it is given, and what its topics must hold by plain loops. */
export type Life = {
  readonly name: string;
  readonly text: string;
  readonly messages: readonly FirehoseMessage[];
  readonly expected: Readonly<Record<string, readonly Fields[]>>;
  readonly change: Change;
  readonly sizes: TaskSizes;
  /** Of the log. */
  readonly messageBytesMax: number;
  readonly seed: number;
};

const CHANGES: readonly Change[] = ["edited", "deleted and deployed again", "nothing"];
/** So few that thousands of crashes take minutes. */
const EVENTS = 20;

/** Draws a life from a seed. */
export function drawLife(seed: number): Life {
  const random = seededRandom(seed * 5 + 1);
  const { name, text, expected } = drawProgram(random);
  const partitions = partitioned(makeEvents(random, EVENTS));
  const messages = interleaved(partitions, random);
  const change = CHANGES[seed % CHANGES.length] ?? "nothing";
  const sizes = drawSmallSizes(random);
  const messageBytesMax = 60 + random.int(300);
  const answers = expected(partitions);
  return { name, text, messages, expected: answers, change, sizes, messageBytesMax, seed };
}

/** So small that windows close in many commits and state is always being written anew. */
function drawSmallSizes(random: Random): TaskSizes {
  const state = {
    ...TASK_SIZES.state,
    sliceBytes: 40 + random.int(200),
    epochAfterBytesMin: 200 + random.int(600),
  };
  const drain = { ...TASK_SIZES.drain, pieces: 1 + random.int(3) };
  const batch = {
    messages: 3 + random.int(10),
    bytes: 300 + random.int(1500),
    stagedBytes: 1 + random.int(400),
  };
  return { drain, state, batch };
}
