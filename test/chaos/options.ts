// What a chaos run is told.

export type ChaosOptions = {
  readonly minutes: number;
  readonly faults: number;
  readonly seed: number;
  readonly framesPerSecond: number;
  /** For the logs of all processes. */
  readonly folder: string;
};
