// The tests of a file, compiled: every value computed, every name known.

import type { Plan } from "../../plan/plan.ts";
import type { Env } from "../lower/env.ts";
import type { TestNode, TestStepNode } from "../syntax/ast.ts";
import { compileGiven } from "./builders.ts";
import { instantOf } from "./constants.ts";
import { compileExpectation, type Expecting } from "./expectations.ts";
import type { ProgramTest, TestStep } from "./program-test.ts";

/**
 * Compiles `tests`; what is wrong with a step is reported and the step left out.
 * @param plans of the file; null when it has errors
 */
export function compileTests(
  tests: readonly TestNode[],
  plans: readonly Plan[] | null,
  env: Env,
): ProgramTest[] {
  const topics = plans === null ? null : new Set(plans.flatMap(topicNames));
  return tests.map((test) => {
    if (plans !== null) checkInputs(test, plans, env);
    const expecting = { pipeline: test.pipeline.name, topics, env };
    const steps = test.steps.flatMap((step) => compileStep(step, expecting) ?? []);
    checkAdvances(steps, env);
    const { title, pipeline } = test;
    return { title: title.value, pipeline: pipeline.name, span: title.span, steps };
  });
}

function topicNames({ topics }: Plan): string[] {
  return topics.map(({ name }) => name);
}

/** Only the pipelines of the file run in a test, so its topics must be among theirs. */
function checkInputs({ pipeline }: TestNode, plans: readonly Plan[], env: Env): void {
  const written = new Set(plans.flatMap(topicNames));
  const tested = plans.filter((plan) => plan.pipeline === pipeline.name);
  for (const topic of tested.flatMap(topicsRead)) {
    if (written.has(topic)) continue;
    const what = `\`${pipeline.name}\` reads topic \`${topic}\`, which no pipeline of this file writes`;
    env.report("FPL0335", pipeline.span, what, {
      help: "put the pipeline that writes it into this file",
    });
  }
}

function topicsRead({ stages }: Plan): string[] {
  const inputs = stages.flatMap((stage) => stage.inputs);
  return inputs.flatMap((input) => (input.kind === "topic" ? [input.topic] : []));
}

function compileStep(step: TestStepNode, expecting: Expecting): TestStep | null {
  const { span } = step;
  switch (step.kind) {
    case "error":
      return null;
    case "fixture":
      return { kind: "fixture", path: step.path.value, span };
    case "given": {
      const event = compileGiven(step.call, expecting.env);
      return event === null ? null : { kind: "given", event, span };
    }
    case "advance": {
      const toMs = instantOf(step.to, "what the watermark advances to", expecting.env);
      return toMs === null ? null : { kind: "advance", toMs, span };
    }
    case "expect": {
      const expectation = compileExpectation(step.expr, expecting);
      return expectation === null ? null : { kind: "expect", expectation, span };
    }
  }
}

function checkAdvances(steps: readonly TestStep[], env: Env): void {
  let reachedMs = Number.NEGATIVE_INFINITY;
  for (const step of steps) {
    if (step.kind !== "advance") continue;
    if (step.toMs <= reachedMs) {
      env.report("FPL0334", step.span, "the watermark has already advanced to here or further");
    }
    reachedMs = Math.max(reachedMs, step.toMs);
  }
}
