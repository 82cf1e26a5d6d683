// SPDX-License-Identifier: Apache-2.0
// `greenlight launch` on the lab host: real QEMU, firmware and kernel before a software secure
// processor. What is asserted on is what the guest printed, and that no key or secret shows anywhere.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { after, before, describe, test } from "node:test";
import { buildSecretTable, DISK_PASSPHRASE_GUID } from "@greenlight/core/session";
import { GuestError, buildInitrd, unlockInit } from "@greenlight/host/guest";
import { startLab } from "@greenlight/host/lab";
import { systemRandom } from "@greenlight/psp/platform";
import { PlatformFolder } from "@greenlight/psp/server";
import { fixtureFirmware } from "../../../../../fixtures/load.ts";
import { appearances } from "../../../../host/test/support/appearances.ts";
import { greenlight } from "../../support/capture.ts";
import type { Captured } from "../../support/capture.ts";
import { enterTemporaryFolder } from "../../support/temporary.ts";

const KERNEL = new URL("../../../../../fixtures/guest/vmlinuz", import.meta.url);

const BINARY = "qemu-system-x86_64";

const PASSPHRASE = "never to be seen 4711";

const PLAN = `schema: greenlight/launch-plan/v1
name: lab
generation: sev
guest:
  firmware: OVMF.fd
  kernel: vmlinuz
  initrd: initrd
  cmdline: console=ttyS0
  memoryMiB: 512
platform:
  minimumApi: "1.51"
  certificates: cek.cert
  simulatorRoots: root.cert
secrets:
  - file: passphrase
accept: [firmware.host-shim.started]
deadlines: { start: 600 }
host:
  lab: { platform: psp, serial: serial.log, faults: FAULTS }
`;

function missing(): string | false {
  if (!existsSync(KERNEL)) return "fixtures/guest/vmlinuz is absent";
  try {
    execFileSync(BINARY, ["--version"], { stdio: "ignore" });
    buildInitrd({ init: unlockInit });
    return false;
  } catch (error) {
    if (error instanceof GuestError) return error.message;
    return `there is no ${BINARY}`;
  }
}

const skip = missing();
let leave: () => void = () => undefined;

before(() => {
  if (skip !== false) return;
  leave = enterTemporaryFolder();
  writeFileSync("OVMF.fd", fixtureFirmware("OVMF.amdsev-2026.08.fd"));
  writeFileSync("vmlinuz", readFileSync(KERNEL));
  writeFileSync("other-vmlinuz", readFileSync(KERNEL).subarray(0, 3_000_000));
  writeFileSync("initrd", buildInitrd({ init: unlockInit }));
  writeFileSync("passphrase", `${PASSPHRASE}\n`, { mode: 0o600 });
  const folder = PlatformFolder.create("psp", {
    line: "Milan",
    api: { major: 1, minor: 55, build: 24 },
    es: true,
    random: systemRandom,
  });
  const platform = folder.load();
  const { ask, ark } = platform.authorities;
  writeFileSync("root.cert", Buffer.concat([ask, ark]));
  writeFileSync("cek.cert", platform.signedCek());
});
after(() => leave());

interface Launched extends Captured {
  /** Command lines of all processes that were seen meanwhile. */
  readonly processes: string;
  readonly keys: readonly Uint8Array[];
}

/** Prepares a session, so that its keys are known here, and carries the launch out. */
async function launched(name: string, faults: readonly string[], json = false): Promise<Launched> {
  writeFileSync(`${name}.yaml`, PLAN.replace("FAULTS", JSON.stringify(faults)));
  const arguments_ = ["launch", `${name}.yaml`, "--session", `${name}.launch`, "--offline"];
  const prepared = await greenlight(...arguments_, "--prepare");
  assert.equal(prepared.code, 0, prepared.out + prepared.err);
  const kept = readFileSync(join(`${name}.launch`, "lab_tk.bin"));
  let processes = "";
  const watch = setInterval(() => {
    processes += commandLines();
  }, 100);
  try {
    const captured = await greenlight(...arguments_, ...(json ? ["--json"] : []));
    const out = prepared.out + captured.out;
    const keys = [kept.subarray(0, 16), kept.subarray(16)];
    return { ...captured, out, processes, keys };
  } finally {
    clearInterval(watch);
  }
}

/** Of everything that this process has started, and what that has started. */
function commandLines(): string {
  const parents = new Map<string, string>();
  for (const pid of readdirSync("/proc").filter((name) => /^[0-9]+$/.test(name))) {
    const [, parent] = /^[0-9]+ \(.*\) . ([0-9]+) /s.exec(read(`/proc/${pid}/stat`)) ?? [];
    if (parent !== undefined) parents.set(pid, parent);
  }
  const isOurs = (pid: string | undefined): boolean =>
    pid !== undefined && (pid === String(process.pid) || isOurs(parents.get(pid)));
  const ours = [...parents.keys()].filter((pid) => isOurs(parents.get(pid)));
  return ours.map((pid) => read(`/proc/${pid}/cmdline`)).join("\n");
}

/** Empty when the process has ended meanwhile. */
function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

