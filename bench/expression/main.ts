// How long a filter takes on a decoded event: ours, and what people would take from npm otherwise.
//
//   npm run bench:expression
//
// All run the same question on the same events, interleaved in one run; the answers are compared first.
// A peer gets its expression parsed beforehand where its API allows that, and plain JSON events.

import { existsSync } from "node:fs";
import { cpus } from "node:os";
import {
  compile as compileCommunity,
  type JSONValue,
  TreeInterpreter,
} from "@jmespath-community/jmespath";
import jmespath from "jmespath";
import { compile } from "../../compiler/compile.ts";
import { FIREHOSE_PARTITIONS_DEFAULT } from "../../plan/partition.ts";
import { decodeEvent } from "../../runtime/eval/codec.ts";
import { compilePredicate } from "../../runtime/eval/compile-expr.ts";
import { toJson } from "../../runtime/eval/json.ts";
import { Shuffler } from "../../shuffler/shuffle.ts";
import { readRecording } from "../simulated-relay/recording.ts";

const RECORDINGS = ["../shared/data/firehose/pds-a.frames.zst", "examples/sample.frames.zst"];
const OURS =
  "op == 'create' && record.langs has 'en' && !(record.reply ?? false) && length(record.text) > 40";
/** The same in JMESPath, where null needs care by hand. */
const THEIRS =
  "op == 'create' && contains(not_null(record.langs, `[]`), 'en') && !(record.reply) && length(not_null(record.text, '')) > `40`";
const ROUNDS = 15;
const EVENTS = 20_000;

type Contestant = { readonly name: string; readonly holds: (index: number) => boolean };

const recording = RECORDINGS.find((path) => existsSync(path));
if (recording === undefined) throw new Error(`none of ${RECORDINGS.join(", ")} is here`);
const payloads = await eventPayloads(recording);
const decoded = Array.from({ length: EVENTS }, (_, i) =>
  decodeEvent(payloads[i % payloads.length] ?? new Uint8Array()),
);
/** Plain JSON, as a peer would get it from `JSON.parse`. */
const plain: JSONValue[] = decoded.map((event) => JSON.parse(JSON.stringify(toJson(event))));
const contestants = [ours(), original(), community()];

const matches = agree(contestants);
console.log(
  `${cpus()[0]?.model ?? "unknown processor"}, ${cpus().length} cores, Node ${process.version}`,
);
console.log(`${EVENTS} events made from ${payloads.length} of ${recording}; ${matches} match`);
const times = measure(contestants);
const own = median(times.get("ours") ?? []);
console.log("| filter | ns per event, median | least | greatest | times ours |");
console.log("|---|---|---|---|---|");
for (const [name, all] of times) {
  const sorted = [...all].sort((a, b) => a - b);
  const cells = [median(all), sorted[0] ?? 0, sorted.at(-1) ?? 0].map((ns) => ns.toFixed(0));
  console.log(`| ${name} | ${cells.join(" | ")} | ${(median(all) / own).toFixed(1)} |`);
}

function ours(): Contestant {
  const text = `pipeline p { from topic('t') |> filter ${OURS} |> to stdout }`;
  const { plans, diagnostics } = compile({ file: "bench.fpl", text });
  const ops = plans.flatMap((plan) => plan.stages.flatMap((stage) => stage.ops));
  const op = ops.find((one) => one.op === "filter");
  if (op?.op !== "filter") throw new Error(diagnostics.map((one) => one.message).join("\n"));
  const holds = compilePredicate(op.expr);
  return { name: "ours", holds: (i) => holds(decoded[i] ?? null) === true };
}

/** jmespath.js 0.16 has no way to keep a parsed expression: it parses at every call. */
function original(): Contestant {
  return {
    name: "jmespath.js 0.16",
    holds: (i) => jmespath.search(plain[i], THEIRS) === true,
  };
}

function community(): Contestant {
  const parsed = compileCommunity(THEIRS);
  return {
    name: "@jmespath-community 1.3, parsed once",
    holds: (i) => TreeInterpreter.search(parsed, plain[i] ?? null) === true,
  };
}

/** How many events match; throws where two disagree. */
function agree(all: readonly Contestant[]): number {
  let count = 0;
  for (let i = 0; i < EVENTS; i += 1) {
    const [answer, ...others] = all.map(({ holds }) => holds(i));
    if (others.some((other) => other !== answer)) {
      const said = all.map(({ name, holds }) => `${name}: ${holds(i)}`).join(", ");
      throw new Error(`event ${i}: ${said}`);
    }
    if (answer === true) count += 1;
  }
  return count;
}

/** ns per event of each round, rounds interleaved. */
function measure(all: readonly Contestant[]): Map<string, number[]> {
  const times = new Map(all.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { name, holds } of all) {
      let found = 0;
      const start = process.hrtime.bigint();
      for (let i = 0; i < EVENTS; i += 1) if (holds(i)) found += 1;
      const ns = Number(process.hrtime.bigint() - start);
      if (found !== matches) throw new Error(`${name} found ${found}, not ${matches}`);
      times.get(name)?.push(ns / EVENTS);
    }
  }
  return times;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** The posts, likes and so on of a recording, as they stand in FIREHOSE. */
async function eventPayloads(path: string): Promise<Uint8Array[]> {
  const shuffler = new Shuffler({
    partitions: FIREHOSE_PARTITIONS_DEFAULT,
    relay: "bench",
    maxPayloadBytes: Number.POSITIVE_INFINITY,
  });
  const frames = await readRecording(path);
  return frames
    .flatMap((raw, position) => shuffler.push({ kind: "frame", raw, position }))
    .filter(({ subject }) => subject.includes(".commit."))
    .map(({ payload }) => payload);
}
