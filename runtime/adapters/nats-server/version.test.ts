import { expect, it } from "vitest";
import { judgeVersion, parseVersion, type VersionVerdict } from "./version.ts";

it.each<[string, VersionVerdict]>([
  ["nats-server: v2.11.9", "refused"],
  ["nats-server: v1.99.0", "refused"],
  ["nats-server: v2.12.0", "old"],
  ["nats-server: v2.14.12", "old"],
  ["nats-server: v2.15.0-RC.1", "good"],
  ["nats-server: v2.15.1", "good"],
  ["nats-server: v3.0.0", "good"],
])("judges %s as %s", (output, verdict) => {
  const version = parseVersion(output);
  expect(version && judgeVersion(version)).toBe(verdict);
});

it("finds no version in other text", () => {
  expect(parseVersion("nats-server: dev")).toBeNull();
});
