import { expect, it } from "vitest";
import { fakeServer, tempFolder } from "./nats-server/temp-folder.test-support.ts";
import { ensureNatsServer, NatsServerUnavailable } from "./nats-server.ts";

it("names everything it tried and every way out when there is no server to be had", async () => {
  await using folder = await tempFolder();
  const old = await folder.script("old", fakeServer("2.10.1"));
  const env = {
    NATS_SERVER_BIN: old,
    PATH: folder.path,
    XDG_CACHE_HOME: folder.path,
    FPAAS_NATS_RELEASES: "http://127.0.0.1:1",
  };
  const lines: string[] = [];
  const error: unknown = await ensureNatsServer({ env, report: (line) => lines.push(line) }).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(NatsServerUnavailable);
  expect(error).toMatchObject({ code: "nats_server_unavailable" });
  for (const word of [
    "2.10.1",
    "official release",
    "apt-get",
    "NATS_SERVER_BIN",
    "--nats",
    "NATS_URL",
  ]) {
    expect(String(error)).toContain(word);
  }
  expect(lines[0]).toContain(`${old} is 2.10.1`);
  expect(lines.at(-1)).toContain("Debian's package through apt-get");
});

it("reports a usable but old server once and returns it", async () => {
  await using folder = await tempFolder();
  const old = await folder.script("old", fakeServer("2.12.3"));
  const lines: string[] = [];
  const env = { NATS_SERVER_BIN: old };
  const { path } = await ensureNatsServer({ env, report: (line) => lines.push(line) });
  expect(path).toBe(old);
  expect(lines).toEqual([`nats-server: ${old} is 2.12.3; 2.15 or newer is advised`]);
});
