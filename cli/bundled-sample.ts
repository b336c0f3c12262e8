// The recording that comes with FPaaS, so that everything can be tried offline.

import { fileURLToPath } from "node:url";

export const BUNDLED_SAMPLE = fileURLToPath(
  new URL("../examples/sample.frames.zst", import.meta.url),
);
