// What is known about which events a record can be: the source's arguments, narrowed by filters.

import type { EventKind, EventOp } from "../../plan/event.ts";

/** An event is of one of `kinds`; a commit has one of `ops`, on one of `collections`. */
export type EventSpec = {
  readonly kinds: readonly EventKind[];
  readonly ops: readonly EventOp[];
  /** NSIDs and patterns such as `app.bsky.feed.*`; empty is all. */
  readonly collections: readonly string[];
};
