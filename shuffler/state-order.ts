// Tells an event that repeats a state from a repetition of one event, for `#account` and `#identity`: they have no
// revision, so several of an account may say the same in one millisecond.
//
//   seq       1         2       3         1         2       3            (read again)
//   state     inactive  active  inactive  inactive  active  inactive     all of one millisecond
//   ordinal   0         0       1         0         0       1
//
// The ordinal counts how often the account was in that state before within the millisecond. It depends on no relay's
// numbers, only on the order, which is the same at each. Who begins in the middle counts less, and so comes to ids that
// are stored already by whoever began earlier: nothing is stored twice for it.
//
// A state that is much older than the account's latest is none any more. It is not published, however it came.

import type { AccountMessage, IdentityMessage } from "./decode/message.ts";
import { RecentMap } from "./recent-map.ts";

/** Accounts remembered; the one that has been silent for longest is forgotten. */
export const STATES_MAX = 100_000;
/** States of one millisecond that are told apart; further ones are taken for the last. */
export const STATES_OF_ONE_MS_MAX = 64;
/**
 * How far behind an account's latest state another may be, by its own time and by when it comes, and still count: as
 * far as clocks that are set right step back. What comes again within it the log knows by its id.
 */
export const STATE_BACK_MS_MAX = 60_000;

export type StateMessage = AccountMessage | IdentityMessage;

/** Where a state comes from, and when. */
export type StateOrigin = {
  /** Within one of these seqs compare; empty for a file. */
  readonly numbering: string;
  /** Time by the stream's clock, which never runs back, milliseconds. */
  readonly arrivedMs: number;
};

export type StateVerdict =
  | { readonly kind: "fresh"; readonly ordinal: number }
  /** A later state of the account is known. */
  | { readonly kind: "superseded" };

const SUPERSEDED: StateVerdict = { kind: "superseded" };

type State = { readonly seq: number; readonly content: string; readonly ordinal: number };

/** The states of one millisecond, as one numbering gave them. */
type Burst = { readonly timeMs: number; readonly numbering: string; readonly states: State[] };

/** What is known of an account by one kind of message: its latest state's time, when that came, and the last burst. */
type Known = { latestMs: number; arrivedMs: number; burst: Burst | null };
type Account = { account: Known; identity: Known };

export class StateOrder {
  readonly #accounts: RecentMap<Account>;

  constructor(accountsMax = STATES_MAX) {
    this.#accounts = new RecentMap(accountsMax, () => ({
      account: unknown(),
      identity: unknown(),
    }));
  }

  /** What to do with the next state. */
  take(message: StateMessage, origin: StateOrigin): StateVerdict {
    const account = this.#accounts.get(message.did);
    const known = account[message.kind];
    // A claim ahead of the clock is none to outdo: the host may be put right.
    const timeMs = Math.min(message.timeMs, origin.arrivedMs);
    if (isSuperseded(known, timeMs, origin.arrivedMs) && !isNext(known, timeMs, message, origin)) {
      return SUPERSEDED;
    }
    const ordinal = ordinalIn(burstOf(account, message, origin.numbering), message);
    if (timeMs > known.latestMs) {
      known.latestMs = timeMs;
      known.arrivedMs = origin.arrivedMs;
    }
    return { kind: "fresh", ordinal };
  }
}

function unknown(): Known {
  const never = Number.NEGATIVE_INFINITY;
  return { latestMs: never, arrivedMs: never, burst: null };
}

function isSuperseded(known: Known, timeMs: number, arrivedMs: number): boolean {
  if (timeMs > known.latestMs) return false;
  const isLongAgo = arrivedMs - known.arrivedMs > STATE_BACK_MS_MAX;
  return isLongAgo || known.latestMs - timeMs > STATE_BACK_MS_MAX;
}

/** Whether it is another state behind the latest, under the same numbers and of the same time: hosts may say one for both. */
function isNext(
  { latestMs, burst }: Known,
  timeMs: number,
  message: StateMessage,
  { numbering }: StateOrigin,
): boolean {
  if (timeMs !== latestMs || burst === null || burst.numbering !== numbering) return false;
  const last = burst.states.at(-1);
  return last !== undefined && message.seq > last.seq && contentOf(message) !== last.content;
}

/** The burst that a state belongs to, begun if it is another than the last. */
function burstOf(account: Account, message: StateMessage, numbering: string): Burst {
  const known = account[message.kind];
  const { burst } = known;
  const isSame = burst !== null && burst.timeMs === message.timeMs;
  if (isSame && burst.numbering === numbering && !isReadAgain(account, message)) return burst;
  // Another relay, or the same again, tells the account's story from some place on: all is counted from there.
  if (burst !== null && message.timeMs <= burst.timeMs) forgetBursts(account);
  const begun = { timeMs: message.timeMs, numbering, states: [] };
  known.burst = begun;
  return begun;
}

function forgetBursts(account: Account): void {
  account.account.burst = null;
  account.identity.burst = null;
}

/** Whether the account's other kind of message is past this one's time, under the same numbers. */
function isReadAgain({ account, identity }: Account, { kind, timeMs }: StateMessage): boolean {
  const other = kind === "account" ? identity.burst : account.burst;
  const own = kind === "account" ? account.burst : identity.burst;
  if (other === null || own === null || other.numbering !== own.numbering) return false;
  const lastOf = ({ states }: Burst) => states.at(-1)?.seq ?? -1;
  return other.timeMs > timeMs && lastOf(other) > lastOf(own);
}

function ordinalIn({ states }: Burst, message: StateMessage): number {
  const content = contentOf(message);
  const same = states.find((one) => one.seq === message.seq && one.content === content);
  if (same !== undefined) return same.ordinal;
  const last = states.at(-1);
  if (last?.content === content) return last.ordinal; // To be told twice in a row changes nothing.
  if (last !== undefined && message.seq < last.seq) states.length = 0;
  if (states.length >= STATES_OF_ONE_MS_MAX) return last?.ordinal ?? 0;
  const ordinal = states.filter((one) => one.content === content).length;
  states.push({ seq: message.seq, content, ordinal });
  return ordinal;
}

function contentOf(message: StateMessage): string {
  if (message.kind === "identity") return message.handle ?? "";
  return `${message.active} ${message.status ?? ""}`;
}
