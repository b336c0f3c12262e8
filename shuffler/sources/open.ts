// From what the user wrote after `--from` to a source.

import { statSync } from "node:fs";
import type { Readable } from "node:stream";
import { addAbortSignal } from "node:stream";
import { fileBytes, headOf, peek, plainBytes } from "./file-bytes.ts";
import { type Format, formatOfContent, formatOfEnding } from "./format.ts";
import { openJetstream } from "./jetstream.ts";
import { openRecording } from "./recording.ts";
import { openRelay, type RelayOptions } from "./relay.ts";
import { openRepo } from "./repo.ts";
import { fileSourceName, type Source, SourceError } from "./source.ts";

export type OpenOptions = RelayOptions & {
  /** Of a file: the position to go on behind; null for its start. */
  readonly after: number | null;
  /** What `-` names; without it nothing. */
  readonly stdin?: () => Readable;
};

/** Standard input, as a user writes it. */
export const STDIN = "-";

/** Whether frames are in the file. @throws SourceError when it has to be looked into, and cannot be read */
export async function isRecording(path: string): Promise<boolean> {
  const format = formatOfEnding(path) ?? formatOfContent(await headOf(fileBytes(path)));
  return format === "recording";
}

/** What a source may be, for error messages and help texts. */
export const ACCEPTED_SOURCES =
  "x.frames (a recording), x.jsonl or x.ndjson (Jetstream events), x.car (a repo export), each also .zst or " +
  ".gz, a file of another name that holds one of these, - (standard input), ws://… or wss://… (a relay)";

/**
 * @param specs what to read; several relays are read one at a time, the next when one fails.
 * @throws SourceError `source_missing` or `source_unknown` at once; reading may throw the other codes.
 */
export function openSource(specs: readonly [string, ...string[]], options: OpenOptions): Source {
  const [spec, ...more] = specs;
  if (more.length > 0 || /^wss?:/.test(spec)) return openRelay(specs, options);
  if (spec === STDIN && options.stdin !== undefined) {
    const { stdin, signal } = options;
    return openUnknown("stdin", () => stdinBytes(stdin(), signal), options);
  }
  const format = formatOfEnding(spec);
  if (format !== null) return openAs(format, existing(spec), options);
  if (statSync(spec, { throwIfNoEntry: false }) !== undefined) {
    return openUnknown(existing(spec), () => fileBytes(spec), options);
  }
  throw new SourceError("source_unknown", `${spec} is no source; accepted: ${ACCEPTED_SOURCES}`);
}

type Bytes = () => AsyncIterable<Buffer>;

function openAs(
  format: Format,
  path: string,
  { after, onNotice }: OpenOptions,
  bytes: Bytes = () => fileBytes(path),
): Source {
  switch (format) {
    case "recording":
      return openRecording(path, after, bytes);
    case "jetstream":
      return openJetstream(path, after, onNotice, bytes);
    case "repo":
      return openRepo(path, after, bytes);
  }
}

/** A source of which only the content tells what it is. */
function openUnknown(name: string, bytes: Bytes, options: OpenOptions): Source {
  return {
    name: fileSourceName(name),
    live: false,
    batches: async function* () {
      const { head, all } = await peek(bytes());
      if (head.length === 0) {
        for await (const _ of all); // What is wrong with it is said all the same.
        return;
      }
      const format = formatOfContent(head);
      if (format !== null) return yield* openAs(format, name, options, () => all).batches();
      await all.next(); // Begun, so that it can be ended.
      await all.return(undefined);
      throw new SourceError(
        "source_unknown",
        `${name} holds nothing that is known; accepted: ${ACCEPTED_SOURCES}`,
      );
    },
  };
}

async function* stdinBytes(stdin: Readable, signal: AbortSignal): AsyncGenerator<Buffer> {
  try {
    yield* plainBytes(addAbortSignal(signal, stdin), "stdin");
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** @returns `path`, known to be a file. */
function existing(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isFile() === true) return path;
  throw new SourceError(
    "source_missing",
    stat === undefined ? `there is no file ${path}` : `${path} is no file; a pipe is read as \`-\``,
  );
}
