import { expect, it } from "vitest";
import { commitSubject } from "../plan/names.ts";
import { COLLECTIONS_MAX, CommitSubjects } from "./commit-subjects.ts";

it("gives every commit the subject of its partition, operation and collection, known or not", () => {
  const subjects = new CommitSubjects(2);
  for (let i = 0; i < 2 * COLLECTIONS_MAX + 3; i += 1) {
    const collection = `com.example.c${i % (COLLECTIONS_MAX + 1)}`;
    for (const op of ["create", "update", "delete"] as const) {
      expect(subjects.of(i % 2, op, collection)).toBe(commitSubject(i % 2, op, collection));
    }
  }
});
