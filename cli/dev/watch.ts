// `--watch`: tells when one of the program's files was saved.

import { watch } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { systemClock } from "../../runtime/adapters/system-clock.ts";

/** Editors write a file in several steps. */
const SETTLE_MS = 100;

/**
 * Calls `onSaved` after each change of one of the files, one call at a time, until the signal aborts.
 * Folders are watched, not files: editors replace a file by another of its name.
 */
export async function watchFiles(
  paths: readonly string[],
  onSaved: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  let changed = Promise.withResolvers<void>();
  const folders = Map.groupBy(paths, dirname);
  const watching = [...folders].map(([folder, files]) =>
    watchFolder(folder, new Set(files.map((file) => basename(file))), signal, () =>
      changed.resolve(),
    ),
  );
  signal.addEventListener("abort", () => changed.resolve(), { once: true });
  while (!signal.aborted) {
    await changed.promise;
    await systemClock.sleep(SETTLE_MS, signal);
    changed = Promise.withResolvers();
    if (!signal.aborted) await onSaved();
  }
  await Promise.all(watching);
}

async function watchFolder(
  folder: string,
  names: ReadonlySet<string>,
  signal: AbortSignal,
  onChange: () => void,
): Promise<void> {
  try {
    for await (const { filename } of watch(folder, { signal })) {
      if (filename !== null && names.has(filename)) onChange();
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
