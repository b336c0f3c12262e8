import { describe, expect, it } from "vitest";
import { END_OF_TIME_MS } from "../../plan/event.ts";
import { HEADER } from "../../plan/names.ts";
import type { Plan } from "../../plan/plan.ts";
import { Outbox, SIDE_WATERMARK_STEP_MS, WATERMARKS_PER_COMMIT_MAX } from "./outbox.ts";
import { deploymentOf, simulatedPlan } from "./simulation.test-support.ts";

const task = { stage: "s0", partition: 0 };

/** The outbox of the source stage, with so many partitions behind its exchange, and one dead-letter topic. */
function outboxOf(partitions: number): Outbox {
  const stages = simulatedPlan.stages.map((stage) =>
    stage.id === "s1" ? { ...stage, partitions } : stage,
  );
  const plan: Plan = { ...simulatedPlan, stages };
  const [stage] = stages;
  if (stage === undefined) throw new Error("no stage");
  return new Outbox(deploymentOf(plan), task, stage);
}

/** How many watermarks went to the exchange and to the dead letters. */
function told(outbox: Outbox, watermarkMs: number): { exchange: number; side: number } {
  const messages = outbox.messages([], watermarkMs);
  expect(messages.map(({ headers }) => headers.get(HEADER.watermark))).toEqual(
    messages.map(() => String(watermarkMs)),
  );
  const side = messages.filter(({ subject }) => subject.includes("dlq.sim")).length;
  return { exchange: messages.length - side, side };
}

describe("the watermarks of a commit", () => {
  it("go to every partition, each once, however little they are ahead", () => {
    const outbox = outboxOf(3);
    expect(told(outbox, 1000)).toEqual({ exchange: 3, side: 1 });
    expect(told(outbox, 1000)).toEqual({ exchange: 0, side: 0 });
    expect(outbox.owes(1001)).toBe(true);
    expect(told(outbox, 1001)).toEqual({ exchange: 3, side: 0 });
    expect(outbox.owes(1001)).toBe(false);
  });

  it("never step back", () => {
    const outbox = outboxOf(3);
    told(outbox, 1000);
    expect(told(outbox, 999)).toEqual({ exchange: 0, side: 0 });
    expect(outbox.owes(999)).toBe(false);
  });

  it("go to dead letters every so often, and at the end", () => {
    const outbox = outboxOf(1);
    told(outbox, 1000);
    expect(told(outbox, 1000 + SIDE_WATERMARK_STEP_MS - 1).side).toBe(0);
    expect(told(outbox, 1000 + SIDE_WATERMARK_STEP_MS).side).toBe(1);
    expect(told(outbox, END_OF_TIME_MS)).toEqual({ exchange: 1, side: 1 });
  });

  it("are as many as a commit may have, and the others go with the next", () => {
    const most = WATERMARKS_PER_COMMIT_MAX;
    const exact = outboxOf(most - 1);
    expect(told(exact, 1000)).toEqual({ exchange: most - 1, side: 1 });
    expect(exact.owes(1000)).toBe(false);
    const more = outboxOf(most);
    expect(told(more, 1000)).toEqual({ exchange: most, side: 0 });
    expect(more.owes(1000)).toBe(true);
    expect(told(more, 1000)).toEqual({ exchange: 0, side: 1 });
  });
});
