// Property tests draw the same cases in every run, so that `npm test` is deterministic. Another seed:
// `FC_SEED=7 npm test`. A failing property prints the seed and path that replay it.

import fc from "fast-check";

fc.configureGlobal({ seed: Number(process.env.FC_SEED ?? 20_261_124) });
