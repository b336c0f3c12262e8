// A folder for one test, and programs in it that only say what a test wants to hear.

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export type TempFolder = AsyncDisposable & {
  readonly path: string;
  /** Writes an executable shell script and returns its path. */
  script(name: string, body: string): Promise<string>;
};

export async function tempFolder(): Promise<TempFolder> {
  const path = await mkdtemp(join(tmpdir(), "fpaas-test-"));
  return {
    path,
    script: async (name, body) => {
      const file = join(path, name);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
      return file;
    },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

/** The body of a script that passes for a nats-server of this version. */
export function fakeServer(version: string): string {
  return `echo "nats-server: v${version}"`;
}
