// The people of the simulated network: a DID, a handle, a signing key, a repo, a language, and how
// loud they are. Everything follows from the seed.
import { type Keypair, P256Keypair, Secp256k1Keypair } from "@atproto/crypto";
import { LANGUAGES, type Language } from "./languages.ts";
import { createRandom, type Random, weightedDraw, zipfWeights } from "./random.ts";
import { SimulatedRepo } from "./simulated-repo.ts";
import { createTidClock, type TidClock } from "./tid.ts";

export type Account = {
  readonly did: string;
  handle: string;
  readonly keypair: Keypair;
  readonly repo: SimulatedRepo;
  /** Record keys and revisions draw from one clock, so both only ever grow. */
  readonly tids: TidClock;
  readonly language: Language;
  active: boolean;
  /** Paths of own records by collection, so that they can be deleted; and what was liked. */
  readonly paths: Map<string, string[]>;
  readonly subjects: Set<string>;
};

/** A DID document with the account's signing key, as plc.directory would give it. */
export type DidDocument = {
  "@context": string[];
  id: string;
  alsoKnownAs: string[];
  verificationMethod: {
    id: string;
    type: string;
    controller: string;
    publicKeyMultibase: string;
  }[];
  service: { id: string; type: string; serviceEndpoint: string }[];
};

const BASE32 = "abcdefghijklmnopqrstuvwxyz234567";
const PLC_ID_LENGTH = 24;
const P256_SHARE = 0.08;
const PRIVATE_KEY_BYTES = 32;
const ADJECTIVES = "amber brisk calm dusty early fern gentle hazy inky jolly keen lunar".split(" ");
const NOUNS = "otter maple kettle lantern pebble comet harbor willow ferry badger".split(" ");

/** Makes `count` accounts whose keys, DIDs and handles depend only on the seed. */
export async function createAccounts(seed: number, count: number): Promise<Account[]> {
  const random = createRandom(seed, "accounts");
  const drawLanguage = weightedDraw(LANGUAGES.map((language) => language.weight));
  const accounts: Account[] = [];
  for (let index = 0; index < count; index += 1) {
    const language = LANGUAGES[drawLanguage(random)];
    if (language === undefined) throw new Error("no language drawn");
    accounts.push(await createAccount(random, index, language));
  }
  return accounts;
}

/** Draws accounts so that a few speak often and most seldom. */
export function createSpeakerDraw(accounts: readonly Account[]): (random: Random) => number {
  const loudness = 0.45;
  return weightedDraw(zipfWeights(accounts.length, loudness));
}

export function didDocumentOf(account: Account): DidDocument {
  const { did, handle, keypair } = account;
  return {
    "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
    id: did,
    alsoKnownAs: [`at://${handle}`],
    verificationMethod: [
      {
        id: `${did}#atproto`,
        type: "Multikey",
        controller: did,
        publicKeyMultibase: keypair.did().slice("did:key:".length),
      },
    ],
    service: [
      {
        id: "#atproto_pds",
        type: "AtprotoPersonalDataServer",
        serviceEndpoint: "https://pds.simulated.test",
      },
    ],
  };
}

/** A handle under `.test`, which no real account can have. */
export function handleOf(random: Random, index: number): string {
  return `${random.pick(ADJECTIVES)}-${random.pick(NOUNS)}-${index}.simulated.test`;
}

async function createAccount(random: Random, index: number, language: Language): Promise<Account> {
  const did = `did:plc:${plcId(random)}`;
  const keypair = await createKeypair(random);
  return {
    did,
    handle: handleOf(random, index),
    keypair,
    repo: new SimulatedRepo(did, keypair),
    tids: createTidClock(random.below(1024)),
    language,
    active: true,
    paths: new Map(),
    subjects: new Set(),
  };
}

function plcId(random: Random): string {
  return Array.from({ length: PLC_ID_LENGTH }, () => BASE32.charAt(random.below(32))).join("");
}

async function createKeypair(random: Random): Promise<Keypair> {
  const privateKey = random.bytes(PRIVATE_KEY_BYTES);
  return random.chance(P256_SHARE)
    ? await P256Keypair.import(privateKey)
    : await Secp256k1Keypair.import(privateKey);
}
