import { Secp256k1Keypair } from "@atproto/crypto";
import { expect, it } from "vitest";
import { SleepingClock } from "../testing/clock.ts";
import {
  didDocument,
  frameBytes,
  identityBytes,
  makeCommits,
  SIGNER,
  TestResolver,
} from "../testing/signed-commits.ts";
import { DidUnavailable, KEY_TTL_MS, KeyCache, LOOKUPS_MAX, NO_KEY_TTL_MS } from "./key-cache.ts";
import { LOOKUP_BURST, REFRESH_INTERVAL_MS } from "./lookup-allowance.ts";
import { SignatureVerifier } from "./verifier.ts";

const { signal } = new AbortController();
const START_MS = 1e12;

async function setUp(keysMax?: number) {
  const resolver = new TestResolver();
  const clock = new SleepingClock(START_MS);
  const keypair = await Secp256k1Keypair.create();
  resolver.documents.set(SIGNER, didDocument(SIGNER, keypair));
  const waits: string[] = [];
  const onWaiting = (error: Error): void => void waits.push(error.message);
  const options = { resolver, clock, signal, onWaiting, ...(keysMax !== undefined && { keysMax }) };
  return { resolver, clock, keypair, waits, cache: new KeyCache(options) };
}

it("asks once for a burst, and again when the key is a day old", async () => {
  const { resolver, clock, cache } = await setUp();
  const keys = await Promise.all(Array.from({ length: 100 }, () => cache.get(SIGNER)));
  expect(new Set(keys).size).toBe(1);
  expect(keys[0]).toMatchObject({ curve: "k256" });
  clock.ms += KEY_TTL_MS - 1;
  await cache.get(SIGNER);
  expect(resolver.asked).toBe(1);
  clock.ms += 1;
  await cache.get(SIGNER);
  expect(resolver.asked).toBe(2);
});

it.each([
  ["no document", null],
  ["a document without a key", { id: SIGNER }],
  ["a document of somebody else", { id: "did:plc:other", verificationMethod: [] }],
  ["a key that is no point", document("Multikey", "zQ3sh")],
  ["a key of another type", document("Ed25519VerificationKey2020", "z6Mk")],
])("remembers for a minute that there is %s", async (_, found) => {
  const { resolver, clock, cache } = await setUp();
  resolver.documents.set(SIGNER, found);
  expect(await cache.get(SIGNER)).toBe("none");
  clock.ms += NO_KEY_TTL_MS - 1;
  expect(await cache.get(SIGNER)).toBe("none");
  expect(resolver.asked).toBe(1);
  clock.ms += 1;
  await cache.get(SIGNER);
  expect(resolver.asked).toBe(2);
});

function document(type: string, publicKeyMultibase: string): unknown {
  return { id: SIGNER, verificationMethod: [{ id: "#atproto", type, publicKeyMultibase }] };
}

it("waits for a directory that is down, longer each time, and says so", async () => {
  const { resolver, clock, waits, cache } = await setUp();
  for (let i = 0; i < 7; i += 1) resolver.failures.push(new DidUnavailable("down", true));
  expect(await cache.get(SIGNER)).toMatchObject({ curve: "k256" });
  expect(clock.sleeps).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
  expect(waits).toHaveLength(7);
});

it("does not wait for a host of one account, and leaves it alone for a minute", async () => {
  const { resolver, clock, cache } = await setUp();
  resolver.failures.push(new DidUnavailable("no answer", false));
  expect(await cache.get(SIGNER)).toBe("unavailable");
  expect(await cache.get(SIGNER)).toBe("unavailable");
  expect(resolver.asked).toBe(1);
  clock.ms += NO_KEY_TTL_MS;
  expect(await cache.get(SIGNER)).toMatchObject({ curve: "k256" });
});

it("forgets the key used longest ago, at one past the limit", async () => {
  const { resolver, cache } = await setUp(2);
  for (const did of ["did:plc:a", "did:plc:b", "did:plc:a"]) await cache.get(did);
  expect([cache.size, resolver.asked]).toEqual([2, 2]);
  await cache.get("did:plc:c");
  expect(cache.size).toBe(2);
  await cache.get("did:plc:a");
  expect(resolver.asked).toBe(3);
  await cache.get("did:plc:b");
  expect(resolver.asked).toBe(4);
});

