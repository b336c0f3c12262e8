// From a frame to what it says. Spec: atproto.com/specs/event-stream and com.atproto.sync.subscribeRepos.

import { bufferOf, CborCursor } from "../cbor/cursor.ts";
import { CID_BYTES, cidToString, isThisCidAt } from "./cid.ts";
import { checkedCommit, readCommit } from "./commit.ts";
import { eachField, requireFields } from "./each-field.ts";
import { CommonFields, HANDLE, openCar, optionalText } from "./fields.ts";
import { FrameCommit } from "./frame-commit.ts";
import { FRAME_BYTES_MAX, STATUS_CHARS_MAX } from "./limits.ts";
import type {
  AccountMessage,
  DecodedMessage,
  ErrorMessage,
  IdentityMessage,
  InfoMessage,
  SyncMessage,
} from "./message.ts";
import { prefetch } from "./prefetch.ts";
import { catchMalformed, Malformed } from "./rejection.ts";
import { treeRootAt } from "./tree-root.ts";
import { readUsualCommit } from "./usual-commit.ts";

/** `op` of a message and of an error. */
const OP_MESSAGE = 1;
const OP_ERROR = -1;

/**
 * Decodes one subscribeRepos frame. Never throws: whatever is wrong with it comes back as `rejected`.
 * Records are views into `frame`. Legacy and unknown fields are ignored.
 */
export function decodeFrame(frame: Uint8Array): DecodedMessage {
  return catchMalformed(() => readFrame(frame));
}

/** Types of message that have a place in a relay's numbering. */
const SEQUENCED: ReadonlySet<string> = new Set(["#commit", "#sync", "#identity", "#account"]);

/** What a frame says of its place: `isKnown` when it is of a type that we read. */
export type Sequence = { readonly seq: number; readonly isKnown: boolean };

/** The `seq` of a frame without decoding the rest; null when it has none or is malformed. */
export function peekSequence(frame: Uint8Array): Sequence | null {
  const found = catchMalformed(() => {
    const cursor = new CborCursor(frame, "bad_frame");
    const { op, type } = readHeader(cursor);
    let seq = -1;
    eachField(cursor, (key) => {
      if (key === "seq") seq = cursor.integer();
      else cursor.skip();
    });
    return { kind: "found" as const, seq, isKnown: op === OP_MESSAGE && SEQUENCED.has(type) };
  });
  return found.kind === "found" && found.seq >= 0 ? found : null;
}

function readFrame(frame: Uint8Array): DecodedMessage {
  const message = readUnchecked(frame);
  return message instanceof FrameCommit ? checkedCommit(message) : message;
}

/**
 * What a frame says, with all operations of a commit as they stand there: neither they nor their blocks are checked, nor
 * is a commit's CAR. For whoever verifies: what is then published is read by the same lines.
 * @throws Malformed
 */
export function readUnchecked(frame: Uint8Array): DecodedMessage {
  if (frame.length > FRAME_BYTES_MAX) {
    throw new Malformed("oversize_frame", `${frame.length} bytes`);
  }
  const bytes = bufferOf(frame);
  prefetch(bytes);
  const usual = readUsualCommit(bytes);
  if (usual !== null) return usual;
  const cursor = new CborCursor(bytes, "bad_frame");
  const header = readHeader(cursor);
  const message = readBody(cursor, header);
  if (message.kind !== "rejected") cursor.assertEnd();
  return message;
}

type Header = { op: number; type: string };

function readHeader(cursor: CborCursor): Header {
  const header: Header = { op: 0, type: "" };
  eachField(cursor, (key) => {
    if (key === "op") header.op = cursor.integer();
    else if (key === "t") header.type = cursor.name();
    else cursor.skip();
  });
  return header;
}

function readBody(cursor: CborCursor, header: Header): DecodedMessage {
  if (header.op === OP_ERROR) return readError(cursor);
  if (header.op !== OP_MESSAGE) throw new Malformed("bad_header", `op ${header.op}`);
  switch (header.type) {
    case "#commit":
      return readCommit(cursor);
    case "#sync":
      return readSync(cursor);
    case "#identity":
      return readIdentity(cursor);
    case "#account":
      return readAccount(cursor);
    case "#info":
      return readInfo(cursor);
    default:
      throw new Malformed("unknown_type", `type of ${header.type.length} characters`);
  }
}

function readSync(cursor: CborCursor): SyncMessage {
  const fields = new CommonFields(["did", "seq", "time", "rev", "blocks"]);
  eachField(cursor, (key) => {
    if (!fields.take(key, cursor)) cursor.skip();
  });
  const timeMs = fields.checkedTimeMs();
  const { did, seq, blocksAt, blocksEnd } = fields;
  const rev = fields.checkedRev();
  const { bytes } = cursor;
  if (blocksAt < 0) throw new Malformed("bad_car", "a sync without blocks");
  const car = openCar(bytes, blocksAt, blocksEnd);
  let dataAt = -1;
  let hasRoot = false;
  while (car.next()) {
    if (hasRoot || !isThisCidAt(car.root, bytes, car.cidAt)) continue;
    hasRoot = true;
    dataAt = treeRootAt(bytes, car.start, car.end);
  }
  const data = dataAt < 0 ? null : bytes.subarray(dataAt, dataAt + CID_BYTES);
  return { kind: "sync", did, seq, timeMs, rev, commitCid: cidToString(car.root), data };
}

function readIdentity(cursor: CborCursor): IdentityMessage {
  const fields = new CommonFields(["did", "seq", "time"]);
  let handle: string | null = null;
  eachField(cursor, (key) => {
    if (key === "handle") handle = optionalText(cursor);
    else if (!fields.take(key, cursor)) cursor.skip();
  });
  const timeMs = fields.checkedTimeMs();
  const { did, seq } = fields;
  if (handle !== null && !HANDLE.test(handle)) throw new Malformed("bad_handle", "not a handle");
  return { kind: "identity", did, seq, timeMs, handle };
}

function readAccount(cursor: CborCursor): AccountMessage {
  const fields = new CommonFields(["did", "seq", "time"]);
  let active: boolean | null = null;
  let status: string | null = null as string | null; // assigned in the callback
  eachField(cursor, (key) => {
    if (key === "active") active = cursor.boolean();
    else if (key === "status") status = optionalText(cursor);
    else if (!fields.take(key, cursor)) cursor.skip();
  });
  const timeMs = fields.checkedTimeMs();
  const { did, seq } = fields;
  if (status !== null && status.length > STATUS_CHARS_MAX) {
    throw new Malformed("bad_frame", `status of ${status.length} characters`);
  }
  if (active === null) throw new Malformed("bad_frame", "an account message without `active`");
  return { kind: "account", did, seq, timeMs, active, status };
}

function readInfo(cursor: CborCursor): InfoMessage {
  let name = "";
  let message = "";
  const keys = eachField(cursor, (key) => {
    if (key === "name") name = cursor.text();
    else if (key === "message") message = optionalText(cursor) ?? "";
    else cursor.skip();
  });
  requireFields(cursor, keys, ["name"]);
  return { kind: "info", name, message };
}

function readError(cursor: CborCursor): ErrorMessage {
  let name = "";
  let message = "";
  const keys = eachField(cursor, (key) => {
    if (key === "error") name = cursor.text();
    else if (key === "message") message = optionalText(cursor) ?? "";
    else cursor.skip();
  });
  requireFields(cursor, keys, ["error"]);
  return { kind: "error", name, message };
}
