// What one piece of work may leave to be drained, so that it fits one commit.

import { VALUE_BYTES_MAX } from "../eval/cbor-encode.ts";
import { COMBINER, type CombinerLimits } from "./operators/combiner.ts";
import type { OutputLimits } from "./output.ts";

export type DrainLimits = OutputLimits & {
  /** Each may have changed an entry of state. */
  readonly pieces: number;
  /** Of each exchange. */
  readonly combiner: CombinerLimits;
};

export const DRAIN: DrainLimits = {
  bytes: 2 * 1024 * 1024,
  messages: 400,
  messageBytes: VALUE_BYTES_MAX,
  pieces: 20_000,
  combiner: COMBINER,
};

/** Every server that we work with takes so much (`MAX_PAYLOAD_MIN`); tests cut all else in smaller parts. */
const TOPIC_MESSAGE_BYTES_MIN = 32 * 1024;

/**
 * The limits of a stage whose output goes to a log: a record of a topic is never cut in parts, and has to fit a message.
 * @param messageBytesMax of the log
 */
export function drainFor(messageBytesMax: number, drain: DrainLimits): DrainLimits {
  const messageBytes = Math.max(messageBytesMax, TOPIC_MESSAGE_BYTES_MIN);
  return { ...drain, messageBytes: Math.min(drain.messageBytes, messageBytes) };
}
