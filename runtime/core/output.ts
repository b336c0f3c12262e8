// Collects the items of a step per target and partition, and cuts them into messages.

import type { Target } from "../../plan/targets.ts";
import { encodeRecord } from "../eval/codec.ts";
import type { RecordValue } from "../eval/values.ts";
import type { OutputMessage } from "./message.ts";

/** A message is closed when its payload reaches this; one larger item still goes out alone. */
export const MESSAGE_BYTES_TARGET = 256 * 1024;

type Pending = { target: Target; partition: number; items: Uint8Array[]; bytes: number };

export class OutputBuffer {
  readonly #pending = new Map<string, Pending>();
  #lastTarget: Target | null = null;
  #lastPending: Pending[] = [];
  #full: OutputMessage[] = [];
  #bytes = 0;
  /** Pending messages with records. */
  #begun = 0;

  /** Bytes and messages waiting to be drained. */
  get bytes(): number {
    return this.#bytes;
  }
  get messages(): number {
    return this.#full.length + this.#begun;
  }

  addRecord(target: Target, partition: number, record: RecordValue): void {
    this.add(target, partition, encodeRecord(record));
  }

  /** `item` is one CBOR item; it must not change afterwards. */
  add(target: Target, partition: number, item: Uint8Array): void {
    const pending = this.#open(target, partition);
    if (pending.items.length === 0) this.#begun += 1;
    pending.items.push(item);
    pending.bytes += item.length;
    this.#bytes += item.length;
    if (pending.bytes >= MESSAGE_BYTES_TARGET) this.#close(pending);
  }

  /** All messages since the last drain; messages of one target and partition in order. */
  drain(): OutputMessage[] {
    for (const pending of this.#pending.values())
      if (pending.items.length > 0) this.#close(pending);
    const messages = this.#full;
    this.#full = [];
    this.#bytes = 0;
    return messages;
  }

  #open(target: Target, partition: number): Pending {
    // An operator sends to one target, always the same object: no name is put together for each record.
    if (target !== this.#lastTarget) {
      this.#lastTarget = target;
      this.#lastPending = [];
    }
    this.#lastPending[partition] ??= this.#find(target, partition);
    return this.#lastPending[partition];
  }

  #find(target: Target, partition: number): Pending {
    const key = `${target.kind}/${target.name}/${partition}`;
    let pending = this.#pending.get(key);
    if (pending === undefined) {
      pending = { target, partition, items: [], bytes: 0 };
      this.#pending.set(key, pending);
    }
    return pending;
  }

  #close(pending: Pending): void {
    this.#full.push({
      target: pending.target,
      partition: pending.partition,
      payload: Buffer.concat(pending.items),
      records: pending.items.length,
    });
    pending.items = [];
    pending.bytes = 0;
    this.#begun -= 1;
  }
}
