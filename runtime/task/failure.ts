// What is known of the failures of a task, and what follows from it: when it is tried again, and which message is
// put aside. Pure; where it is kept is `failure-log.ts`.

import { z } from "zod";

/** After this many failures at one place a task is `failing`, and the message there is poison. */
export const POISON_FAILURES = 4;
/** After this many at a checkpoint, whatever message it was, the task notes each message before it takes it. */
export const CAREFUL_FAILURES = 3;
/** Pause before the next try: this, doubled with every failure in a row. */
export const RETRY_MS_MIN = 500;
export const RETRY_MS_MAX = 15_000;
/** A task that has run for this long since its last try is not failing in a row. */
export const STEADY_MS = 60_000;
/** Of a reason that is kept and shown. */
export const REASON_CHARS_MAX = 1000;

/** Records of one message that are left out each for itself; one more, and the whole message is. */
export const ASIDE_MAX = 200;
const ASIDE_REASON_CHARS_MAX = 200;

/** What a task was doing when it failed. `crash`: nobody knows, its thread is gone. */
export type Phase = "start" | "message" | "advance" | "commit" | "crash";

/** A message of an input of a task. */
export type Place = {
  readonly input: number;
  readonly stream: string;
  readonly subject: string;
  readonly seq: number;
  /** Which of the records in it, from 0; null when that is not known, or it is all one. */
  readonly record: number | null;
};

/** How one try of a task failed. */
export type Fault = {
  readonly phase: Phase;
  /** Null when it is not known, or no message is at fault. */
  readonly place: Place | null;
  readonly reason: string;
  /** The `code` of a typed error. */
  readonly code: string | null;
};

/** A record of a message that was poison, and why. */
export type AsideRecord = { readonly record: number; readonly reason: string };

/** The last failure of a task that it has not got past. */
export type Failure = Fault & {
  /** Whose it is: `deploymentId`. Another version is to try for itself. */
  readonly deployment: string;
  /** The checkpoint that the try began with. */
  readonly checkpointSeq: number;
  /** Failures at this place, and in a row at all. */
  readonly count: number;
  readonly streak: number;
  /** Wall clock: of the first and the last failure here, and not to be tried before. */
  readonly firstMs: number;
  readonly lastMs: number;
  readonly nextTryMs: number;
  /** Records of the same message that are left out too: they were poison before this one was met. */
  readonly aside: readonly AsideRecord[];
  /** The message that is tried just now, by a task that is careful. */
  readonly trying: Place | null;
  /** Somebody has said that the message is to be left out. */
  readonly skip: boolean;
};

/** Thrown for whatever a task threw, with what it was doing. */
export class TaskFault extends Error {
  readonly code: string | null;
  readonly fault: Fault;

  constructor(fault: Fault, options?: ErrorOptions) {
    super(fault.reason, options);
    this.code = fault.code;
    this.fault = fault;
  }
}

/** What is known of an error that ended a task. */
export function faultOf(error: unknown): Fault {
  if (error instanceof TaskFault) return error.fault;
  return { phase: "crash", place: null, reason: reasonOf(error), code: codeOf(error) };
}

/** The text of an error, cut to what is kept. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.slice(0, REASON_CHARS_MAX);
}

export function codeOf(error: unknown): string | null {
  const typed = error instanceof Error && "code" in error && typeof error.code === "string";
  return typed ? String(error.code) : null;
}

/** Errors that say the log is away: they pass by themselves, and nothing could be noted of them. */
const OUTAGES = new Set(["log_unavailable", "nats_unreachable"]);

export function isOutage({ code }: Fault): boolean {
  return code !== null && OUTAGES.has(code);
}

/** What a message is not to blame for, were it the last one tried: then it takes somebody to say so. */
const SHORTAGES = new Set(["thread_out_of_memory", "state_too_large"]);

/** Kinds of failures, for a counter. */
export type FaultKind = Phase | "memory" | "state" | "log";

export function kindOf(fault: Fault): FaultKind {
  if (isOutage(fault)) return "log";
  if (fault.code === "thread_out_of_memory") return "memory";
  return fault.code === "state_too_large" ? "state" : fault.phase;
}

/** Whether the task has failed so often at one place that another try alone is not worth waiting for. */
export function isFailing({ count }: Failure): boolean {
  return count >= POISON_FAILURES;
}

/** Whether the message of the place can be left out. Windows that do not close are in no message. */
export function isSkippable({ place, phase }: Failure): boolean {
  return place !== null && phase !== "advance" && phase !== "start";
}

/** Whether the next try is to put the message aside. */
export function isPoison(failure: Failure, policy: "stop" | "dead_letter"): boolean {
  if (!isSkippable(failure)) return false;
  if (failure.skip) return true;
  const isShortage = failure.code !== null && SHORTAGES.has(failure.code);
  return policy === "dead_letter" && isFailing(failure) && !isShortage;
}

/** Whether a task that has committed up to there is past the place. */
export function isPast(
  { place, checkpointSeq }: Failure,
  checkpoint: { readonly seq: number; readonly inSeqs: readonly number[]; readonly busy: boolean },
): boolean {
  if (place === null) return checkpoint.seq !== checkpointSeq;
  const inSeq = checkpoint.inSeqs[place.input] ?? 0;
  return inSeq > place.seq || (inSeq === place.seq && !checkpoint.busy);
}

/** Whether it is not told which message is at fault, though one may be. */
function isUnplaced({ phase }: Fault): boolean {
  return phase === "commit" || phase === "crash";
}

