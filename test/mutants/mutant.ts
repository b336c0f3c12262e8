// One fault: a line of the source changed for the worse, and the tests that have to notice.

import { readFileSync } from "node:fs";
import { join } from "node:path";

export type Mutant = {
  /** Relative to the root of the tree. */
  readonly file: string;
  /** Text that is in the file exactly once. */
  readonly find: string;
  readonly replace: string;
  /** The test files at least one of which fails. */
  readonly suite: readonly string[];
  /** What the fault does to a user. */
  readonly why: string;
};

/** `runtime/task/state-log.ts 2`: the file, and a count within the faults of that file. */
export type NamedMutant = Mutant & { readonly name: string };

/** Gives each fault a name, which stays the same when faults of other files are added. */
export function named(mutants: readonly Mutant[]): NamedMutant[] {
  const counts = new Map<string, number>();
  return mutants.map((mutant) => {
    const count = (counts.get(mutant.file) ?? 0) + 1;
    counts.set(mutant.file, count);
    return { ...mutant, name: `${mutant.file} ${count}` };
  });
}

/**
 * The file with the fault in it.
 * @returns null when the text is not there exactly once, or the fault changes nothing
 */
export function mutate(source: string, { find, replace }: Mutant): string | null {
  const at = source.indexOf(find);
  if (at === -1 || source.includes(find, at + 1) || find === replace) return null;
  return source.slice(0, at) + replace + source.slice(at + find.length);
}

/** As `mutate`, of the file under `root`; null too when there is no such file. */
export function mutateFile(root: string, mutant: Mutant): string | null {
  try {
    return mutate(readFileSync(join(root, mutant.file), "utf8"), mutant);
  } catch {
    return null;
  }
}
