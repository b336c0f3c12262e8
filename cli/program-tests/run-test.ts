// Plays one test: events through the shuffler and the same stage runners as in production, with one
// partition, so that what a topic holds is in the order of time and key.

import { dirname, resolve } from "node:path";
import type {
  Expectation,
  NumberOf,
  ProgramTest,
  TestStep,
} from "../../compiler/program-tests/program-test.ts";
import type { Span } from "../../compiler/syntax/ast.ts";
import type { CompareOp, Json } from "../../plan/expr.ts";
import { HEADER, watermarkSubject } from "../../plan/names.ts";
import type { Plan } from "../../plan/plan.ts";
import { MAX_PAYLOAD_BYTES } from "../../runtime/adapters/nats-server/config.ts";
import { toJson } from "../../runtime/eval/json.ts";
import { eachRecord, PlanDriver } from "../../runtime/plan-driver.ts";
import { RepeatFilter } from "../../runtime/repeat-filter.ts";
import { decodeFrame } from "../../shuffler/decode/frame.ts";
import type { DecodedMessage } from "../../shuffler/decode/message.ts";
import { Shuffler } from "../../shuffler/shuffle.ts";
import { type Source, SourceError, type SourceItem } from "../../shuffler/sources/source.ts";
import { topicsRead } from "../programs.ts";
import { EventMaker } from "./events.ts";
import { differences } from "./match.ts";

/** What a test expected and did not get. */
export type Failure = { readonly span: Span } & (
  | {
      readonly kind: "records";
      readonly topic: string;
      readonly expected: readonly Json[];
      readonly actual: readonly Json[];
    }
  | {
      readonly kind: "member";
      readonly topic: string;
      readonly expected: Json;
      readonly present: boolean;
      readonly actual: readonly Json[];
    }
  | {
      readonly kind: "number";
      readonly of: NumberOf;
      readonly op: CompareOp;
      readonly expected: number;
      readonly actual: number;
    }
  /** The test could not be played on. */
  | { readonly kind: "problem"; readonly message: string }
);

export type TestOptions = {
  /** Absolute path of the program's file: fixtures are relative to it. */
  readonly path: string;
  /** All plans of the file. */
  readonly plans: readonly Plan[];
  /** Opens a fixture. @throws SourceError */
  readonly open: (path: string) => Source;
};

/** Plays `test`. @returns what failed, in the order of its steps; empty when it passed */
export async function runTest(test: ProgramTest, options: TestOptions): Promise<Failure[]> {
  const play = new Play(test, options);
  const failures: Failure[] = [];
  for (const step of test.steps) {
    const failure = await play.step(step);
    if (failure !== null) failures.push(failure);
    if (failure?.kind === "problem") break;
  }
  return failures;
}

/** What an item says; null for the clock of a live source, which says nothing. */
function messageOf(item: SourceItem): DecodedMessage | null {
  switch (item.kind) {
    case "frame":
      return decodeFrame(item.raw);
    case "message":
      return item.message;
    case "clock":
      return null;
  }
}

