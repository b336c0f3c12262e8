// Which key a commit is held against: keys change, come back, are recovered, and clocks differ.

import { type Keypair, P256Keypair, Secp256k1Keypair } from "@atproto/crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { SimulatedRepo } from "../../bench/simulated-relay/simulated-repo.ts";
import { tidOf } from "../../bench/simulated-relay/tid.ts";
import { SleepingClock } from "../testing/clock.ts";
import { auditLog, type LogStep } from "../testing/plc-log.ts";
import {
  didDocument,
  frameBytes,
  identityBytes,
  SIGNER,
  TestResolver,
  write,
} from "../testing/signed-commits.ts";
import { EARLIER_KEY_AGE_MS_MAX, type EarlierKeyUse } from "./commit-keys.ts";
import { DidUnavailable, KeyCache } from "./key-cache.ts";
import { EARLIER_KEYS_MAX, KeyHistories } from "./key-histories.ts";
import { DATED_KEYS_MAX, KEY_SKEW_MS, keysOfAuditLog } from "./key-history.ts";
import { ALLOWANCES_MAX, LookupAllowance } from "./lookup-allowance.ts";
import { SignatureVerifier } from "./verifier.ts";

const NEVER = new AbortController().signal;
const MINUTE = 60_000;
const NOON = Date.parse("2026-07-04T12:00:00.000Z");
const at = (minutes: number): string => new Date(NOON + minutes * MINUTE).toISOString();

/** A resolver with logs. */
class Directory extends TestResolver {
  readonly logs = new Map<string, unknown>();
  logsAsked = 0;
  readonly logFailures: Error[] = [];
  /** What logs wait for. */
  opened: Promise<void> = Promise.resolve();

  async auditLog(did: string): Promise<unknown> {
    this.logsAsked += 1;
    await this.opened;
    const failure = this.logFailures.shift();
    if (failure !== undefined) throw failure;
    return this.logs.get(did) ?? null;
  }

  /** The account's history; its document follows. */
  have(steps: readonly LogStep[], did = SIGNER): void {
    this.logs.set(did, auditLog(did, steps));
    const last = steps.filter(({ nullified }) => nullified !== true).at(-1)?.key ?? null;
    this.documents.set(did, last === null ? null : didDocument(did, last));
  }
}

let keys: [Keypair, Keypair, Keypair];
let directory: Directory;
let clock: SleepingClock;
let verifier: SignatureVerifier;
let told: EarlierKeyUse[];
beforeEach(async () => {
  keys = [
    await Secp256k1Keypair.create(),
    await P256Keypair.create(),
    await Secp256k1Keypair.create(),
  ];
  directory = new Directory();
  clock = new SleepingClock(NOON + 60 * MINUTE);
  told = [];
  verifier = restarted();
});

/** Knows nothing of what was asked before. */
function restarted(over: object = {}): SignatureVerifier {
  const cache = new KeyCache({ resolver: directory, clock, signal: NEVER });
  return new SignatureVerifier(cache, { onFirstEarlier: (use) => told.push(use), ...over });
}

/** A commit that says that it was signed so many minutes behind noon. */
async function signed(key: Keypair, minutes: number, did = SIGNER): Promise<Uint8Array> {
  const rev = tidOf((NOON + minutes * MINUTE) * 1000, 1);
  return await frameBytes(await new SimulatedRepo(did, key).commit([write("create", "one")], rev));
}

const bad = { reason: "bad_signature" };

