import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["**/*.test.ts"],
    // Those have a script of their own: `npm run test:long`.
    exclude: [...configDefaults.exclude, ".fpaas/**", "**/*.long.test.ts"],
    setupFiles: ["test/support/property-seed.ts", "test/support/poisoned-buffers.ts"],
    // Modules are loaded once for a worker and not for every file: none of them keeps anything of a test.
    isolate: false,
    testTimeout: 60_000,
    // A condition that is waited for comes late on a busy machine. The default gives up after a second.
    expect: { poll: { timeout: 50_000, interval: 20 } },
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
