// Links the operators of a stage into one function that takes a record.

import type { Op } from "../../plan/plan.ts";
import { OBJECTS, type Records } from "../eval/view/records.ts";
import { assert } from "./assert.ts";
import type { Emit, StageContext } from "./context.ts";
import { branch } from "./operators/branch.ts";
import { exchange, sink } from "./operators/send.ts";
import { type Adding, filter, letField, map, sample, unnest } from "./operators/stateless.ts";
import { type EmitAt, window } from "./operators/window.ts";
import type { Paused } from "./paused.ts";

/** Links the operators from the last to the first. @param records what the first one gets */
export function buildChain<R>(
  ops: readonly Op[],
  context: StageContext,
  records: Records<R>,
): Emit<R> {
  const [op, ...rest] = ops;
  assert(op !== undefined, "a stage ends in an exchange or a sink");
  switch (op.op) {
    case "filter":
      return filter(op.expr, context, records, buildChain(rest, context, records));
    case "map":
      return map(op.expr, context, records, buildChain(rest, context, OBJECTS));
    case "let":
      return letField(op.expr, context, records, adding(op.name, rest, context, records));
    case "unnest":
      return unnest(ops, op.expr, context, records, adding(op.as, rest, context, records)).emit;
    case "window":
      return window(op, context, records, windowed(rest, context, records));
    case "exchange": {
      const send = exchange(op, context, records);
      return (record) => send(record, records.timeMs(record));
    }
    case "sample":
      return sample(op, context, records, buildChain(rest, context, records));
    case "branch":
      return branch(
        op.arms.map(({ when, ops }) => ({
          when,
          next: ops.length === 0 ? null : buildChain(ops, context, records),
        })),
        context,
        records,
      );
    case "sink": {
      const next = rest.length === 0 ? null : buildChain(rest, context, records);
      return sink(op, context, records, next === null ? null : { ops: rest, emit: next });
    }
    case "reduce":
    case "top":
    case "dedup":
    case "fold":
      throw new Error(`invariant broken: ${op.op} is not the first operator of its stage`);
  }
}

/** Goes on with what an operator had stopped at. */
export function resumePaused(
  { ops, record, from, order }: Omit<Paused, "resume">,
  context: StageContext,
): void {
  context.turnTo(order);
  const [op, ...rest] = ops;
  if (op?.op === "unnest") {
    const added = adding(op.as, rest, context, OBJECTS);
    unnest(ops, op.expr, context, OBJECTS, added).resume(record(), from);
  } else buildChain(ops, context, OBJECTS)(record());
}

/** What follows an operator that adds field `name`. */
function adding<R>(
  name: string,
  rest: readonly Op[],
  context: StageContext,
  records: Records<R>,
): Adding<R> {
  const added = records.adding(name);
  return { add: added.add, next: buildChain(rest, context, added.records) };
}

/** Behind a window stands the exchange, which sends the instant the record counts at. */
function windowed<R>(ops: readonly Op[], context: StageContext, records: Records<R>): EmitAt<R> {
  const [op] = ops;
  assert(op?.op === "exchange" && ops.length === 1, "an exchange follows a window");
  return exchange(op, context, records);
}
