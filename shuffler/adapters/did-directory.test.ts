// Against a real HTTP server on loopback, where a directory may be and a `did:web` may not.

import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  AUDIT_LOG_BYTES_MAX,
  DOCUMENT_BYTES_MAX,
  isPrivate,
  isPublicName,
  lookupPublic,
  openDidDirectory,
} from "./did-directory.ts";

let server: Server;
let url: string;
let answer: RequestListener = () => {};
const asked: string[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url ?? "");
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // Listening on TCP, so it has an address of this type.
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => void server.close());

const DID = "did:plc:abc234567abcdefghijklmno";
const respond =
  (status: number, text: string): RequestListener =>
  (_, response) =>
    void response.writeHead(status).end(text);

describe("a directory", () => {
  it("gives the document of a did:plc", async () => {
    answer = respond(200, JSON.stringify({ id: DID }));
    expect(await openDidDirectory(url).resolve(DID)).toEqual({ id: DID });
    expect(asked.at(-1)).toBe(`/${DID}`);
  });

  it.each([404, 410])("has none when it says %i", async (status) => {
    answer = respond(status, "{}");
    expect(await openDidDirectory(url).resolve(DID)).toBeNull();
  });

  it("has none when it answers with something else than JSON", async () => {
    answer = respond(200, "<html>");
    expect(await openDidDirectory(url).resolve(DID)).toBeNull();
  });

  it.each([429, 500, 302])("is asked again when it says %i", async (status) => {
    answer = respond(status, "");
    const failed = openDidDirectory(url).resolve(DID);
    await expect(failed).rejects.toMatchObject({ code: "did_unavailable", retry: true });
  });

  it("is refused one byte past the limit", async () => {
    const document = (bytes: number) => JSON.stringify("x".repeat(bytes - 2));
    answer = respond(200, document(DOCUMENT_BYTES_MAX));
    expect(await openDidDirectory(url).resolve(DID)).toHaveLength(DOCUMENT_BYTES_MAX - 2);
    answer = respond(200, document(DOCUMENT_BYTES_MAX + 1));
    await expect(openDidDirectory(url).resolve(DID)).rejects.toThrow("does not answer");
  });

  it("is asked again when it hangs up", async () => {
    answer = (request) => void request.socket.destroy();
    await expect(openDidDirectory(url).resolve(DID)).rejects.toMatchObject({ retry: true });
  });
});

describe("the log of a directory", () => {
  it("is asked for at its own address", async () => {
    answer = respond(200, "[]");
    expect(await openDidDirectory(url).auditLog?.(DID)).toEqual([]);
    expect(asked.at(-1)).toBe(`/${DID}/log/audit`);
  });

  it.each([400, 404, 405, 410, 501])("is none when it says %i", async (status) => {
    answer = respond(status, "");
    expect(await openDidDirectory(url).auditLog?.(DID)).toBeNull();
  });

  it.each([429, 500, 502])("is asked for again when it says %i", async (status) => {
    answer = respond(status, "");
    const failed = openDidDirectory(url).auditLog?.(DID);
    await expect(failed).rejects.toMatchObject({ code: "did_unavailable", retry: true });
  });

  it("is none one byte past the limit: to wait would be of no use", async () => {
    const log = (bytes: number) => JSON.stringify("x".repeat(bytes - 2));
    answer = respond(200, log(AUDIT_LOG_BYTES_MAX));
    expect(await openDidDirectory(url).auditLog?.(DID)).toHaveLength(AUDIT_LOG_BYTES_MAX - 2);
    answer = respond(200, log(AUDIT_LOG_BYTES_MAX + 1));
    expect(await openDidDirectory(url).auditLog?.(DID)).toBeNull();
  });

  it("is not asked for of a did:web", async () => {
    const before = asked.length;
    expect(await openDidDirectory(url).auditLog?.("did:web:pds.example.com")).toBeNull();
    expect(asked).toHaveLength(before);
  });
});

describe("a did:web", () => {
  it.each([
    "localhost",
    "a.localhost",
    "127.0.0.1",
    "host",
    "nas.local",
    "x.internal",
    "a.b:80",
    "",
  ])("of %j is never asked for", async (host) => {
    expect(isPublicName(host)).toBe(false);
    expect(await openDidDirectory(url).resolve(`did:web:${host}`)).toBeNull();
  });

  it("of a usual name is", () => {
    expect(isPublicName("pds.example.com")).toBe(true);
  });

  it.each([
    ["127.0.0.1", true],
    ["10.1.2.3", true],
    ["172.31.0.1", true],
    ["172.32.0.1", false],
    ["169.254.169.254", true],
    ["::1", true],
    ["::ffff:10.0.0.1", true],
    ["fd00::1", true],
    ["2606:4700::1111", false],
    ["1.1.1.1", false],
  ])("at %s: private %j", (address, is) => {
    expect(isPrivate(address)).toBe(is);
  });

  it("whose name leads to a private address is not connected to", async () => {
    const failed = new Promise((resolve) =>
      lookupPublic("localhost", {}, (error) => resolve(error?.message)),
    );
    expect(await failed).toBe("localhost is a private address");
  });
});