describe("an account whose key was replaced", () => {
  const [first, second] = [0, 1] as const;
  beforeEach(() =>
    directory.have([
      { at: at(-9000), key: keys[first], legacy: true },
      { at: at(0), key: keys[second] },
    ]),
  );

  it("has its old commits taken by the key that was valid then, and says which", async () => {
    expect(await verifier.check(await signed(keys[first], -30))).toBeNull();
    expect(await verifier.check(await signed(keys[first], -20))).toBeNull();
    expect(await verifier.check(await signed(keys[second], 10))).toBeNull();
    expect(verifier.keyUses).toEqual({ current: 1, plc_log: 2, cached: 0 });
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ did: SIGNER, key: { untilMs: NOON, witness: "plc_log" } });
    expect([directory.asked, directory.logsAsked]).toEqual([1, 1]);
  });

  it("has nothing taken that the old key signs later, but for a difference of clocks", async () => {
    const skew = KEY_SKEW_MS / MINUTE;
    expect(await verifier.check(await signed(keys[first], skew - 0.001))).toBeNull();
    expect(await verifier.check(await signed(keys[first], skew + 0.001))).toMatchObject(bad);
    expect(await verifier.check(await signed(keys[first], 40))).toMatchObject(bad);
  });

  it("is not taken for somebody who never had its key", async () => {
    expect(await verifier.check(await signed(keys[2], -30))).toMatchObject(bad);
    expect(await verifier.check(await signed(keys[2], 30))).toMatchObject(bad);
  });

  it("has a whole burst of old commits taken, with one look at the log", async () => {
    const frames = await Promise.all(
      Array.from({ length: 50 }, (_, i) => signed(keys[first], -100 + i)),
    );
    const log = Promise.withResolvers<void>();
    directory.opened = log.promise;
    const checks = Promise.all(frames.map((frame) => verifier.check(frame)));
    await expect.poll(() => directory.logsAsked).toBe(1);
    // All of them have found by now that the present key does not fit, while the log is under way.
    await Promise.all(
      Array.from({ length: 4 }, () =>
        signed(keys[second], 1).then((one) => restarted().check(one)),
      ),
    );
    log.resolve();
    const wrong = await checks;
    expect(wrong).toEqual(frames.map(() => null));
    expect(directory.logsAsked).toBe(1);
  });

  it("in a live source has no commit taken by an old key that is older than relays keep", async () => {
    const minutes = -200;
    const live = restarted({ nowMs: () => clock.now() });
    const frame = await signed(keys[first], minutes);
    clock.ms = NOON + minutes * MINUTE + EARLIER_KEY_AGE_MS_MAX;
    expect(await live.check(frame)).toBeNull();
    clock.ms += 1;
    expect(await live.check(frame)).toMatchObject(bad);
    expect(await verifier.check(frame)).toBeNull();
  });

  it("is held against a new log when its key changes again", async () => {
    expect(await verifier.check(await signed(keys[first], -30))).toBeNull();
    directory.have([
      { at: at(-9000), key: keys[first] },
      { at: at(0), key: keys[second] },
      { at: at(20), key: keys[2] },
    ]);
    await verifier.check(await identityBytes(SIGNER));
    expect(await verifier.check(await signed(keys[2], 30))).toBeNull();
    expect(await verifier.check(await signed(keys[second], 50))).toMatchObject(bad);
    expect(await verifier.check(await signed(keys[second], 10))).toBeNull();
  });
});

