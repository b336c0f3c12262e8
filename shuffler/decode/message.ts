// What a frame says once decoded: the input of routing, whatever source it came from.

import type { EventOp } from "../../plan/event.ts";
import type { Rejected } from "./rejection.ts";

export type DecodedMessage =
  | CommitMessage
  | SyncMessage
  | IdentityMessage
  | AccountMessage
  | InfoMessage
  | ErrorMessage
  | Rejected;

/** What every sequenced message carries. */
type Sequenced = {
  readonly did: string;
  readonly seq: number;
  /** The relay's time, milliseconds since the epoch. */
  readonly timeMs: number;
};

/** `#commit`: the operations that are well formed, and why the others are not. */
export type CommitMessage = Sequenced & {
  readonly kind: "commit";
  readonly rev: string;
  readonly ops: readonly CommitOp[];
  readonly rejected: readonly Rejected[];
};

export type CommitOp =
  | (OpPath & {
      readonly action: Exclude<EventOp, "delete">;
      /** Base32 string. */
      readonly cid: string;
      /** The block verbatim: one DAG-CBOR map that was checked; a view into the frame. */
      readonly record: Uint8Array;
      /** Whether the keys of all its maps are in DAG-CBOR order, as they should be. */
      readonly sorted: boolean;
    })
  | (OpPath & { readonly action: "delete" });

type OpPath = { readonly collection: string; readonly rkey: string };

/** `#sync`: the present state of a repo, after something that no commit explains. */
export type SyncMessage = Sequenced & {
  readonly kind: "sync";
  readonly rev: string;
  /** CID of the commit block, base32 string. */
  readonly commitCid: string;
  /** Root of the repo's tree, out of the commit block: a binary CID; null when that is not there. */
  readonly data: Uint8Array | null;
};

export type IdentityMessage = Sequenced & {
  readonly kind: "identity";
  readonly handle: string | null;
};

export type AccountMessage = Sequenced & {
  readonly kind: "account";
  readonly active: boolean;
  readonly status: string | null;
};

/** `#info`: a word of the relay about the stream itself, such as `OutdatedCursor`. */
export type InfoMessage = {
  readonly kind: "info";
  readonly name: string;
  readonly message: string;
};

/** A frame with `op: -1`; the relay closes after it. */
export type ErrorMessage = {
  readonly kind: "error";
  readonly name: string;
  readonly message: string;
};
