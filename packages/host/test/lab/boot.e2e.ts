// SPDX-License-Identifier: Apache-2.0
// Guests of the lab with real QEMU, real firmware and a real kernel: what they print decides.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { DEFAULT_POLICY, verifyEvidence } from "@greenlight/core/appraisal";
import { Endorser } from "@greenlight/core/endorsement";
import { decodeReport, readEvidence } from "@greenlight/core/evidence";
import { readFirmware } from "@greenlight/core/firmware";
import {
  cpuModel,
  launchMeasurement,
  sevEsLaunchDigest,
  sevLaunchDigest,
  snpLaunchDigest,
  vmsaProfile,
} from "@greenlight/core/launch";
import { parsePolicy } from "@greenlight/core/policy";
import { SHIM_LINES, shimApplication } from "../../src/guest/index.ts";
import { connectQmp, qemuHypervisor } from "../../src/qmp/index.ts";
import {
  API,
  BOOT_MS,
  VCPU_TYPE,
  artefact,
  consoleOf,
  guestFiles,
  labOf,
  labPlatform,
  measuredInputs,
  missingForBoot,
  ownerSession,
  packetFor,
  sevArguments,
  snpArguments,
} from "../support/lab.ts";
import type { GuestFiles } from "../support/lab.ts";

const booting = { skip: missingForBoot(), timeout: BOOT_MS };
const SECRET = "open sesame";

/** The measurement that an owner expects. */
function measureOf(
  session: { readonly policy: number; readonly keys: { readonly tik: Uint8Array } },
  digest: Uint8Array,
  mnonce: Uint8Array,
): Uint8Array {
  const { policy, keys } = session;
  const version = { apiMajor: API.major, apiMinor: API.minor, buildId: API.build };
  return launchMeasurement({ tik: keys.tik, policy, digest, mnonce, ...version });
}

/** The guest's kernel with one bit turned. */
async function otherKernel({ kernel, folder }: GuestFiles): Promise<string> {
  const bytes = await readFile(kernel);
  bytes[bytes.length - 1]! ^= 1;
  const path = join(folder, "other-kernel");
  await writeFile(path, bytes);
  return path;
}

test("an SEV guest that is measured as expected gets its secret", booting, async (context) => {
  const files = await guestFiles(context);
  const { folder } = files;
  const platform = labPlatform();
  const session = await ownerSession(platform, folder, 1);
  const lab = await labOf(context, { args: sevArguments(files, session), platform, folder });
  const host = qemuHypervisor(await connectQmp(files.qmp));
  const info = await host.launchInfo();
  assert.equal(info.type === "sev" && info.state, "launch-secret");
  assert.equal(await host.runState(), "prelaunch");
  const blob = await host.launchMeasurement();
  const digest = sevLaunchDigest(await measuredInputs(files));
  assert.deepEqual(blob.subarray(0, 32), measureOf(session, digest, blob.subarray(32)));
  await host.injectSecret(packetFor(session, blob, SECRET));
  await host.resume();
  const end = await lab.ended;
  const said = await consoleOf(files);
  assert.match(said, new RegExp(`guest: secret ${SECRET}\r?\n`));
  assert.match(said, /guest: command line initrd=initrd console=ttyS0 quiet\r?\n/);
  assert.match(said, /guest: done/);
  assert.equal(end.exitCode, 0, end.stderr);
  assert.equal(end.stderr, "");
  assert.equal(await lab.firmwareRefused, undefined);
  const status = platform.sev.platformStatus();
  assert.equal(status.status === "SUCCESS" && status.guestCount, 0);
});

test("SEV-ES: the pages of all processors are measured", booting, async (context) => {
  const files = await guestFiles(context);
  const { folder } = files;
  const platform = labPlatform();
  const session = await ownerSession(platform, folder, 5);
  const args = sevArguments(files, session, { vcpus: 2 });
  const lab = await labOf(context, { args, platform, folder });
  const host = qemuHypervisor(await connectQmp(files.qmp));
  const blob = await host.launchMeasurement();
  const digest = sevEsLaunchDigest({
    ...(await measuredInputs(files)),
    vcpus: 2,
    profile: vmsaProfile("qemu-es-legacy"),
    signature: cpuModel(VCPU_TYPE).signature,
    sevFeatures: 0n,
  });
  assert.deepEqual(blob.subarray(0, 32), measureOf(session, digest, blob.subarray(32)));
  await host.injectSecret(packetFor(session, blob, SECRET));
  await host.resume();
  const end = await lab.ended;
  assert.equal(end.exitCode, 0, end.stderr);
  assert.match(await consoleOf(files), new RegExp(`guest: secret ${SECRET}\r?\n`));
});

test("a kernel behind the measured table: the refusal is noticed", booting, async (context) => {
  const files = await guestFiles(context);
  const { folder } = files;
  const platform = labPlatform();
  const session = await ownerSession(platform, folder, 1);
  const faults = { kernelBehindTable: await otherKernel(files) };
  const args = sevArguments(files, session);
  const lab = await labOf(context, { args, platform, folder, faults });
  const host = qemuHypervisor(await connectQmp(files.qmp));
  const blob = await host.launchMeasurement();
  const digest = sevLaunchDigest(await measuredInputs(files));
  // The owner cannot see it: the measured table is the honest one.
  assert.deepEqual(blob.subarray(0, 32), measureOf(session, digest, blob.subarray(32)));
  await host.resume();
  const note = await lab.firmwareRefused;
  assert.equal(note?.id, "firmware-refused");
  assert.match(lab.stderr(), /greenlight lab: the firmware has stopped for ever/);
  assert.equal(await host.runState(), "running");
  assert.equal(await consoleOf(files), "");
  const end = await lab.stop();
  assert.notEqual(end.exitCode ?? end.signal, undefined);
});

