import { expect, it } from "vitest";
import { DeploymentConflict } from "../runtime/deployments.ts";
import { TopicNotFound } from "../runtime/lifecycle/topics.ts";
import { LogUnavailable } from "../runtime/ports.ts";
import { SourceError } from "../shuffler/sources/source.ts";
import { CommandError, EXIT, exitCodeOf, isExpected } from "./exit-codes.ts";

class AuthorizationError extends Error {
  override readonly name = "AuthorizationError";
}

it.each([
  [new CommandError(EXIT.quota, "full"), 7],
  [new DeploymentConflict("taken"), 6],
  [new TopicNotFound("a", []), 5],
  [new SourceError("source_unknown", "what"), 2],
  [new SourceError("source_corrupt", "broken"), 3],
  [new LogUnavailable("no answer"), 8],
  [new Error("cannot connect", { cause: new AuthorizationError("no") }), 4],
  [new Error("bug"), 1],
  ["thrown text", 1],
])("%s ends with %i", (error, exit) => {
  expect(exitCodeOf(error)).toBe(exit);
});

it("tells errors with a code from bugs", () => {
  expect(isExpected(new LogUnavailable("x"))).toBe(true);
  expect(isExpected(new TypeError("x"))).toBe(false);
});
