// Where a source is read from that nobody has read yet.

import type { Deployment } from "../../plan/deployment.ts";
import { bucketStream, FIREHOSE_STREAM } from "../../plan/names.ts";
import type { Input, Start } from "../../plan/plan.ts";
import { assert } from "../core/assert.ts";
import type { Log } from "../ports.ts";

/** The first sequence to read of the stream that `input` stands in. */
export async function startSeqOf(
  input: Exclude<Input, { kind: "exchange" }>,
  start: Start,
  { topics }: Pick<Deployment, "topics">,
  log: Log,
): Promise<number> {
  const topic = input.kind === "topic" ? topics[input.topic] : undefined;
  const stream = topic === undefined ? FIREHOSE_STREAM : bucketStream(topic.owner.bucket);
  assert(start.at !== "default", "what the default is was decided at deploy");
  switch (start.at) {
    case "first":
      return 1;
    case "new":
      return (await log.lastSeq(stream)) + 1;
    case "time":
      return await log.seqAtTime(stream, start.ms);
  }
}
