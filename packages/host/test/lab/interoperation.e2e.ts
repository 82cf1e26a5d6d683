// SPDX-License-Identifier: Apache-2.0
// libvirt's own tool for guest owners, virt-qemu-sev-validate, with a launch of the lab: it accepts the
// measurement, and the secret packet it makes reaches the guest; it refuses a changed guest.

import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { connectQmp } from "../../src/qmp/index.ts";
import {
  API,
  BOOT_MS,
  consoleOf,
  guestFiles,
  labOf,
  labPlatform,
  missingForBoot,
  ownerSession,
  sevArguments,
} from "../support/lab.ts";

const TOOL = "virt-qemu-sev-validate";

/** The tool with the distribution's own Python, which has the modules it needs. */
const COMMAND = ["/usr/bin/python3", `/usr/bin/${TOOL}`] as const;

/** Family, model and stepping of the vCPU model EPYC-v4. */
const CPU = ["--cpu-family", "23", "--cpu-model", "1", "--cpu-stepping", "2"];

function missing(): string | false {
  const known = missingForBoot();
  if (known !== false) return known;
  const [python, script] = COMMAND;
  if (!existsSync(script)) return `${TOOL} is not installed (Debian: libvirt-clients-qemu)`;
  const { status, stderr } = spawnSync(python, [script, "--help"], { encoding: "utf8" });
  return status === 0 ? false : `${TOOL} does not run: ${stderr.trim().split("\n").at(-1)}`;
}

/** Exit code, and what the tool said. */
async function validate(args: readonly string[]): Promise<{ code: number; said: string }> {
  try {
    const [python, script] = COMMAND;
    const words = [script, ...args];
    const { stdout, stderr } = await promisify(execFile)(python, words, { timeout: BOOT_MS });
    return { code: 0, said: stdout + stderr };
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error)) throw error;
    return { code: Number(error.code), said: error.message };
  }
}

for (const [name, policy, vcpus] of [
  ["SEV", 1, 1],
  ["SEV-ES with two processors", 5, 2],
] as const) {
  test(`${TOOL} accepts a launch: ${name}`, { skip: missing(), timeout: BOOT_MS }, async (t) => {
    const files = await guestFiles(t);
    const { folder } = files;
    const kernel = join(folder, "kernel");
    await copyFile(files.kernel, kernel);
    const platform = labPlatform();
    const session = await ownerSession(platform, folder, policy);
    await writeFile(join(folder, "tik.bin"), session.keys.tik, { mode: 0o600 });
    await writeFile(join(folder, "tek.bin"), session.keys.tek, { mode: 0o600 });
    await writeFile(join(folder, "passphrase.bin"), "made by libvirt", { mode: 0o600 });
    const args = sevArguments({ ...files, kernel }, session, { vcpus });
    const lab = await labOf(t, { args, platform, folder });
    const client = await connectQmp(files.qmp);
    const measured = await client.execute("query-sev-launch-measure");
    assert.ok(typeof measured === "object" && measured !== null && "data" in measured);
    const known = [
      ["--measurement", String(measured.data)],
      ["--api-major", `${API.major}`],
      ["--api-minor", `${API.minor}`],
      ["--build-id", `${API.build}`],
      ["--policy", `${policy}`],
      ["--firmware", files.firmware],
      ["--kernel", kernel],
      ["--initrd", files.initrd],
      ["--tik", join(folder, "tik.bin")],
      ["--tek", join(folder, "tek.bin")],
      ...(vcpus === 1 ? [] : [["--num-cpus", `${vcpus}`, ...CPU]]),
    ].flat();
    const other = await validate([...known, "--cmdline", `${files.append} init=/bin/sh`]);
    assert.notEqual(other.code, 0, other.said);
    const [header, payload] = ["header.b64", "payload.b64"].map((each) => join(folder, each));
    const accepted = await validate(
      [
        known,
        ["--cmdline", files.append],
        ["--inject-secret", `luks-key:${join(folder, "passphrase.bin")}`],
        ["--secret-header", header!, "--secret-payload", payload!],
      ].flat(),
    );
    assert.equal(accepted.code, 0, accepted.said);
    await client.execute("sev-inject-launch-secret", {
      "packet-header": (await readFile(header!, "latin1")).trim(),
      secret: (await readFile(payload!, "latin1")).trim(),
    });
    await client.execute("cont");
    assert.equal((await lab.ended).exitCode, 0);
    assert.match(await consoleOf(files), /guest: secret made by libvirt\r?\n/);
  });
}
