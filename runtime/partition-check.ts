// Every partition of a stage must have something to read of every input, or its watermark never comes and
// the stages behind it wait for ever.

import type { Input, Plan } from "../plan/plan.ts";

/** Thrown when a stage has more partitions than what it reads. */
export class TooManyPartitions extends Error {
  readonly code = "too_many_partitions";
}

/**
 * @param topicPartitions how many partitions a topic has that the plan reads
 * @throws TooManyPartitions
 */
export function checkPartitions(
  plan: Plan,
  topicPartitions: (topic: string) => number,
  firehosePartitions: number,
): void {
  for (const { id, partitions, inputs } of plan.stages) {
    for (const input of inputs) {
      const [what, available] = partitionsIn(input, topicPartitions, firehosePartitions);
      if (partitions <= available) continue;
      const message = `stage ${id} has ${partitions} partitions but ${what} has only ${available}`;
      throw new TooManyPartitions(message);
    }
  }
}

function partitionsIn(
  input: Input,
  topicPartitions: (topic: string) => number,
  firehosePartitions: number,
): [what: string, partitions: number] {
  switch (input.kind) {
    case "firehose":
      return ["the firehose", firehosePartitions];
    case "topic":
      return [`topic ${input.topic}`, topicPartitions(input.topic)];
    case "exchange":
      return ["its exchange", Number.POSITIVE_INFINITY];
  }
}
