// Files of Jetstream events, one JSON object a line, plain or compressed.

import { CborWriter } from "../cbor/writer.ts";
import { FRAME_BYTES_MAX } from "../decode/limits.ts";
import { rejected } from "../decode/rejection.ts";
import { fileBytes } from "./file-bytes.ts";
import { parseJetstreamLine } from "./jetstream-event.ts";
import { type Line, linesOf } from "./lines.ts";
import {
  fileSourceName,
  type Source,
  SourceError,
  type SourceItem,
  type SourceNotice,
} from "./source.ts";

const EMPTY = Buffer.alloc(0);

/**
 * A Jetstream file as a source; positions are line numbers from 1, seq is the event's `time_us`. A line
 * that is no event is refused with its number and the rest goes on; blank lines are nothing.
 * @param after position to go on behind; null for the start.
 * @param bytes what is in it, not compressed
 */
export function openJetstream(
  path: string,
  after: number | null,
  onNotice: (notice: SourceNotice) => void,
  bytes: () => AsyncIterable<Buffer> = () => fileBytes(path),
): Source {
  return {
    name: fileSourceName(path),
    live: false,
    batches: () => readBatches(path, bytes(), after ?? 0, onNotice),
  };
}

async function* readBatches(
  path: string,
  bytes: AsyncIterable<Buffer>,
  after: number,
  onNotice: (notice: SourceNotice) => void,
): AsyncGenerator<SourceItem[]> {
  const writer = new CborWriter();
  for await (const lines of linesOf(bytes, FRAME_BYTES_MAX)) {
    const wanted = lines.filter((line) => line.number > after && !isBlank(line));
    const items = wanted.map((line) => itemOf(line, writer, onNotice));
    const last = wanted.at(-1);
    if (last !== undefined && isCut(last, items.at(-1))) {
      // A line feed is all that could end it, so it came alone.
      throw new SourceError(
        "source_truncated",
        `${path} is cut off inside line ${last.number}; the lines before it are whole`,
      );
    }
    if (items.length > 0) yield items;
  }
}

/** Whether the file ends inside of an object. */
function isCut({ bytes, ended }: Line, item: SourceItem | undefined): boolean {
  if (ended || bytes === null || item?.kind !== "message") return false;
  const isWrong = item.message.kind === "rejected" && item.message.reason === "bad_line";
  return isWrong && bytes.toString("latin1").trimStart().startsWith("{") && !isJson(bytes);
}

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString());
    return true;
  } catch {
    return false; // Which is all that is asked.
  }
}

function itemOf(
  line: Line,
  writer: CborWriter,
  onNotice: (notice: SourceNotice) => void,
): SourceItem {
  const where = `line ${line.number}`;
  if (line.bytes === null) {
    const message = rejected("oversize_frame", `${where} is over ${FRAME_BYTES_MAX} bytes`);
    return { kind: "message", position: line.number, raw: EMPTY, message };
  }
  const { message, cidMismatch } = parseJetstreamLine(line.bytes, writer, where);
  if (cidMismatch) onNotice({ kind: "cid-mismatch", line: line.number });
  if (message.kind === "info" || message.kind === "error") {
    onNotice({ kind: `relay-${message.kind}`, name: message.name, message: message.message });
  }
  return { kind: "message", position: line.number, raw: line.bytes, message };
}

function isBlank(line: Line): boolean {
  return line.bytes !== null && line.bytes.toString("latin1").trim() === "";
}
