// From what the user wrote after `--from` to a source.

import { statSync } from "node:fs";
import { openJetstream } from "./jetstream.ts";
import { openRecording } from "./recording.ts";
import { openRelay, type RelayOptions } from "./relay.ts";
import { openRepo } from "./repo.ts";
import { type Source, SourceError } from "./source.ts";

export type OpenOptions = RelayOptions & {
  /** Of a file: the position to go on behind; null for its start. */
  readonly after: number | null;
};

/** Whether frames are in the file. */
export function isRecording(spec: string): boolean {
  return /\.frames(\.zst)?$/.test(spec);
}

/** What a source may be, for error messages and help texts. */
export const ACCEPTED_SOURCES =
  "x.frames[.zst] (a recording), x.jsonl[.gz|.zst] (Jetstream events), x.car (a repo export), " +
  "ws://… or wss://… (a relay)";

/**
 * @param specs what to read; several relays are read one at a time, the next when one fails.
 * @throws SourceError `source_missing` or `source_unknown` at once; reading may throw the other codes.
 */
export function openSource(specs: readonly [string, ...string[]], options: OpenOptions): Source {
  const [spec, ...more] = specs;
  const { after, onNotice } = options;
  if (more.length > 0) return openRelay(specs, options);
  if (isRecording(spec)) return openRecording(existing(spec), after);
  if (/\.jsonl(\.gz|\.zst)?$/.test(spec)) return openJetstream(existing(spec), after, onNotice);
  if (spec.endsWith(".car")) return openRepo(existing(spec), after);
  if (/^wss?:/.test(spec)) return openRelay(specs, options);
  throw new SourceError("source_unknown", `${spec} is no source; accepted: ${ACCEPTED_SOURCES}`);
}

/** @returns `path`, known to be a file. */
function existing(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isFile() === true) return path;
  throw new SourceError(
    "source_missing",
    stat === undefined ? `there is no file ${path}` : `${path} is no file`,
  );
}
