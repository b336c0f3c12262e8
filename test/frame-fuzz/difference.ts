// A frame that readers do not agree about.

import type { Readings } from "./ways.ts";

export type Difference = {
  readonly seed: number;
  readonly how: string;
  readonly readings: Readings;
  readonly frame: Uint8Array;
};
