// All faults, chosen by hand where one changes answers, loses records or counts them twice.

import { AGGREGATE_FAULTS } from "./faults/aggregates.ts";
import { BYTES_FAULTS } from "./faults/bytes.ts";
import { CLAIM_FAULTS } from "./faults/claims.ts";
import { CORE_FAULTS } from "./faults/core.ts";
import { KEY_FAULTS } from "./faults/keys.ts";
import { LIFECYCLE_FAULTS } from "./faults/lifecycle.ts";
import { LOG_FAULTS } from "./faults/log.ts";
import { MARK_FAULTS } from "./faults/marks.ts";
import { OPERATOR_FAULTS } from "./faults/operators.ts";
import { ORDER_FAULTS } from "./faults/order.ts";
import { SHUFFLER_FAULTS } from "./faults/shuffler.ts";
import { SOURCE_FAULTS } from "./faults/sources.ts";
import { TASK_FAULTS } from "./faults/task.ts";
import { TRUSTED_TIME_FAULTS } from "./faults/trusted-time.ts";
import type { Mutant } from "./mutant.ts";

export const MUTANTS: readonly Mutant[] = [
  ...TASK_FAULTS,
  ...LIFECYCLE_FAULTS,
  ...LOG_FAULTS,
  ...CORE_FAULTS,
  ...ORDER_FAULTS,
  ...OPERATOR_FAULTS,
  ...AGGREGATE_FAULTS,
  ...BYTES_FAULTS,
  ...SHUFFLER_FAULTS,
  ...CLAIM_FAULTS,
  ...MARK_FAULTS,
  ...KEY_FAULTS,
  ...SOURCE_FAULTS,
  ...TRUSTED_TIME_FAULTS,
];