describe("the log of a directory", () => {
  it("has keys that come back, each valid in its times only", async () => {
    const [mine, other] = keys;
    directory.have([
      { at: at(-300), key: mine },
      { at: at(-200), key: other },
      { at: at(-100), key: mine },
      { at: at(0), key: keys[2] },
    ]);
    for (const [key, minutes, isGood] of [
      [mine, -250, true],
      [other, -250, false],
      [mine, -150, false],
      [other, -150, true],
      [mine, -50, true],
      [other, -50, false],
    ] as const) {
      expect((await verifier.check(await signed(key, minutes))) === null, `${minutes}`).toBe(
        isGood,
      );
    }
  });

  it("counts nothing that was nullified: the key before it was valid all the time", async () => {
    const [mine, thief, recovered] = keys;
    directory.have([
      { at: at(-300), key: mine },
      { at: at(-200), key: thief, nullified: true },
      { at: at(-100), key: recovered },
    ]);
    expect(await verifier.check(await signed(mine, -150))).toBeNull();
    expect(await verifier.check(await signed(thief, -150))).toMatchObject(bad);
    expect(await verifier.check(await signed(recovered, -50))).toBeNull();
  });

  it("still has the keys of an account that has none any more", async () => {
    directory.have([
      { at: at(-300), key: keys[0] },
      { at: at(-100), key: null },
    ]);
    expect(await verifier.check(await signed(keys[0], -150))).toBeNull();
    const later = await verifier.check(await signed(keys[0], -50));
    expect(later).toMatchObject({ reason: "no_signing_key" });
  });

  it("that does not come is waited for, as its documents are", async () => {
    directory.have([
      { at: at(-300), key: keys[0] },
      { at: at(-100), key: keys[1] },
    ]);
    for (let i = 0; i < 5; i += 1) directory.logFailures.push(new DidUnavailable("down", true));
    expect(await verifier.check(await signed(keys[0], -150))).toBeNull();
    expect(clock.sleeps).toEqual([500, 1000, 2000, 4000, 8000]);
  });

  it.each([
    ["nothing", null],
    ["no list", { a: 1 }],
    ["a list of something else", [{ createdAt: "yesterday" }]],
  ])("that is %s leaves the document", async (_, log) => {
    directory.have([{ at: at(-300), key: keys[0] }]);
    directory.logs.set(SIGNER, log);
    expect(await verifier.check(await signed(keys[0], -150))).toBeNull();
    directory.documents.set(SIGNER, didDocument(SIGNER, keys[1]));
    expect(await verifier.check(await signed(keys[1], -50))).toBeNull();
    // Of a mirror without logs the documents that we had have to do.
    expect(await verifier.check(await signed(keys[0], -50))).toBeNull();
    expect(verifier.keyUses).toEqual({ current: 2, plc_log: 0, cached: 1 });
  });

  it("gives so many keys, the latest, and no one past it", () => {
    const steps = Array.from({ length: DATED_KEYS_MAX + 1 }, (_, i) => ({
      at: at(i),
      key: keys[i % 2] ?? null,
    }));
    const found = keysOfAuditLog(auditLog(SIGNER, steps)) ?? [];
    expect(found).toHaveLength(DATED_KEYS_MAX);
    expect(found[0]?.fromMs).toBe(NOON + MINUTE);
  });

  it("makes one of equal keys that follow on each other", () => {
    const steps = [-3, -2, -1].map((minutes) => ({ at: at(minutes), key: keys[0] }));
    expect(keysOfAuditLog(auditLog(SIGNER, steps))).toHaveLength(1);
  });
});

describe("an account of did:web", () => {
  const WEB = "did:web:pds.example.com";
  const document = (key: Keypair) => directory.documents.set(WEB, didDocument(WEB, key));

  it("has commits taken by the key of a document that we had, up to when we saw another", async () => {
    document(keys[0]);
    expect(await verifier.check(await signed(keys[0], 10, WEB))).toBeNull();
    document(keys[1]);
    expect(await verifier.check(await signed(keys[1], 59, WEB))).toBeNull();
    expect(await verifier.check(await signed(keys[0], 30, WEB))).toBeNull();
    const skew = KEY_SKEW_MS / MINUTE;
    expect(await verifier.check(await signed(keys[0], 60 + skew - 0.001, WEB))).toBeNull();
    expect(await verifier.check(await signed(keys[0], 60 + skew + 0.001, WEB))).toMatchObject(bad);
    expect(verifier.keyUses).toEqual({ current: 2, plc_log: 0, cached: 2 });
    expect(directory.logsAsked).toBe(0);
  });

  it("keeps the old key over an identity event", async () => {
    document(keys[0]);
    await verifier.check(await signed(keys[0], 10, WEB));
    document(keys[1]);
    await verifier.check(await identityBytes(WEB));
    expect(await verifier.check(await signed(keys[1], 59, WEB))).toBeNull();
    expect(await verifier.check(await signed(keys[0], 30, WEB))).toBeNull();
  });
});

describe("what is remembered", () => {
  it("of earlier keys is bounded, whosever they are", async () => {
    expect(EARLIER_KEYS_MAX).toBe(200_000);
    const [one] = keysOfAuditLog(auditLog(SIGNER, [{ at: at(0), key: keys[0] }])) ?? [];
    const key = one ?? expect.fail("none");
    const histories = new KeyHistories(4);
    histories.keep("did:a", [key, key]);
    histories.keep("did:b", [key]);
    histories.keep("did:c", []);
    expect(histories.size).toBe(4);
    histories.keep("did:d", [key]);
    expect(histories.size).toBe(3);
    expect(["did:a", "did:b", "did:d"].map((did) => histories.get(did).length)).toEqual([0, 1, 1]);
  });

  it("of look-ups is bounded too", () => {
    expect(ALLOWANCES_MAX).toBe(100_000);
    const allowance = new LookupAllowance(2);
    for (const did of ["did:a", "did:b", "did:c"]) allowance.take(did, NOON);
    expect(allowance.size).toBe(2);
  });
});