it("has no more look-ups under way than the limit", async () => {
  const answers: (() => void)[] = [];
  const resolver = { resolve: () => new Promise<null>((done) => answers.push(() => done(null))) };
  const cache = new KeyCache({ resolver, clock: new SleepingClock(), signal });
  const keys = Array.from({ length: LOOKUPS_MAX + 1 }, (_, i) => cache.get(`did:plc:${i}`));
  expect(answers).toHaveLength(LOOKUPS_MAX);
  answers[0]?.();
  await expect.poll(() => answers.length).toBe(LOOKUPS_MAX + 1);
  for (const answer of answers) answer();
  expect(new Set(await Promise.all(keys))).toEqual(new Set(["none"]));
});

it("takes rotated keys at once, and looks up for bad signatures once a minute in the long run", async () => {
  const { resolver, clock, keypair, cache } = await setUp();
  const verifier = new SignatureVerifier(cache);
  const [first] = await makeCommits(keypair);
  expect(await verifier.check(await frameBytes(first ?? expect.fail("none")))).toBeNull();
  for (let rotation = 1; rotation <= LOOKUP_BURST; rotation += 1) {
    const rotated = await Secp256k1Keypair.create();
    resolver.documents.set(SIGNER, didDocument(SIGNER, rotated));
    const [later] = await makeCommits(rotated);
    expect(await verifier.check(await frameBytes(later ?? expect.fail("none")))).toBeNull();
    expect(resolver.asked).toBe(1 + rotation);
  }
  const forged = await forgedFrame();
  const asked = resolver.asked;
  expect(await verifier.check(forged)).toMatchObject({ reason: "bad_signature" });
  expect(resolver.asked).toBe(asked);
  clock.ms += REFRESH_INTERVAL_MS;
  for (const _ of [1, 2]) {
    expect(await verifier.check(forged)).toMatchObject({ reason: "bad_signature" });
    expect(resolver.asked).toBe(asked + 1);
  }
});

it("looks up once for a burst of signatures that do not fit", async () => {
  const { resolver, cache } = await setUp();
  const verifier = new SignatureVerifier(cache);
  const forged = await forgedFrame();
  await Promise.all(Array.from({ length: 100 }, () => verifier.check(forged)));
  expect(resolver.asked).toBe(2);
});

async function forgedFrame(): Promise<Uint8Array> {
  const [commit] = await makeCommits(await Secp256k1Keypair.create());
  return await frameBytes(commit ?? expect.fail("none"));
}

it("looks the key up again after an identity event", async () => {
  const { resolver, keypair, cache } = await setUp();
  const verifier = new SignatureVerifier(cache);
  const [first] = await makeCommits(keypair);
  await verifier.check(await frameBytes(first ?? expect.fail("none")));
  const rotated = await Secp256k1Keypair.create();
  resolver.documents.set(SIGNER, didDocument(SIGNER, rotated));
  const [later] = await makeCommits(rotated);
  // Both begun before the first is through, as in a chunk of a source.
  const results = [await identityBytes(SIGNER), await frameBytes(later ?? expect.fail("none"))];
  expect(await Promise.all(results.map((frame) => verifier.check(frame)))).toEqual([null, null]);
});

it("refuses the commits of an account without key, or whose host does not answer", async () => {
  const { resolver, keypair, cache } = await setUp();
  const verifier = new SignatureVerifier(cache);
  const [first] = await makeCommits(keypair);
  const frame = await frameBytes(first ?? expect.fail("none"));
  resolver.failures.push(new DidUnavailable("no answer", false));
  expect(await verifier.check(frame)).toMatchObject({ reason: "did_unavailable" });
  cache.forget(SIGNER);
  resolver.documents.delete(SIGNER);
  expect(await verifier.check(frame)).toMatchObject({ reason: "no_signing_key" });
});
