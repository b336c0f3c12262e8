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
