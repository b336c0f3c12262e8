// What identifies an operation whose commit stands in a frame as nearly all do, put side by side as bytes. The message
// id is the hash of it (`commitOpId` makes the same of strings), and the event copies its texts from here.
//
//   commit ⏎ did:plc:… ⏎ 3kabcdefghij2 ⏎ app.bsky.feed.post/3kabcdefghij2 ⏎ create ⏎ bafyrei…

import { hash } from "node:crypto";
import { copyWords, wordsOf } from "../bytes/words.ts";
import { knownRun } from "./cbor/writer.ts";
import { CID_BYTES, CID_CHARS, CID_ROOM, writeCidText } from "./decode/cid.ts";
import { PLC_DID_LENGTH, TID_LENGTH } from "./decode/fields.ts";
import type { FrameCommit } from "./decode/frame-commit.ts";
import type { FrameOp } from "./decode/frame-op.ts";
import { TREE_KEY_BYTES_MAX } from "./decode/limits.ts";

const KIND = "commit\n";
const LINE_END = "\n";
/** Where the lines stand, of which only the path is not always so long. */
const DID_AT = KIND.length;
const REV_AT = DID_AT + PLC_DID_LENGTH + LINE_END.length;
const PATH_AT = REV_AT + TID_LENGTH + LINE_END.length;

const ACTION = {
  create: knownRun("\ncreate\n"),
  update: knownRun("\nupdate\n"),
  delete: knownRun("\ndelete\n"),
} as const;

export class FrameOpText {
  /** The text from its beginning. */
  readonly words: DataView;
  readonly didAt = DID_AT;
  readonly revAt = REV_AT;
  readonly collectionAt = PATH_AT;
  collectionEnd = PATH_AT;
  rkeyAt = PATH_AT;
  rkeyEnd = PATH_AT;
  /** Where the CID stands; the text ends there when there is none. */
  cidAt = PATH_AT;
  #end = PATH_AT;
  readonly #text = Buffer.alloc(PATH_AT + TREE_KEY_BYTES_MAX + ACTION.create.length + CID_ROOM);
  /** Its beginnings by their length, as they were needed: to make a view takes as long as to write the text. */
  readonly #beginnings: Buffer[] = [];

  constructor() {
    const { buffer, byteOffset, length } = this.#text;
    this.words = new DataView(buffer, byteOffset, length);
    this.#text.write(KIND, "latin1");
    this.#text.write(LINE_END, REV_AT - LINE_END.length, "latin1");
    this.#text.write(LINE_END, PATH_AT - LINE_END.length, "latin1");
  }

  /** Puts together that of `op`. @param commit its commit, whose texts stand in the frame (`didAt`) */
  set({ frame, didAt, revAt }: FrameCommit, op: FrameOp): void {
    const { words } = this;
    const from = wordsOf(frame);
    const base = frame.byteOffset;
    copyWords(from, base + didAt, base + didAt + PLC_DID_LENGTH, words, DID_AT);
    copyWords(from, base + revAt, base + revAt + TID_LENGTH, words, REV_AT);
    copyWords(from, base + op.collectionAt, base + op.rkeyEnd, words, PATH_AT);
    const shift = PATH_AT - op.collectionAt;
    this.collectionEnd = op.collectionEnd + shift;
    this.rkeyAt = op.rkeyAt + shift;
    this.rkeyEnd = op.rkeyEnd + shift;
    const action = ACTION[op.action];
    this.cidAt = this.rkeyEnd + action.length;
    for (let i = 0; i < action.words.length; i += 1) {
      words.setInt32(this.rkeyEnd + i * Int32Array.BYTES_PER_ELEMENT, action.words[i] ?? 0, true);
    }
    this.#end = this.cidAt;
    if (op.action === "delete") return;
    writeCidText(words, this.cidAt, frame, op.cidAt, op.cidAt + CID_BYTES);
    this.#end += CID_CHARS;
  }

  /** The message id. */
  id(): string {
    return hash("sha256", this.#beginning(this.#end), "base64url");
  }

  #beginning(length: number): Buffer {
    const known = this.#beginnings[length];
    if (known !== undefined) return known;
    const made = this.#text.subarray(0, length);
    this.#beginnings[length] = made;
    return made;
  }
}
