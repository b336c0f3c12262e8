import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { DebianFetchFailed, fetchFromDebian, mirrorIn } from "./fetch-debian.ts";
import { tryBinary } from "./find.ts";
import { fakeServer, tempFolder } from "./temp-folder.test-support.ts";

const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";
const REAL = process.env.CI === "true" && existsSync("/usr/bin/apt-get") && existsSync(KEYRING);

it("takes the machine's Debian mirror, not its security archive or another vendor's", () => {
  const targets = [
    "http://vendor.example/x/ Vendor Vendor",
    "http://mirror.example/debian-security/ Debian Debian-Security",
    "http://mirror.example/debian/ Debian Debian",
  ];
  expect(mirrorIn(targets.join("\n"))).toBe("http://mirror.example/debian/");
  expect(mirrorIn(targets.slice(0, 2).join("\n"))).toBeNull();
});

it.skipIf(!existsSync(KEYRING))(
  "asks apt for the package with private folders only, though a source of the machine is dead",
  async () => {
    await using folder = await tempFolder();
    await folder.script(
      "bin/apt-get",
      fakeApt(folder.path, "echo http://mirror.example Debian Debian"),
    );
    await folder.script("bin/dpkg-deb", `mkdir -p $3/usr/sbin; cp "$2" $3/usr/sbin/nats-server`);
    const binary = await fetchFromDebian(folder.path, { PATH: `${folder.path}/bin:/usr/bin:/bin` });
    expect(await tryBinary(binary)).toMatchObject({ version: "2.15.7" });
    const calls = (await readFile(`${folder.path}/calls`, "utf8")).trim().split("\n");
    expect(calls).toHaveLength(4);
    for (const call of calls) {
      expect(call).toContain(`Dir::State::lists=${folder.path}`);
      expect(call).toContain(`Dir::Cache=${folder.path}`);
      expect(call).toContain("Dir::State::status=/dev/null");
    }
    expect(await readFile(`${folder.path}/sources.list`, "utf8")).toBe(
      `deb [signed-by=${KEYRING}] http://mirror.example forky main\n`,
    );
  },
);

it.skipIf(!existsSync(KEYRING))("says why there is no Debian mirror", async () => {
  await using folder = await tempFolder();
  await folder.script("bin/apt-get", fakeApt(folder.path, "true"));
  const env = { PATH: `${folder.path}/bin:/usr/bin:/bin` };
  const failed = fetchFromDebian(folder.path, env);
  await expect(failed).rejects.toThrow(DebianFetchFailed);
  await expect(failed).rejects.toThrow(
    /no Debian mirror among this machine's apt sources \(apt-get: E: dead source\)/,
  );
});

it.skipIf(!REAL)("fetches a running server from the machine's own mirror (in CI)", async () => {
  await using folder = await tempFolder();
  expect(typeof (await tryBinary(await fetchFromDebian(folder.path, process.env)))).toBe("object");
});

/** An apt-get that notes its calls, fails its update of the machine's sources, and has one package. */
function fakeApt(folder: string, indexTargets: string): string {
  return `echo "$*" >> ${folder}/calls
case "$*" in
  *SourceList*update) ;;
  *update) echo "E: dead source" >&2; exit 100;;
  *indextargets*) ${indexTargets};;
  *download*) printf '#!/bin/sh\\n${fakeServer("2.15.7")}\\n' > nats-server_2.15.7.deb; chmod +x *.deb;;
esac`;
}
