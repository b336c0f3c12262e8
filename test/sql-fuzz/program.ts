// Draws a whole program: pipelines that read the firehose and each other's topics, and what each topic must hold.

import type { Draft, Records, Step } from "./draft.ts";
import { drawCondition, PREAMBLE, pickField } from "./fields.ts";
import { drawTop, drawWindowed } from "./reduce.ts";
import { drawDedup, drawFold } from "./remembering.ts";
import { drawSource } from "./sources.ts";
import {
  drawFilter,
  drawLet,
  drawMap,
  drawSample,
  drawUnnest,
  drawUnnestOfEither,
} from "./stateless.ts";
import { pick } from "./tape.ts";

const PIPELINES_MAX = 3;
const STATELESS_MAX = 3;
const ARMS_MAX = 3;

/** The text of a program; what it must give is in the draft. */
export function drawProgram(draft: Draft): string {
  return `${PREAMBLE}${drawPipelines(draft)}`;
}

/** The same without what every program begins with: several make one file. */
export function drawPipelines(draft: Draft): string {
  const count = pick(draft.random, [1, 1, 2, 2, PIPELINES_MAX]);
  const names = Array.from({ length: count }, (_, i) => `${draft.prefix}${i + 1}`);
  return names.map((name) => drawPipeline(draft, name)).join("\n");
}

function drawPipeline(draft: Draft, name: string): string {
  const { random } = draft;
  draft.pipeline = name;
  draft.onePartition = false;
  const source = drawSource(draft);
  const way = new Way(draft, source);
  way.stateless(STATELESS_MAX);
  if (random.chance(0.85)) way.stateful();
  way.stateless(1);
  if (random.chance(0.3)) {
    way.stateful();
    way.stateless(1);
  }
  const end = random.chance(0.15) ? drawBranch(draft, way.records) : drawEnd(draft, way);
  // What reads a topic has one partition; the stages behind it have as many as are said.
  const partitions = draft.onePartition ? 1 : 1 + random.int(3);
  const options = `options { partitions: ${partitions} }
  `;
  return `pipeline ${name} {\n  ${options}from ${way.fpl}${end}\n}\n`;
}

/** Stages put behind each other. */
class Way {
  readonly #draft: Draft;
  fpl: string;
  records: Records;

  constructor(draft: Draft, { fpl, records }: Step) {
    this.#draft = draft;
    this.fpl = fpl;
    this.records = records;
  }

  take(step: Step | null): void {
    if (step === null) return;
    this.fpl += `\n  |> ${step.fpl}`;
    this.records = step.records;
  }

  stateless(max: number): void {
    const { random } = this.#draft;
    const draws = [
      drawFilter,
      drawFilter,
      drawLet,
      drawLet,
      drawUnnest,
      drawMap,
      drawUnnestOfEither,
      drawSample,
    ];
    for (let left = random.int(max + 1); left > 0; left -= 1) {
      this.take(pick(random, draws)(this.#draft, this.records));
    }
  }

  stateful(): void {
    const { random } = this.#draft;
    const roll = random.next();
    if (roll < 0.15) this.take(drawDedup(this.#draft, this.records));
    else if (roll < 0.35) this.take(drawFold(this.#draft, this.records));
    else {
      this.take(drawWindowed(this.#draft, this.records));
      if (random.chance(0.3)) this.take(drawFilter(this.#draft, this.records));
      if (random.chance(0.3)) this.take(drawTop(this.#draft, this.records));
    }
  }
}

/** One sink, or two that get the same; what has more than its fields goes through a `map` first. */
function drawEnd(draft: Draft, way: Way): string {
  const { random } = draft;
  if (!way.records.flat) way.take(drawMap(draft, way.records));
  const sinks = random.chance(0.1)
    ? [drawSink(draft, way.records), drawSink(draft, way.records)]
    : [drawSink(draft, way.records)];
  return sinks.map((sink) => `\n  |> ${sink}`).join("");
}

function drawSink(draft: Draft, records: Records): string {
  const { random } = draft;
  const rank = random.chance(0.1) ? pickField(random, records.fields, "num", "instant") : null;
  if (rank !== null && !records.fields.some(({ fpl }) => fpl === "rank")) {
    draft.shapes.add("feed");
    const name = draft.name(`${draft.prefix}_f`);
    const table = draft.tables.make(`SELECT *, ${rank.sql} AS rank FROM ${records.table}`);
    const fields = [...records.fields, { fpl: "rank", sql: "rank", type: rank.type }];
    draft.expected.push({ topic: `feed.${name}`, records: { ...records, table, fields } });
    return `to feed('${name}', rank: ${rank.fpl})`;
  }
  const topic = `${draft.prefix}.${draft.name("t")}`;
  draft.expected.push({ topic, records });
  const key = pickField(random, records.fields, "text", "num");
  if (key === null || random.chance(0.5)) return `to topic('${topic}')`;
  draft.shapes.add("partitioned topic");
  return `to topic('${topic}', key: ${key.fpl}, partitions: ${1 + random.int(3)})`;
}

function drawBranch(draft: Draft, records: Records): string {
  const { random } = draft;
  draft.shapes.add("branch");
  const before: string[] = [];
  const arms = Array.from({ length: 1 + random.int(ARMS_MAX) }, () => {
    const { fpl, sql } = drawCondition(random, records.fields);
    const arm = drawArm(draft, records, [`coalesce(${sql}, false)`, ...before]);
    before.push(`NOT coalesce(${sql}, false)`);
    return `when ${fpl} => ${arm}`;
  });
  const last = random.chance(0.5) ? "drop" : drawArm(draft, records, before);
  return `\n  |> branch {\n    ${arms.join("\n    ")}\n    else => ${last}\n  }`;
}

function drawArm(draft: Draft, records: Records, conditions: readonly string[]): string {
  const table = draft.tables.make(
    `SELECT * FROM ${records.table} WHERE ${conditions.join(" AND ")}`,
  );
  const way = new Way(draft, { fpl: "", records: { ...records, table, keys: null } });
  way.stateless(1);
  if (draft.random.chance(0.4)) way.stateful();
  const end = drawEnd(draft, way);
  return `${way.fpl}${end}`;
}