class Play {
  readonly #test: ProgramTest;
  readonly #options: TestOptions;
  readonly #topics = new Map<string, Json[]>();
  readonly #events = new EventMaker();
  readonly #shuffler = new Shuffler({
    partitions: 1,
    relay: "test",
    maxPayloadBytes: MAX_PAYLOAD_BYTES,
  });
  /** Applies to files only: an event written as a statement is never dropped. */
  readonly #repeats = new RepeatFilter();
  readonly #driver: PlanDriver;
  #position = 0;

  constructor(test: ProgramTest, options: TestOptions) {
    this.#test = test;
    this.#options = options;
    const plans = upstream(test.pipeline, options.plans).map(withOnePartition);
    this.#driver = new PlanDriver(
      plans,
      1,
      eachRecord((topic, record) => {
        const records = this.#topics.get(topic) ?? [];
        records.push(toJson(record));
        this.#topics.set(topic, records);
      }),
    );
  }

  async step(step: TestStep): Promise<Failure | null> {
    switch (step.kind) {
      case "given":
        return this.#given(
          { kind: "message", message: this.#events.make(step.event), raw: EMPTY, position: 0 },
          step.span,
          null,
        );
      case "fixture":
        return await this.#fixture(step.path, step.span);
      case "advance":
        this.#advance(step.toMs);
        return null;
      case "expect":
        return this.#expect(step.expectation, step.span);
    }
  }

  /** @param item its place is counted over all steps @param repeats leaves out what it has seen; null: nothing is */
  #given(item: SourceItem, span: Span, repeats: RepeatFilter | null): Failure | null {
    const message = messageOf(item);
    if (message?.kind === "rejected") {
      return { kind: "problem", message: `this is no valid event: ${message.detail}`, span };
    }
    if (message !== null && "timeMs" in message) {
      this.#events.pass(item.trustedMs ?? message.timeMs);
    }
    this.#position += 1;
    for (const shuffled of this.#shuffler.push({ ...item, position: this.#position })) {
      if (repeats?.admits(shuffled) ?? true) this.#driver.push(shuffled);
    }
    return null;
  }

  async #fixture(path: string, span: Span): Promise<Failure | null> {
    try {
      const source = this.#options.open(resolve(dirname(this.#options.path), path));
      for await (const items of source.batches()) {
        for (const item of items) {
          // A frame stays one: the shuffler refuses those that come in the wrong order.
          const failure = this.#given(item, span, this.#repeats);
          if (failure !== null) return failure;
        }
      }
      return null;
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      return { kind: "problem", message: error.message, span };
    }
  }

  #advance(toMs: number): void {
    const headers = new Map([[HEADER.watermark, String(toMs)]]);
    this.#driver.push({ subject: watermarkSubject(0), headers, payload: EMPTY });
    this.#events.pass(toMs);
  }

  #expect(expectation: Expectation, span: Span): Failure | null {
    this.#driver.flush();
    switch (expectation.kind) {
      case "records": {
        const { topic, records: expected } = expectation;
        const actual = this.#recordsOf(topic);
        const equal =
          expected.length === actual.length &&
          expected.every((one, i) => differences(one, actual[i] ?? null).length === 0);
        return equal ? null : { kind: "records", topic, expected, actual, span };
      }
      case "member": {
        const { topic, record: expected, present } = expectation;
        const actual = this.#recordsOf(topic);
        const found = actual.some((one) => differences(expected, one).length === 0);
        return found === present
          ? null
          : { kind: "member", topic, expected, present, actual, span };
      }
      case "number": {
        const { of, op, value: expected } = expectation;
        const actual = this.#numberOf(of);
        return holds(actual, op, expected)
          ? null
          : { kind: "number", of, op, expected, actual, span };
      }
    }
  }

  #recordsOf(topic: string): readonly Json[] {
    return this.#topics.get(topic) ?? [];
  }

  #numberOf(of: NumberOf): number {
    if (of.kind === "length") return this.#recordsOf(of.topic).length;
    const stages = this.#driver
      .counters()
      .filter(({ pipeline }) => pipeline === this.#test.pipeline);
    switch (of.counter) {
      case "late":
        return sum(stages.map(({ late }) => late));
      case "dead_letters":
        return sum(stages.map(({ deadLetters }) => deadLetters));
      case "dropped":
        return sum(stages.flatMap(({ dropped }) => Object.values(dropped)));
      case "repeated":
        return this.#repeats.repeated;
    }
  }
}

const EMPTY = new Uint8Array();

/** The tested plan and those whose topics it reads, directly or not, writers first. */
function upstream(name: string, plans: readonly Plan[]): Plan[] {
  const wanted = new Set<string>();
  const visit = (pipeline: string): void => {
    if (wanted.has(pipeline)) return;
    wanted.add(pipeline);
    const read = new Set(plans.filter((plan) => plan.pipeline === pipeline).flatMap(topicsRead));
    for (const plan of plans) {
      if (plan.topics.some((topic) => read.has(topic.name))) visit(plan.pipeline);
    }
  };
  visit(name);
  return plans.filter(({ pipeline }) => wanted.has(pipeline));
}

function withOnePartition(plan: Plan): Plan {
  return {
    ...plan,
    stages: plan.stages.map((stage) => ({ ...stage, partitions: 1 })),
    topics: plan.topics.map((topic) => ({ ...topic, partitions: 1 })),
  };
}

function holds(left: number, op: CompareOp, right: number): boolean {
  switch (op) {
    case "==":
      return left === right;
    case "!=":
      return left !== right;
    case "<":
      return left < right;
    case "<=":
      return left <= right;
    case ">":
      return left > right;
    case ">=":
      return left >= right;
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