/** No output, process, record, and no file that others can read, has a key or a secret. */
function assertNothingShows({ out, err, processes, keys }: Launched, name: string): void {
  const data = new TextEncoder().encode(PASSPHRASE);
  const table = buildSecretTable([{ guid: DISK_PASSPHRASE_GUID, data }]);
  const secrets = [...keys, data, table];
  const look = (text: string | Uint8Array, where: string): void => {
    const bytes = typeof text === "string" ? Buffer.from(text, "latin1") : text;
    assert.deepEqual(appearances(bytes, secrets), [], where);
  };
  look(out, "standard output");
  look(err, "standard error");
  look(processes, "command lines");
  for (const file of readdirSync(`${name}.launch`)) {
    look(readFileSync(join(`${name}.launch`, file)), file);
    assert.equal(statSync(join(`${name}.launch`, file)).mode & 0o077, 0, file);
  }
  for (const file of readdirSync(".", { withFileTypes: true })) {
    if (file.isFile() && (statSync(file.name).mode & 0o077) !== 0) {
      look(readFileSync(file.name), file.name);
    }
  }
}

describe("launch on the lab host", { skip }, () => {
  test("releases the secret to the planned guest, which finds it", async () => {
    const done = await launched("honest", []);
    assert.equal(done.code, 0, done.out + done.err);
    assert.match(done.out, /^Running/m);
    const serial = readFileSync("serial.log", "latin1");
    assert.match(serial, /greenlight-guest: started/);
    assert.match(done.processes, /qemu-system-x86_64.*vmlinuz/s);
    assert.doesNotMatch(serial, /greenlight-guest: no secret/);
    assertNothingShows(done, "honest");
    const again = await greenlight("launch", "honest.yaml", "--session", "honest.launch");
    assert.equal(again.code, 2);
    assert.match(again.err, /was used for a launch already/);
    const record = await greenlight("launch", "record", "honest.launch/record.jsonl");
    assert.equal(record.code, 0, record.out);
  });

  test("attaches to a guest that the host has started, stopped", async () => {
    const plan = PLAN.replace("FAULTS", "[]");
    writeFileSync("attach.yaml", plan.replace(/^ {2}lab: .*$/m, "  qmp: { socket: qmp.sock }"));
    const from = "platform:\n  export: [pdh.cert, chain.cert]\n";
    writeFileSync("attach.yaml", readFileSync("attach.yaml", "utf8").replace("platform:\n", from));
    const platform = PlatformFolder.open("psp").load();
    platform.sev.init({ es: true });
    const exported = platform.sev.pdhCertExport();
    assert.equal(exported.status, "SUCCESS");
    if (exported.status !== "SUCCESS") return;
    writeFileSync("pdh.cert", exported.pdh);
    writeFileSync("chain.cert", exported.certs);
    const attach = ["launch", "attach.yaml", "--session", "attach.launch", "--offline"];
    const prepared = await greenlight(...attach, "--prepare");
    assert.equal(prepared.code, 0, prepared.out + prepared.err);
    const file = (name: string): string => resolve("attach.launch", name);
    const session = `dh-cert-file=${file("lab_godh.b64")},session-file=${file("lab_session.b64")}`;
    const object = `sev-guest,id=sev0,cbitpos=51,reduced-phys-bits=1,policy=0x3301000b,${session}`;
    const lab = await startLab({
      args: [
        "-machine q35,confidential-guest-support=sev0 -m 512 -S -no-reboot -nodefaults",
        `-display none -object ${object},kernel-hashes=on`,
        "-drive if=pflash,format=raw,unit=0,readonly=on,file=OVMF.fd",
        "-kernel vmlinuz -initrd initrd -append console=ttyS0",
        "-qmp unix:qmp.sock,server=on,wait=off -serial file:attach.log",
      ].flatMap((words) => words.split(" ")),
      platform,
      folder: process.cwd(),
    });
    try {
      const { code, out, err } = await greenlight(...attach);
      assert.equal(code, 0, out + err);
      assert.match(out, /machine\.settings\.hidden/);
      assert.equal((await lab.ended).exitCode, 0);
      assert.doesNotMatch(readFileSync("attach.log", "latin1"), /greenlight-guest: no secret/);
    } finally {
      await lab.stop();
    }
  });

  test("refuses another kernel by its measurement", async () => {
    const done = await launched("kernel", ["kernel=other-vmlinuz"], true);
    assert.equal(done.code, 1, done.out + done.err);
    const events = done.out.trimEnd().split("\n").slice(-20);
    const result = events.find((line) => line.includes('"event":"result"'));
    assert.match(result ?? "", /"state":"refused".*launch\.measurement\.mismatch/);
    assertNothingShows(done, "kernel");
  });

  test("refuses a session that the host has taken from an earlier launch", async () => {
    const done = await launched("replay", ["session=kernel.launch/lab"]);
    assert.equal(done.code, 1, done.out + done.err);
    assert.match(done.out, /launch\.measurement\.mismatch/);
    assertNothingShows(done, "replay");
  });

  test("refuses another policy, in the processor's own words", async () => {
    const done = await launched("policy", ["policy=0x1"]);
    assert.equal(done.code, 1, done.out + done.err);
    assert.match(done.out, /launch\.start\.refused/);
    assertNothingShows(done, "policy");
  });

  test("fails when QEMU dies as it is given the secret", async () => {
    const done = await launched("dies", ["kill-at=sev-inject-launch-secret"]);
    assert.equal(done.code, 3, done.out + done.err);
    assert.match(done.err, /greenlight launch: error: /);
    assertNothingShows(done, "dies");
    const record = await greenlight("launch", "record", "dies.launch/record.jsonl");
    assert.equal(record.code, 0, record.out);
  });
});
