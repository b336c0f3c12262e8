// What programs of the simulation are drawn from: windows with their sizes, and the pipeline around the stages.

import type { Random } from "../../runtime/testing/random.ts";
import type { Entry, SimEvent } from "./events.ts";
import type { Fields, WindowShape } from "./naive.ts";

/** A program and what each of its topics must hold. */
export type Program = {
  readonly name: string;
  readonly text: string;
  readonly expected: (
    partitions: readonly Entry[][],
  ) => Readonly<Record<string, readonly Fields[]>>;
};

export type Draw = (random: Random) => Program;
export type Shape = WindowShape & { readonly text: string };

export const SECOND_MS = 1000;
export const SINK = "|> to topic('answers', key: time, partitions: 2)";
export const any = (): boolean => true;
export const postOf = ({ post }: SimEvent): string => post;
export const didOf = ({ did }: SimEvent): string => did;

export function pipeline(stages: string): string {
  return `pipeline sim { from firehose() start at first |> ${stages} }`;
}

export function drawTumbling(random: Random): Shape {
  const sizeS = 5 + random.int(40);
  return { ...drawGrace(random, `size: ${sizeS}s`, "tumbling"), ...sizes(sizeS, sizeS) };
}

export function drawHopping(random: Random): Shape {
  const everyS = 3 + random.int(15);
  const sizeS = everyS * (2 + random.int(4));
  const options = `size: ${sizeS}s, every: ${everyS}s`;
  return { ...drawGrace(random, options, "hopping"), ...sizes(sizeS, everyS) };
}

function drawGrace(random: Random, options: string, kind: string) {
  const graceS = random.chance(0.3) ? 0 : random.int(12);
  return {
    graceMs: graceS * SECOND_MS,
    text: `|> window ${kind}(${options}, grace: ${graceS}s)`.slice(3),
  };
}

function sizes(sizeS: number, everyS: number) {
  return { sizeMs: sizeS * SECOND_MS, everyMs: everyS * SECOND_MS };
}
