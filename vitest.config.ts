import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["**/*.test.ts"],
    // Those have a script of their own: `npm run test:long`.
    exclude: [...configDefaults.exclude, ".fpaas/**", "**/*.long.test.ts"],
    setupFiles: ["test/support/property-seed.ts", "test/support/poisoned-buffers.ts"],
    // Modules are loaded once for a worker and not for every file: none of them keeps anything of a test.
    isolate: false,
    // Only what hangs comes to these limits: on a machine that is busy with other work, a test takes ten times as long.
    testTimeout: 300_000,
    expect: { poll: { timeout: 240_000, interval: 20 } },
    hookTimeout: 300_000,
    maxWorkers: 2,
  },
});
