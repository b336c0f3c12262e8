// The subjects of commits, made once for each partition and collection: one that is put together for every
// message takes four objects, and as many more characters when it is sent.

import type { EventOp } from "../plan/event.ts";
import { commitSubject } from "../plan/names.ts";

/** Collections remembered for each partition; a few hundred make up nearly all of the firehose. */
export const COLLECTIONS_MAX = 1000;

type OfCollection = Readonly<Record<EventOp, string>>;

export class CommitSubjects {
  readonly #known: readonly Map<string, OfCollection>[];

  constructor(partitions: number) {
    this.#known = Array.from({ length: partitions }, () => new Map());
  }

  of(partition: number, op: EventOp, collection: string): string {
    const known = this.#known[partition]?.get(collection);
    return (known ?? this.#add(partition, collection))[op];
  }

  #add(partition: number, collection: string): OfCollection {
    const subject = (op: EventOp): string => commitSubject(partition, op, collection);
    const added = {
      create: subject("create"),
      update: subject("update"),
      delete: subject("delete"),
    };
    const known = this.#known[partition];
    if (known !== undefined && known.size >= COLLECTIONS_MAX) known.clear();
    known?.set(collection, added);
    return added;
  }
}