/**
 * Whether the next try is to note each message before it takes it, and to commit it alone: so it gets known which
 * message is at fault, or that none is.
 */
export function isCareful(failure: Failure): boolean {
  if (!isUnplaced(failure) || failure.code === "state_too_large") return false;
  return failure.place !== null || failure.count >= CAREFUL_FAILURES;
}

/** Where and when a try failed. */
export type Instance = {
  readonly deployment: string;
  readonly checkpointSeq: number;
  readonly nowMs: number;
  readonly policy: "stop" | "dead_letter";
};

/** What is known after another failure. @param before what was known; null when nothing, or it is past */
export function nextFailure(
  before: Failure | null,
  fault: Fault,
  { deployment, checkpointSeq, nowMs, policy }: Instance,
): Failure {
  const told = placed(fault, before, checkpointSeq);
  const isRow = before !== null && nowMs < before.nextTryMs + STEADY_MS;
  const streak = isRow ? before.streak + 1 : 1;
  const same = before !== null && isSamePlace(before, told, checkpointSeq);
  const aside = asideAfter(before, told, policy);
  const isNext = aside.length > (before?.aside.length ?? 0);
  const first = isNext ? POISON_FAILURES - 1 : 1;
  return {
    ...told,
    deployment,
    checkpointSeq,
    count: same ? before.count + 1 : first,
    streak,
    firstMs: same ? before.firstMs : nowMs,
    lastMs: nowMs,
    nextTryMs: nowMs + retryMs(isNext ? 1 : streak),
    aside,
    trying: null,
    skip: same && before.skip,
  };
}

/** Pause after that many failures in a row. */
export function retryMs(streak: number): number {
  return Math.min(RETRY_MS_MIN * 2 ** Math.min(streak - 1, 10), RETRY_MS_MAX);
}

/** The fault with its place as far as it can be told by what was noted before. */
function placed(fault: Fault, before: Failure | null, checkpointSeq: number): Fault {
  if (fault.place === null) {
    if (!isUnplaced(fault) || before?.checkpointSeq !== checkpointSeq) return fault;
    const place = before.trying ?? before.place;
    return place === null ? fault : { ...fault, place };
  }
  if (before?.place == null || !isSameMessage(before.place, fault.place)) return fault;
  // A record that is left out already cannot have failed again: it is the message as a whole.
  const { record } = fault.place;
  const isWhole =
    before.aside.length >= ASIDE_MAX || before.aside.some((one) => one.record === record);
  return isWhole ? { ...fault, place: { ...fault.place, record: null } } : fault;
}

function isSamePlace(before: Failure, { place }: Fault, checkpointSeq: number): boolean {
  if (place === null || before.place === null) {
    return before.place === place && before.checkpointSeq === checkpointSeq;
  }
  if (!isSameMessage(before.place, place)) return false;
  return (
    before.place.record === null || place.record === null || before.place.record === place.record
  );
}

export function isSameMessage(a: Place | null, b: Place | null): boolean {
  return a !== null && b !== null && a.input === b.input && a.seq === b.seq;
}

/** Records of the message that are to be left out besides the one that failed now. */
function asideAfter(
  before: Failure | null,
  { place }: Fault,
  policy: Instance["policy"],
): readonly AsideRecord[] {
  if (before?.place == null || place === null || !isSameMessage(before.place, place)) return [];
  const { record } = before.place;
  if (record === null || record === place.record || !isPoison(before, policy)) return before.aside;
  if (before.aside.some((one) => one.record === record)) return before.aside;
  const reason = before.reason.slice(0, ASIDE_REASON_CHARS_MAX);
  return [...before.aside, { record, reason }];
}

/** `FPL_0:812`: what `fpaas skip --at` takes. */
export function placeText({ stream, seq }: Place): string {
  return `${stream}:${seq}`;
}

/** Where a task fails, for people. */
export function whereText({ place, phase }: Fault): string {
  if (place === null) return WORK[phase];
  const record = place.record === null ? "" : `, record ${place.record + 1}`;
  const work = phase === "message" ? "" : ` ${WORK[phase]}`;
  return `at ${placeText(place)}${record} (${place.subject})${work}`;
}

const WORK: Readonly<Record<Phase, string>> = {
  start: "at its start",
  message: "in a message",
  advance: "while windows close",
  commit: "in its commit",
  crash: "as its thread ended",
};

const placeSchema: z.ZodType<Place> = z.object({
  input: z.number(),
  stream: z.string(),
  subject: z.string(),
  seq: z.number(),
  record: z.number().nullable(),
});

const failureSchema: z.ZodType<Failure> = z.object({
  phase: z.enum(["start", "message", "advance", "commit", "crash"]),
  place: placeSchema.nullable(),
  reason: z.string(),
  code: z.string().nullable(),
  deployment: z.string(),
  checkpointSeq: z.number(),
  count: z.number(),
  streak: z.number(),
  firstMs: z.number(),
  lastMs: z.number(),
  nextTryMs: z.number(),
  aside: z.array(z.object({ record: z.number(), reason: z.string() })),
  trying: placeSchema.nullable(),
  skip: z.boolean(),
});

export function encodeFailure(failure: Failure): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(failure));
}

/** Null when it is none that this release understands: the task is tried as if it had not failed. */
export function decodeFailure(bytes: Uint8Array): Failure | null {
  try {
    const found = failureSchema.safeParse(JSON.parse(new TextDecoder().decode(bytes)));
    return found.success ? found.data : null;
  } catch {
    return null;
  }
}
