// A copy of the source tree to break: the user's own is never touched. What git tracks or would track is copied;
// `node_modules` is linked.

import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export class TreeCopy implements Disposable {
  readonly root: string;

  private constructor(root: string) {
    this.root = root;
  }

  /** @param from root of the tree @throws Error when git cannot list it */
  static of(from: string): TreeCopy {
    const copy = new TreeCopy(mkdtempSync(join(tmpdir(), "fpaas-mutants-")));
    for (const path of filesOf(from)) {
      mkdirSync(dirname(join(copy.root, path)), { recursive: true });
      cpSync(join(from, path), join(copy.root, path));
    }
    symlinkSync(join(from, "node_modules"), join(copy.root, "node_modules"));
    return copy;
  }

  write(path: string, text: string): void {
    writeFileSync(join(this.root, path), text);
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

function filesOf(root: string): string[] {
  const args = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
  const { status, stdout, stderr } = spawnSync("git", args, { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new Error(`git ls-files: ${stderr}`);
  const deleted = spawnSync("git", ["ls-files", "--deleted", "-z"], {
    cwd: root,
    encoding: "utf8",
  });
  const gone = new Set(deleted.stdout.split("\0"));
  return stdout.split("\0").filter((path) => path !== "" && !gone.has(path));
}
