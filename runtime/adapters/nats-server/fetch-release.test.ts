import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { checksumOf, fetchRelease, ReleaseFetchFailed, releaseName } from "./fetch-release.ts";
import { runCommand } from "./run-command.ts";
import { fakeServer, type TempFolder, tempFolder } from "./temp-folder.test-support.ts";

const NAME = releaseName(process.platform, process.arch);
const ARCHIVE = `${NAME}.tar.gz`;

it("unpacks the archive whose checksum is the release's", async () => {
  await using folder = await tempFolder();
  const bytes = await archive(folder);
  await using mirror = await serve({ SHA256SUMS: sums(bytes), [ARCHIVE]: bytes });
  const binary = await fetchRelease(folder.path, mirror.url);
  expect(await runCommand(binary, [], { timeoutMs: 60_000 })).toBe("nats-server: v2.15.1\n");
});

it("refuses an archive with another checksum", async () => {
  await using folder = await tempFolder();
  const bytes = await archive(folder);
  const files = { SHA256SUMS: sums(Buffer.from("other")), [ARCHIVE]: bytes };
  await using mirror = await serve(files);
  await expect(fetchRelease(folder.path, mirror.url)).rejects.toThrow(/has SHA-256 .* says/);
});

it("refuses an archive that the checksum list does not name", async () => {
  await using folder = await tempFolder();
  const bytes = await archive(folder);
  await using mirror = await serve({ SHA256SUMS: "", [ARCHIVE]: bytes });
  await expect(fetchRelease(folder.path, mirror.url)).rejects.toThrow(/does not list/);
});

it("names the URL and status of a missing release", async () => {
  await using folder = await tempFolder();
  await using mirror = await serve({});
  const failed = fetchRelease(folder.path, mirror.url);
  await expect(failed).rejects.toThrow(ReleaseFetchFailed);
  await expect(failed).rejects.toThrow(/SHA256SUMS: HTTP 404/);
});

it("fails at once where nobody listens", async () => {
  await using folder = await tempFolder();
  await expect(fetchRelease(folder.path, "http://127.0.0.1:1")).rejects.toThrow(/fetch failed/);
});

it("knows the release's names of platforms and says when there is none", () => {
  expect(releaseName("linux", "x64")).toBe("nats-server-v2.15.1-linux-amd64");
  expect(releaseName("darwin", "arm64")).toBe("nats-server-v2.15.1-darwin-arm64");
  expect(() => releaseName("aix", "ppc64")).toThrow("there is no release for aix on ppc64");
});

it("reads both forms of a checksum line", () => {
  const hex = "a".repeat(64);
  expect(checksumOf(`${hex}  x.zip\n${hex.replace("a", "b")} *y.zip\n`, "y.zip")).toMatch(/^ba/);
});

async function archive(folder: TempFolder): Promise<Buffer> {
  await folder.script(`made/${NAME}/nats-server`, fakeServer("2.15.1"));
  const cwd = `${folder.path}/made`;
  await runCommand("tar", ["-czf", "made.tar.gz", NAME], { cwd, timeoutMs: 60_000 });
  return await readFile(`${cwd}/made.tar.gz`);
}

function sums(bytes: Uint8Array): string {
  return `${createHash("sha256").update(bytes).digest("hex")}  ${ARCHIVE}\n`;
}

async function serve(files: Record<string, string | Uint8Array>) {
  const server = createServer((request, response) => {
    const body = files[String(request.url).replace("/v2.15.1/", "")];
    response.writeHead(body === undefined ? 404 : 200).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A TCP server's address is an object; a string only for a pipe.
  const { port } = server.address() as AddressInfo;
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()));
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => {
      server.closeAllConnections();
      return close();
    },
  };
}
