// What every source is: an endless or finite run of items with positions, in batches.

import { basename } from "node:path";
import type { DecodedMessage } from "../decode/message.ts";
import type { RefusedOps } from "../decode/refused-ops.ts";

/**
 * One item of a source. `position` grows from item to item; a source opened `after` a position goes on
 * with the items behind it. A relay's is its seq, a file's the index of the item, from 0.
 */
export type SourceItem = {
  readonly position: number;
  /** The bytes it was made of: what is kept if it is refused. */
  readonly raw: Uint8Array;
  /** The connection of a live source that it came on. */
  readonly session?: Session;
  /** Its time as the shuffler stands for it (`trusted-time/`), milliseconds; without it that which it claims. */
  readonly trustedMs?: number;
} & (
  | {
      /** `raw` is a subscribeRepos frame. */
      readonly kind: "frame";
      /** What verification has refused of it. */
      readonly refused?: RefusedOps;
    }
  /** From a format that has no frames. */
  | { readonly kind: "message"; readonly message: DecodedMessage }
  /** A live source is quiet, and its clock has come to `timeMs`. Not an event: nothing but time. */
  | { readonly kind: "clock"; readonly timeMs: number }
);

/**
 * One connection to a relay. Positions of two hosts do not compare, nor do those of one host that began to
 * count anew: each time it does, its numbering is one greater.
 */
export type Session = {
  readonly host: string;
  readonly numbering: number;
  /** Counts the connections of this process. */
  readonly number: number;
};

export interface Source {
  /** Short name for headers and progress: a host, or a file's name. Visible ASCII. */
  readonly name: string;
  /** Whether items come as they happen, so that a time in the future is wrong and the end never comes. */
  readonly live: boolean;
  /** Batches in order, at most one being made ahead of the reader. Ends when the signal aborts. */
  batches(): AsyncIterable<readonly SourceItem[]>;
  /** Of a source that keeps what it gave: the first so many of all its items are stored. */
  release?(items: number): void;
  /**
   * Of a live source: wall-clock time up to which all that has happened was handed out; null when that is not
   * known, or when something is on its way.
   */
  quietMs?(): number | null;
}

/** Longest name of a source: it stands in a header of every message. */
export const SOURCE_NAME_CHARS_MAX = 128;

/** The name of a source that is a file; what a message header could not carry becomes `_`. */
export function fileSourceName(path: string): string {
  return basename(path)
    .replaceAll(/[^!-~]/g, "_")
    .slice(0, SOURCE_NAME_CHARS_MAX);
}

/** Something a source has to say that is not an event. Every one is to be shown or counted. */
export type SourceNotice =
  | { readonly kind: "connected"; readonly url: string }
  | { readonly kind: "disconnected"; readonly reason: string; readonly retryInMs: number }
  /** Too many failures in a row: the next relay of the list is asked. */
  | { readonly kind: "failover"; readonly from: string; readonly to: string }
  /** The relay does not know our cursor: it counts anew, and we go on by time. */
  | { readonly kind: "cursor-future"; readonly host: string; readonly position: number }
  /** Our cursor is older than what the relay keeps: what lies between is missing. */
  | {
      readonly kind: "cursor-outdated";
      readonly host: string;
      readonly position: number;
      readonly firstSeq: number;
    }
  /** No cursor of this host was to be had: the position of that relay time was looked for. */
  | {
      readonly kind: "resumed-by-time";
      readonly host: string;
      readonly timeMs: number;
      readonly position: number;
    }
  /** The relay left numbers out: so many frames may be missing. Said once, then counted. */
  | {
      readonly kind: "sequence-gap";
      readonly host: string;
      readonly seq: number;
      readonly missedMax: number;
    }
  /** What had been taken for the relay's place is not: going on behind `position`, or by time. */
  | {
      readonly kind: "mark-wrong";
      readonly host: string;
      readonly seq: number;
      readonly position: number | null;
    }
  /** A `#info` message or an error frame of the relay. */
  | { readonly kind: "relay-info" | "relay-error"; readonly name: string; readonly message: string }
  | { readonly kind: "cid-mismatch"; readonly line: number };

/** A source could not be opened or read. `retry` says whether the same may succeed later. */
export class SourceError extends Error {
  readonly code: SourceErrorCode;
  readonly retry = false;

  constructor(code: SourceErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

export type SourceErrorCode =
  /** No such file, or it may not be read. */
  | "source_missing"
  /** Neither a relay URL nor a file ending we know. */
  | "source_unknown"
  /** The file ends inside an item; everything before was delivered. */
  | "source_truncated"
  /** The file is not what its ending says. */
  | "source_corrupt";
