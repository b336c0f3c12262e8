// The recordings that pipelines are tested on: the bundled sample, and a larger one where it is to be had.

import { existsSync } from "node:fs";
import { readRecording } from "../../bench/simulated-relay/recording.ts";

const ROOT = new URL("../../", import.meta.url);

/** A recording by a name for test titles. */
export type Recording = {
  readonly name: string;
  /** Whether the file is here: only the bundled sample always is. */
  readonly present: boolean;
  readonly frames: () => Promise<Uint8Array[]>;
};

export const SAMPLE = recordingAt("the bundled sample", "examples/sample.frames.zst");
export const RECORDINGS: readonly Recording[] = [
  SAMPLE,
  recordingAt("pds-a, of a reference server", "../shared/data/firehose/pds-a.frames.zst"),
];

function recordingAt(name: string, path: string): Recording {
  const url = new URL(path, ROOT);
  return { name, present: existsSync(url), frames: () => readRecording(url.pathname) };
}

/** The text of a file of this repository. */
export function repositoryFile(path: string): URL {
  return new URL(path, ROOT);
}
