// DID documents from the network: `did:plc` from a directory, `did:web` from the host it names. Anybody can
// make a DID that names any host, so only public addresses are asked, and answers are small or refused.

import { lookup } from "node:dns";
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { type DidResolver, DidUnavailable } from "../verify/key-cache.ts";

/** Documents have some hundreds of bytes. */
export const DOCUMENT_BYTES_MAX = 65_536;
/** Of an operation a log has some 1000 bytes; what is longer is taken for none. */
export const AUDIT_LOG_BYTES_MAX = 2_000_000;
/** From the start of a request to the last byte of its answer. */
export const REQUEST_MS_MAX = 5000;

const NOT_FOUND = new Set([404, 410]);
/** Of a mirror that keeps documents only. */
const NO_SUCH_LOG = new Set([400, 404, 405, 410, 501]);
const WEB_PREFIX = "did:web:";
const PLC = /^did:plc:[a-z2-7]{24}$/;
/** The host of a `did:web` as atproto allows it: no port, no path, at least two labels. */
const WEB_HOST = /^[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z][a-z0-9-]*$/i;
/** Names that only resolve inside somebody's network. */
const LOCAL_NAME = /(^|\.)(localhost|local|internal|home|lan|test|invalid)$/i;

/** @param plcUrl of the directory, `https://…`; the operator's word, so it may be anywhere */
export function openDidDirectory(plcUrl: string): DidResolver {
  const directory = plcUrl.replace(/\/*$/, "");
  return {
    resolve: async (did) => {
      if (PLC.test(did)) {
        return await fetchDocument(new URL(`${directory}/${did}`), OF_DIRECTORY);
      }
      const host = did.startsWith(WEB_PREFIX) ? did.slice(WEB_PREFIX.length) : "";
      if (!isPublicName(host)) return null;
      const url = new URL(`https://${host}/.well-known/did.json`);
      return await fetchDocument(url, OF_HOST);
    },
    auditLog: async (did) => {
      if (!PLC.test(did)) return null;
      return await fetchDocument(new URL(`${directory}/${did}/log/audit`), OF_LOG);
    },
  };
}

/** Whether a `did:web` of this host is to be asked for at all. */
export function isPublicName(host: string): boolean {
  return WEB_HOST.test(host) && !LOCAL_NAME.test(host) && isIP(host) === 0;
}

/** As `dns.lookup`, but a name with any private address fails. */
export const lookupPublic: LookupFunction = (name, options, callback) => {
  lookup(name, { ...options, all: true }, (error, addresses) => {
    const [first] = addresses ?? [];
    if (error !== null || first === undefined) {
      callback(error ?? new Error(`${name} has no address`), []);
    } else if (addresses.some(({ address }) => isPrivate(address))) {
      callback(new Error(`${name} is a private address`), []);
    } else if (options.all === true) callback(null, addresses);
    else callback(null, first.address, first.family);
  });
};

const PRIVATE = new BlockList();
for (const [net, bits] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["224.0.0.0", 3],
] as const) {
  PRIVATE.addSubnet(net, bits, "ipv4");
}
for (const [net, bits] of [
  ["::", 127],
  ["64:ff9b::", 96],
  ["fc00::", 7],
  ["fe80::", 10],
  ["ff00::", 8],
] as const) {
  PRIVATE.addSubnet(net, bits, "ipv6");
}

export function isPrivate(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return isPrivate(mapped);
  return PRIVATE.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}

type Asking = {
  /** Whether no answer is the directory's trouble, and so worth waiting for. */
  readonly retry: boolean;
  readonly resolve: LookupFunction;
  /** Answers that say there is none. */
  readonly none: ReadonlySet<number>;
  readonly bytesMax: number;
  /** Whether what is too large counts as none: nobody waits for it to get smaller. */
  readonly isNoneBeyond: boolean;
};

const OF_HOST: Asking = {
  retry: false,
  resolve: lookupPublic,
  none: NOT_FOUND,
  bytesMax: DOCUMENT_BYTES_MAX,
  isNoneBeyond: false,
};
const OF_DIRECTORY: Asking = { ...OF_HOST, retry: true, resolve: lookup };
const OF_LOG: Asking = {
  ...OF_DIRECTORY,
  none: NO_SUCH_LOG,
  bytesMax: AUDIT_LOG_BYTES_MAX,
  isNoneBeyond: true,
};

class TooLarge extends Error {}

async function fetchDocument(url: URL, asking: Asking): Promise<unknown> {
  const { retry, none } = asking;
  let answer: Answer;
  try {
    answer = await get(url, asking);
  } catch (cause) {
    if (asking.isNoneBeyond && cause instanceof TooLarge) return null;
    throw new DidUnavailable(`${url.host} does not answer`, retry, { cause });
  }
  if (none.has(answer.status)) return null;
  if (answer.status !== 200) throw new DidUnavailable(`${url.host}: ${answer.status}`, retry);
  try {
    return JSON.parse(answer.text);
  } catch {
    return null; // It answered, and not with a document.
  }
}

type Answer = { readonly status: number; readonly text: string };

/** Follows no redirect: a public host could send us to a private one. */
async function get(url: URL, { resolve, bytesMax }: Asking): Promise<Answer> {
  const request = url.protocol === "http:" ? requestHttp : requestHttps;
  const headers = { accept: "application/json", "user-agent": "fpaas" };
  const signal = AbortSignal.timeout(REQUEST_MS_MAX);
  return await new Promise((answered, failed) => {
    const sent = request(url, { lookup: resolve, headers, signal }, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on("error", failed).on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        chunks.push(chunk);
        if (bytes > bytesMax) response.destroy(new TooLarge("the document is too large"));
      });
      const text = (): string => Buffer.concat(chunks).toString("utf8");
      response.on("end", () => answered({ status: response.statusCode ?? 0, text: text() }));
    });
    sent.on("error", failed).end();
  });
}
