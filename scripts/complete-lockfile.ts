// Adds to package-lock.json the optional binaries of other platforms that the registry at hand does not
// carry (npm leaves them out, and `npm ci` then refuses the lockfile). Run it after every change of a
// dependency: `node scripts/complete-lockfile.ts`. What npm has written stays as it is.

import { readFileSync, writeFileSync } from "node:fs";
import { z } from "zod";

const FILE = new URL("../package-lock.json", import.meta.url);
const CPUS = ["arm64", "x64", "arm", "ia32", "ppc64", "riscv64", "s390x", "loong64", "mips64el"];
const SYSTEMS = [
  "android",
  "darwin",
  "freebsd",
  "linux",
  "netbsd",
  "openbsd",
  "openharmony",
  "sunos",
];

const lockSchema = z.object({ packages: z.record(z.string(), z.unknown()) });
const entrySchema = z.object({
  dev: z.boolean().default(false),
  optionalDependencies: z.record(z.string(), z.string()).default({}),
});

// Only read through the schemas: what npm has written keeps its order.
const lock: unknown = JSON.parse(readFileSync(FILE, "utf8"));
const { packages } = lockSchema.parse(lock);
const missing = Object.values(packages).flatMap((entry) => {
  const { dev, optionalDependencies } = entrySchema.parse(entry);
  return Object.entries(optionalDependencies)
    .filter(([name]) => packages[`node_modules/${name}`] === undefined)
    .map(([name, version]) => [`node_modules/${name}`, entryOf(name, version, dev)] as const);
});
const sorted = Object.fromEntries([...Object.entries(packages), ...missing].sort(byName));
writeFileSync(FILE, `${JSON.stringify(Object.assign({}, lock, { packages: sorted }), null, 2)}\n`);
console.log(`${missing.length} binaries of other platforms added`);

/** What npm writes of a package that is only for one platform, read off its name. */
function entryOf(name: string, version: string, dev: boolean) {
  const words = name.slice(name.lastIndexOf("/") + 1).split("-");
  const has = (word: string): boolean => words.some((one) => one === word || one === `${word}v7`);
  const libc = words.some((word) => word.startsWith("musl")) ? ["musl"] : ["glibc"];
  const os = has("win32") ? "win32" : SYSTEMS.find(has);
  const cpu = CPUS.find(has);
  return {
    version,
    ...(cpu === undefined ? {} : { cpu: [cpu] }),
    ...(dev ? { dev: true } : {}),
    ...(os === "linux" ? { libc } : {}),
    optional: true,
    ...(os === undefined ? {} : { os: [os] }),
  };
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
