// Faults of the log on NATS: commits whose answer is lost, publishing, ids, cursors.

import type { Mutant } from "../mutant.ts";

const COMMIT = ["runtime/adapters/nats/commit.test.ts"];
const AMBIGUOUS = ["runtime/adapters/nats/ambiguous-commit.test.ts"];
const PUBLISHER = ["runtime/adapters/nats/publisher.test.ts"];

export const LOG_FAULTS: readonly Mutant[] = [
  {
    file: "runtime/adapters/nats/group-commit.ts",
    find: "seq += commit.messages.length;",
    replace: "seq += 1;",
    suite: COMMIT,
    why: "of commits that went together the first get a wrong fence",
  },
  {
    file: "runtime/adapters/nats/group-commit.ts",
    find: "await commitAlone(this.#target, commit, maybeStored).then(resolve, reject);",
    replace: 'await Promise.resolve({ kind: "fenced" } as const).then(resolve, reject);',
    suite: COMMIT,
    why: "one fenced commit fences all that went with it",
  },
  {
    file: "runtime/adapters/nats/commit-attempt.ts",
    find: "      if (found !== null) return found;",
    replace: '      if (found !== null) return { kind: "fenced" };',
    suite: AMBIGUOUS,
    why: "a commit whose answer was lost counts as fenced",
  },
  {
    file: "runtime/adapters/nats/publisher.ts",
    find: "const [first] = this.#entries;",
    replace: "const first = [...this.#entries].at(-1);",
    suite: PUBLISHER,
    why: "after an outage the last message overtakes all others",
  },
  {
    file: "runtime/adapters/nats/commit-attempt.ts",
    find: "if (found.header.get(HEADER.commit) !== commit.id) {",
    replace: 'if (found.header.get(HEADER.commit) === "") {',
    suite: [...AMBIGUOUS, ...COMMIT],
    why: "the commit of another owner is taken for our own",
  },
  {
    file: "runtime/adapters/nats/commit-attempt.ts",
    find: 'return { kind: "committed", lastSeq: found.seq + commit.messages.length - 1 - commit.anchor };',
    replace: 'return { kind: "committed", lastSeq: found.seq };',
    suite: AMBIGUOUS,
    why: "after an answer was lost the fence expects a wrong sequence",
  },
  {
    file: "runtime/adapters/nats/send.ts",
    find: "[BATCH_SEQUENCE, String(index + 1)],",
    replace: "[BATCH_SEQUENCE, String(Math.max(1, index))],",
    suite: COMMIT,
    why: "a batch is refused, or stored without its second message",
  },
  {
    file: "runtime/adapters/nats/send.ts",
    find: "const expectation = [HEADER.expectedLastSubjectSeq, String(expectedLastSeq)] as const;",
    replace: 'const expectation = ["Fpaas-None", String(expectedLastSeq)] as const;',
    suite: COMMIT,
    why: "the server is not told of the fence",
  },
  {
    file: "runtime/adapters/nats/ack.ts",
    find: 'return { kind: "stored", seq: Number(stored[1]), duplicate: stored[2] !== undefined };',
    replace: 'return { kind: "stored", seq: Number(stored[1]), duplicate: false };',
    suite: ["runtime/adapters/nats/ack.test.ts", ...PUBLISHER],
    why: "a duplicate is counted as stored",
  },
  {
    file: "runtime/adapters/nats/max-payload.ts",
    find: "const known = lastKnown.get(nc);",
    replace: "const known = nc.info?.max_payload ?? MAX_PAYLOAD_MIN;",
    suite: ["runtime/adapters/nats/max-payload.test.ts"],
    why: "in an outage a message may be 32 KiB",
  },
  {
    file: "runtime/adapters/nats/nats-log.ts",
    find: "const options = { filter: subject, seq: throughSeq + 1 };",
    replace: "const options = { filter: subject, seq: throughSeq + 2 };",
    suite: ["runtime/adapters/nats/nats-log.test.ts"],
    why: "a purge deletes a message too many",
  },
  {
    file: "runtime/adapters/nats/publisher.ts",
    find: "if (ids.has(entry.publication.msgId)) this.#settleDuplicate(token, entry, 0);",
    replace: "if (ids.has(entry.publication.subject)) this.#settleDuplicate(token, entry, 0);",
    suite: ["runtime/adapters/nats/stored-ids.test.ts"],
    why: "after a long outage what was stored is stored again",
  },
  {
    file: "runtime/id-set.ts",
    find: "for (let i = start; i < start + WORD_CHARS; i += 1) {",
    replace: "for (let i = start; i < start + WORD_CHARS - 3; i += 1) {",
    suite: ["runtime/id-set.test.ts"],
    why: "ids that begin alike are taken for one: an event is left out",
  },
  {
    file: "runtime/repeat-filter.ts",
    find: "      this.#older = this.#ids;",
    replace: "      this.#older = new IdSet();",
    suite: ["runtime/repeat-filter.test.ts"],
    why: "in process all ids are forgotten at once: what comes again then counts twice",
  },
  {
    file: "runtime/repeat-filter.ts",
    find: "if (!isHash(msgId) || this.#add(msgId) || !isEvent(message)) return true;",
    replace: "if (!isHash(msgId) || this.#add(msgId)) return true;",
    suite: ["runtime/repeat-filter.test.ts"],
    why: "a refusal that comes again is counted as a repeated event",
  },
  {
    file: "runtime/adapters/nats/stored-ids.ts",
    find: "if (seq >= last) onKnown();",
    replace: "if (seq >= first) onKnown();",
    suite: ["runtime/adapters/nats/stored-ids.test.ts"],
    why: "ids count as known before all of them are read",
  },
  {
    file: "runtime/adapters/nats/stored-ids.ts",
    find: "const first = Math.max(next, last - this.#idsMax + 1);",
    replace: "const first = next;",
    suite: ["runtime/adapters/nats/stored-ids.test.ts"],
    why: "of too many ids the oldest are known, not what was stored just before a crash",
  },
  {
    file: "runtime/adapters/nats/cursor-store.ts",
    find: "if (place !== null && !isFurther(numbering, position, place)) return place;",
    replace: "if (place !== null && numbering < place.numbering) return place;",
    suite: ["runtime/adapters/nats/stored-ids.test.ts"],
    why: "a shuffler that lags moves the shared cursor back",
  },
];
