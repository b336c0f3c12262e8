// Collects the items of a step per target and partition, and cuts them into messages.

import type { Target } from "../../plan/targets.ts";
import { CborWriter } from "../eval/cbor-encode.ts";
import { EvaluationError } from "../eval/eval-error.ts";
import { ORDER_BYTES_TARGET, OrderWriter, type Position } from "../eval/order-header.ts";
import { assert } from "./assert.ts";
import type { OutputMessage } from "./message.ts";

/** A message is closed when its payload reaches this; one larger item still goes out alone. */
export const MESSAGE_BYTES_TARGET = 256 * 1024;

/** How much of output may gather between two drains, and how large its messages may be. */
export type OutputLimits = {
  /** With so much, or so many messages, what is under way pauses to be drained. */
  readonly bytes: number;
  readonly messages: number;
  /** Payload of a message of a topic. Those of an exchange may be larger: the log cuts them in parts. */
  readonly messageBytes: number;
};

const START_BYTES = 1024;

/** Gathers what it adds to the output only when that is drained. */
export interface Gathering {
  /** What it holds, at least in bytes and at most in messages. */
  readonly bytes: number;
  readonly messages: number;
  flush(): void;
}

/** Items are written one behind the other, so that none is an object of its own, nor copied. */
type Pending = {
  readonly target: Target;
  readonly partition: number;
  readonly writer: CborWriter;
  /** Bytes of the items that are in it; what else is in `writer` is one that was begun. */
  length: number;
  records: number;
  /** Of the records of a topic. */
  readonly orders: OrderWriter;
};

export class OutputBuffer {
  readonly #pending = new Map<string, Pending>();
  #lastTarget: Target | null = null;
  #lastPending: Pending[] = [];
  #last: Pending | null = null;
  #full: OutputMessage[] = [];
  #bytes = 0;
  /** Pending messages with records. */
  #begun = 0;
  readonly #gatherings: Gathering[] = [];
  readonly #bytesMax: number;
  readonly #messagesMax: number;
  readonly #messageBytesMax: number;

  constructor({ bytes, messages, messageBytes }: OutputLimits) {
    this.#bytesMax = bytes;
    this.#messagesMax = messages;
    this.#messageBytesMax = messageBytes;
  }

  /** Whether what is under way is to pause, leaving aside what others gather, which is little. */
  get isFull(): boolean {
    return this.#bytes >= this.#bytesMax || this.#full.length + this.#begun >= this.#messagesMax;
  }

  /** Bytes and messages waiting to be drained. */
  get bytes(): number {
    return this.#gatherings.reduce((sum, one) => sum + one.bytes, this.#bytes);
  }
  get messages(): number {
    const begun = this.#full.length + this.#begun;
    return this.#gatherings.reduce((sum, one) => sum + one.messages, begun);
  }

  /** From now on what `one` holds waits here too. */
  include(one: Gathering): void {
    this.#gatherings.push(one);
  }

  /** Where the next CBOR item of a partition is to be written; it counts once it is added, and else was never begun. */
  begin(target: Target, partition: number): CborWriter {
    const pending = this.#open(target, partition);
    this.#last = pending;
    pending.writer.resumeAt(pending.length);
    return pending.writer;
  }

  /**
   * Adds the item that was begun last. @param order of a record of a topic; null: it is a row, which says its order
   * itself @param timeMs of the record, NaN when it has none
   * @throws EvaluationError when a record of a topic is larger than a message: it was never begun then
   */
  add(order: Position | null, timeMs: number): void {
    const pending = this.#last;
    assert(pending !== null, "an item is added that was not begun");
    if (order !== null && pending.writer.length > this.#messageBytesMax) this.#fit(pending);
    const { length } = pending.writer;
    if (pending.records === 0) this.#begun += 1;
    this.#bytes += length - pending.length;
    pending.length = length;
    pending.records += 1;
    if (order !== null) pending.orders.add(order, timeMs);
    if (length < MESSAGE_BYTES_TARGET && pending.orders.length < ORDER_BYTES_TARGET) return;
    this.#close(pending);
  }

  /** All messages since the last drain; messages of one target and partition in order. */
  drain(): OutputMessage[] {
    for (const one of this.#gatherings) one.flush();
    for (const pending of this.#pending.values()) if (pending.records > 0) this.#close(pending);
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
      const writer = new CborWriter(START_BYTES);
      const orders = new OrderWriter();
      pending = { target, partition, writer, length: 0, records: 0, orders };
      this.#pending.set(key, pending);
    }
    return pending;
  }

  /** Lets an item for which its message has no room begin one of its own. */
  #fit(pending: Pending): void {
    const bytes = pending.writer.length - pending.length;
    const messageBytes = this.#messageBytesMax;
    if (bytes > messageBytes) {
      throw new EvaluationError(
        "value too large",
        `${bytes} bytes of CBOR; a message of a topic has at most ${messageBytes}`,
      );
    }
    this.#close(pending);
  }

  /** What was begun behind the items that are in it begins the next one. */
  #close(pending: Pending): void {
    const { target, partition, writer, length, records, orders } = pending;
    const payload = writer.takeFirst(length);
    this.#full.push({ target, partition, payload, records, order: orders.take() });
    pending.length = 0;
    pending.records = 0;
    this.#begun -= 1;
  }
}