const DEBUG_FIRMWARE = "OVMF.amdsev.2025.02.debug.fd";

test(
  "what the RIP test takes for a refusal is one, in the words of a DEBUG firmware",
  { ...booting, skip: missingForBoot(DEBUG_FIRMWARE) },
  async (context) => {
    const files = await guestFiles(context, { firmware: artefact(DEBUG_FIRMWARE) });
    const { folder } = files;
    const platform = labPlatform();
    const session = await ownerSession(platform, folder, 1);
    const log = join(folder, "debug");
    const args = [
      ...sevArguments(files, session),
      "-debugcon",
      `file:${log}`,
      "-global",
      "isa-debugcon.iobase=0x402",
    ];
    const faults = { kernelBehindTable: await otherKernel(files) };
    const lab = await labOf(context, { args, platform, folder, faults });
    await qemuHypervisor(await connectQmp(files.qmp)).resume();
    const note = await lab.firmwareRefused;
    assert.equal(note?.id, "firmware-refused", await readFile(log, "latin1"));
    const said = await readFile(log, "latin1");
    assert.match(said, /VerifyBlob: Hash comparison failed for "kernel"/);
  },
);

test("the shim attack: unmeasured code finds the secret", booting, async (context) => {
  const files = await guestFiles(context);
  const { folder } = files;
  const platform = labPlatform();
  const session = await ownerSession(platform, folder, 1);
  const secretArea = readFirmware(new Uint8Array(await readFile(files.firmware))).secret?.base;
  const shim = join(folder, "shim.efi");
  await writeFile(shim, shimApplication({ secretArea: secretArea ?? 0 }));
  const args = [...sevArguments(files, session), "-shim", shim];
  const lab = await labOf(context, { args, platform, folder });
  const host = qemuHypervisor(await connectQmp(files.qmp));
  const blob = await host.launchMeasurement();
  const digest = sevLaunchDigest(await measuredInputs(files));
  assert.deepEqual(blob.subarray(0, 32), measureOf(session, digest, blob.subarray(32)));
  await host.injectSecret(packetFor(session, blob, SECRET));
  await host.resume();
  const end = await lab.ended;
  const said = await consoleOf(files);
  assert.ok(said.includes(SHIM_LINES.runs), said);
  assert.ok(said.includes(SHIM_LINES.found), said);
  assert.ok(!said.includes("guest:"), said);
  assert.equal(end.exitCode, 0, end.stderr);
});

/** Gets a report over the port, as a shell can, and prints it. */
const ASK_FOR_REPORT = `
for each in /sys/class/virtio-ports/*; do
  name=$(/bin/busybox cat "$each/name")
  echo "guest: port $name"
  [ "$name" = org.greenlight.tsm ] && exec 3<>"/dev/\${each##*/}"
done
echo "guest: disk $(/bin/busybox head -c 9 /dev/vda)"
ask() { echo "$*" >&3; read -r status value <&3; echo "guest: $1 $status"; }
ask mkdir one
ask write one/inblob $(/bin/busybox head -c 64 /dev/zero | /bin/busybox tr '\\000' 'g' | /bin/busybox base64 -w 0)
ask read one/outblob
echo "guest: report $value"
ask read one/auxblob
echo "guest: table $value"
ask read one/nothing
ask rmdir one
`;

test("an SEV-SNP guest gets a report that verifies", booting, async (context) => {
  const files = await guestFiles(context, { more: ASK_FOR_REPORT });
  const { folder } = files;
  const platform = labPlatform();
  const disk = join(folder, "disk");
  await writeFile(disk, Buffer.concat([Buffer.from("the disk."), new Uint8Array(0x10000)]));
  const args = snpArguments(files, {
    vcpus: 2,
    hostData: new Uint8Array(32).fill(7),
    disks: [{ file: disk, format: "raw" }],
    channels: [{ name: "org.greenlight.owner", path: join(folder, "owner") }],
  });
  const lab = await labOf(context, { args, platform, folder });
  const host = qemuHypervisor(await connectQmp(files.qmp));
  const info = await host.launchInfo();
  assert.equal(info.type === "sev-snp" && info.snpPolicy, 0x30000n);
  await host.resume();
  const end = await lab.ended;
  const said = await consoleOf(files);
  assert.equal(end.exitCode, 0, end.stderr);
  assert.match(said, /guest: port org\.greenlight\.owner/);
  assert.match(said, /guest: disk the disk\./);
  assert.match(said, /guest: rmdir ok/);
  assert.match(said, /guest: read error/);
  const [report, table] = ["report", "table"].map((what) =>
    Buffer.from(new RegExp(`guest: ${what} (\\S+)`).exec(said)?.[1] ?? "", "base64"),
  );
  const decoded = decodeReport(report!);
  const digest = snpLaunchDigest({
    ...(await measuredInputs(files)),
    vcpus: 2,
    profile: vmsaProfile("qemu"),
    signature: cpuModel(VCPU_TYPE).signature,
    sevFeatures: 1n,
  });
  assert.deepEqual(decoded.measurement, digest);
  assert.deepEqual(decoded.reportData, new Uint8Array(64).fill("g".charCodeAt(0)));
  assert.deepEqual(decoded.hostData, new Uint8Array(32).fill(7));
  const verdict = await verifyEvidence(readEvidence(Buffer.concat([report!, table!])), {
    endorser: new Endorser({ roots: [platform.hierarchy!.trustRoot()] }),
    at: Date.UTC(2026, 2, 1),
    policy: parsePolicy({
      schema: DEFAULT_POLICY.schema,
      evidence: { revocation: { mode: "off" } },
    }),
  });
  const failed = verdict.findings.filter(({ outcome }) => outcome === "fail");
  assert.deepEqual(failed, []);
});
