// The key that signs a repo's commits, out of its DID document, and the check of a signature with it. Nearly all
// accounts sign with K-256, for which OpenSSL has no code of its own: Bitcoin's library, compiled to WebAssembly,
// takes less than half of its time. P-256 is OpenSSL's.

import { createPublicKey, hash, type KeyObject, verify } from "node:crypto";
import { multibaseToBytes, parseDidKey, parseMultikey, SECP256K1_JWT_ALG } from "@atproto/crypto";
import * as k256 from "tiny-secp256k1";
import { z } from "zod";

/** As little as will do: a shuffler keeps hundreds of thousands, and a `KeyObject` has 3 kB. */
export type SigningKey = {
  readonly curve: "k256" | "p256";
  /** Compressed (33 bytes) or not (65). */
  readonly point: Uint8Array;
};

const documentSchema = z.object({
  id: z.string(),
  verificationMethod: z
    .array(
      z.object({ id: z.string(), type: z.string(), publicKeyMultibase: z.string().optional() }),
    )
    .optional(),
});

/** Of the SubjectPublicKeyInfo that Node reads: sequence, algorithm, curve, bit string. */
const SPKI_PREFIX = {
  k256: {
    33: "3036301006072a8648ce3d020106052b8104000a032200",
    65: "3056301006072a8648ce3d020106052b8104000a034200",
  },
  p256: {
    33: "3039301306072a8648ce3d020106082a8648ce3d030107032200",
    65: "3059301306072a8648ce3d020106082a8648ce3d030107034200",
  },
} as const;

/** Half of the curve's order: a signature with a greater `s` is the malleable twin of one that is allowed. */
const P256_HALF_ORDER = Buffer.from(
  "7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8",
  "hex",
);
const COORDINATE_BYTES = 32;
const COMPRESSED_BYTES = 33;

/** The key of `#atproto` in the document of `did`; null when there is none that can be used. */
export function signingKeyOf(did: string, document: unknown): SigningKey | null {
  const parsed = documentSchema.safeParse(document);
  if (!parsed.success || parsed.data.id !== did) return null;
  const method = parsed.data.verificationMethod?.find(
    ({ id }) => id === "#atproto" || id === `${did}#atproto`,
  );
  if (method?.publicKeyMultibase === undefined) return null;
  try {
    return checked(keyOf(method.type, method.publicKeyMultibase));
  } catch {
    // Whatever the libraries find wrong with it, it is no key.
    return null;
  }
}

/** The key that a `did:key:…` is; null when it is none that can be used. */
export function signingKeyOfDidKey(didKey: string): SigningKey | null {
  try {
    const { jwtAlg, keyBytes } = parseDidKey(didKey);
    return checked({ curve: jwtAlg === SECP256K1_JWT_ALG ? "k256" : "p256", point: keyBytes });
  } catch {
    return null;
  }
}

export function isSameKey(one: SigningKey, other: SigningKey): boolean {
  if (one.curve !== other.curve) return false;
  const [a, b] = [compressed(one), compressed(other)];
  return Buffer.compare(a, b) === 0;
}

/** Points are given in either form. */
function compressed({ point }: SigningKey): Buffer {
  const bytes = Buffer.from(point);
  if (bytes.length === COMPRESSED_BYTES) return bytes;
  const isOdd = ((bytes.at(-1) ?? 0) & 1) === 1;
  return Buffer.concat([Buffer.from([isOdd ? 3 : 2]), bytes.subarray(1, COMPRESSED_BYTES)]);
}

function keyOf(type: string, multibase: string): SigningKey | null {
  switch (type) {
    case "Multikey": {
      const { jwtAlg, keyBytes } = parseMultikey(multibase);
      return { curve: jwtAlg === SECP256K1_JWT_ALG ? "k256" : "p256", point: keyBytes };
    }
    case "EcdsaSecp256k1VerificationKey2019":
      return { curve: "k256", point: multibaseToBytes(multibase) };
    case "EcdsaSecp256r1VerificationKey2019":
      return { curve: "p256", point: multibaseToBytes(multibase) };
    default:
      return null;
  }
}

/** A key that Node takes, so that nothing can throw later. @throws when it is no point of the curve */
function checked(key: SigningKey | null): SigningKey | null {
  if (key !== null) keyObject(key);
  return key;
}

function keyObject({ curve, point }: SigningKey): KeyObject {
  const prefix = point.length === 33 || point.length === 65 ? SPKI_PREFIX[curve][point.length] : "";
  const der = Buffer.concat([Buffer.from(prefix, "hex"), point]);
  return createPublicKey({ key: der, format: "der", type: "spki" });
}

/** Whether `signature` (r and s, 32 bytes each) is that of the SHA-256 of `data`, and not the twin of one. */
export async function isSigned(
  data: Uint8Array,
  signature: Uint8Array,
  key: SigningKey,
): Promise<boolean> {
  switch (key.curve) {
    case "k256":
      return isSignedK256(data, signature, key.point);
    case "p256":
      return await isSignedP256(data, signature, key);
  }
}

function isSignedK256(data: Uint8Array, signature: Uint8Array, point: Uint8Array): boolean {
  try {
    return k256.verify(hash("sha256", data, "buffer"), point, signature, true);
  } catch {
    return false; // It throws when r or s is not below the order: no key makes such a one.
  }
}

/** The curve's arithmetic runs in Node's thread pool. */
async function isSignedP256(
  data: Uint8Array,
  signature: Uint8Array,
  key: SigningKey,
): Promise<boolean> {
  if (Buffer.compare(signature.subarray(COORDINATE_BYTES), P256_HALF_ORDER) > 0) return false;
  const input = { key: keyObject(key), dsaEncoding: "ieee-p1363" } as const;
  return await new Promise((resolve, reject) =>
    verify("sha256", data, input, signature, (error, good) =>
      error === null ? resolve(good) : reject(error),
    ),
  );
}
