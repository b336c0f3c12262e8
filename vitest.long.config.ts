import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["**/*.long.test.ts"],
    setupFiles: ["test/support/poisoned-buffers.ts"],
    testTimeout: 240_000,
    expect: { poll: { timeout: 200_000, interval: 200 } },
    hookTimeout: 120_000,
    maxWorkers: 1,
  },
});
