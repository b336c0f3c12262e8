// Tells when files are saved. Folders are watched, not files: editors often replace a file by another.

import { type FSWatcher, watch } from "node:fs";
import { basename, dirname } from "node:path";

/** An editor may write a file in several goes. */
const QUIET_MS = 50;

export class FileWatcher implements Disposable {
  /** By folder. */
  readonly #watchers = new Map<string, FSWatcher>();
  #files = new Set<string>();
  /** A file was saved since the last `changed` began to wait. */
  #dirty = false;
  #quiet: NodeJS.Timeout | null = null;
  #wake: (changed: boolean) => void = () => {};

  /** Watches these files (absolute paths) instead of the ones before. @throws Error when it cannot */
  watch(files: readonly string[]): void {
    this.#files = new Set(files);
    for (const folder of new Set(files.map((file) => dirname(file)))) {
      if (this.#watchers.has(folder)) continue;
      const watcher = watch(folder, (_event, name) => this.#saw(folder, name));
      this.#watchers.set(folder, watcher);
    }
  }

  /** True soon after a file was saved, since this was last asked; false when the signal aborts. */
  async changed(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#wake = resolve;
    const abort = () => resolve(false);
    signal.addEventListener("abort", abort);
    if (this.#dirty) this.#soon();
    const changed = await promise;
    this.#dirty = false;
    signal.removeEventListener("abort", abort);
    return changed;
  }

  [Symbol.dispose](): void {
    for (const watcher of this.#watchers.values()) watcher.close();
    if (this.#quiet !== null) clearTimeout(this.#quiet);
  }

  #saw(folder: string, name: string | null): void {
    const ours = [...this.#files].some(
      (file) => dirname(file) === folder && (name === null || basename(file) === name),
    );
    if (!ours) return;
    this.#dirty = true;
    this.#soon();
  }

  #soon(): void {
    if (this.#quiet !== null) clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => this.#wake(true), QUIET_MS);
  }
}
