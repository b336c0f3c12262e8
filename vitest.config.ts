import { configDefaults, defineConfig } from "vitest/config";

/** Too long for every run: `npm run test:long`. */
const LONG = "**/*.long.test.ts";
const isLong = process.env.FPAAS_TESTS === "long";

export default defineConfig({
  test: {
    include: isLong ? [LONG] : ["**/*.test.ts"],
    exclude: [...configDefaults.exclude, ".fpaas/**", ...(isLong ? [] : [LONG])],
    setupFiles: ["test/support/property-seed.ts"],
    testTimeout: isLong ? 240_000 : 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
