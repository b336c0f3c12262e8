// Named places at which a process may die. A test ends it at exactly one of them and starts it again; in
// production nothing happens there.

/** The places, in the order in which a pipeline meets them. */
export const CRASH_POINTS = [
  // A deploy: `deploy.ts`, `lifecycle/handover.ts`.
  "topics claimed, plan not put",
  "plan put, nothing handed over",
  "task fenced",
  "handover fenced, plan not written",
  "first checkpoint made",
  "handed over, topics not cleared",
  "readers told, plan not to be run",
  "plan to be run, old version not deleted",
  "old version half deleted",
  // A delete.
  "delete announced, nothing fenced",
  "fenced for good, nothing deleted",
  "messages deleted, topics not released",
  "topics released, plan not deleted",
  // A worker.
  "deployment seen, tasks not started",
  "task started",
  "task ended",
  // A task begins.
  "checkpoint read",
  "state half loaded",
  "state loaded",
  // A task steps and commits.
  "advance in the middle",
  "before commit",
  "commit half staged",
  "commit staged, not made to count",
  "commit sent, answer lost",
  "state base half written",
  "epoch switched, old one not purged",
  "old epoch purged",
  // A task deletes what it does not need.
  "before sweep",
  "checkpoints swept, input not",
] as const;

/** The places in a commit to NATS, where the commits of several tasks go together. */
export const NATS_CRASH_POINTS = [
  "group to be sent",
  "group sent, answer lost",
  "lone commit to be sent",
  "lone commit sent, answer lost",
] as const;

export type CrashPoint = (typeof CRASH_POINTS | typeof NATS_CRASH_POINTS)[number];

/** Is told of every place that is reached. It never throws: a process that dies loses its ports. */
export interface CrashPoints {
  at(point: CrashPoint): void;
}

export const NO_CRASH_POINTS: CrashPoints = { at: () => undefined };
