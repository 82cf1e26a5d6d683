// SPDX-License-Identifier: Apache-2.0
// An SEV-SNP guest of the lab, whole: it asks its owner for the passphrase of its disk with a report of
// the software secure processor, and the owner gives it only to the guest that was meant.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { DEFAULT_POLICY, verifyEvidence } from "@greenlight/core/appraisal";
import { Endorser } from "@greenlight/core/endorsement";
import { decodeReport, readEvidence } from "@greenlight/core/evidence";
import { cpuModel, snpLaunchDigest, vmsaProfile } from "@greenlight/core/launch";
import { parsePolicy } from "@greenlight/core/policy";
import {
  OWNER_PORT,
  attestInit,
  buildInitrd,
  readGuestConsole,
  sealForGuest,
  writeGuestRoot,
} from "../../src/guest/index.ts";
import type { GuestConsole } from "../../src/guest/index.ts";
import { FAST_LUKS, makeImage } from "../../src/image/index.ts";
import { OwnerChannel } from "../../src/launch/owner-channel.ts";
import { connectQmp, qemuHypervisor } from "../../src/qmp/index.ts";
import {
  BOOT_MS,
  VCPU_TYPE,
  consoleOf,
  guestFiles,
  labOf,
  labPlatform,
  measuredInputs,
  missingForBoot,
  snpArguments,
} from "../support/lab.ts";
import { missingTools } from "../support/tools.ts";

const MIB = 1024 * 1024;
const PASSPHRASE = new TextEncoder().encode("correct horse battery");
const PROOF = "only the encrypted disk holds this line";
const skip =
  missingForBoot() || missingTools("cryptsetup", "mke2fs", "openssl", "qemu-img", "sfdisk");

/** Starts the guest; `command` is the kernel's command line that the owner expects. */
async function ask(context: TestContext, expected?: string): Promise<GuestConsole> {
  const files = await guestFiles(context);
  const { folder } = files;
  await writeFile(files.initrd, buildInitrd({ init: attestInit }));
  mkdirSync(join(folder, "root"));
  writeGuestRoot(join(folder, "root"), `${PROOF}\n`);
  const disk = join(folder, "disk.qcow2");
  await makeImage({
    out: disk,
    passphrase: PASSPHRASE,
    size: 40 * MIB,
    esp: { size: 0 },
    root: { folder: join(folder, "root") },
    luks: FAST_LUKS,
  });
  const platform = labPlatform();
  const port = join(folder, "owner");
  const args = snpArguments(files, {
    disks: [{ file: disk, format: "qcow2" }],
    channels: [{ name: OWNER_PORT, path: port }],
  });
  const lab = await labOf(context, { args, platform, folder });
  const owner = new OwnerChannel(connect(port));
  const host = qemuHypervisor(await connectQmp(files.qmp));
  await host.resume();

  const nonce = randomBytes(32);
  const { key, report, table } = await owner.evidence(nonce);
  const { measurement, reportData } = decodeReport(report);
  const { findings } = await verifyEvidence(readEvidence(Buffer.concat([report, table])), {
    endorser: new Endorser({ roots: [platform.hierarchy!.trustRoot()] }),
    at: Date.UTC(2026, 2, 1),
    policy: parsePolicy({
      schema: DEFAULT_POLICY.schema,
      evidence: { revocation: { mode: "off" } },
    }),
  });
  const digest = snpLaunchDigest({
    ...(await measuredInputs({ ...files, append: expected ?? files.append })),
    vcpus: 1,
    profile: vmsaProfile("qemu"),
    signature: cpuModel(VCPU_TYPE).signature,
    sevFeatures: 1n,
  });
  const isGenuine = findings.every(({ outcome }) => outcome !== "fail");
  const isFresh = createHash("sha512").update(nonce).update(key).digest().equals(reportData);
  const isMeant = Buffer.from(measurement).equals(digest);
  assert.deepEqual([isGenuine, isFresh], [true, true]);
  if (isMeant) await owner.secret(sealForGuest(key, PASSPHRASE));
  else await owner.refuse();
  const end = await lab.ended;
  assert.equal(end.exitCode, 0, end.stderr);
  const serial = await consoleOf(files);
  assert.ok(!serial.includes("correct horse"));
  return readGuestConsole(serial);
}

test(
  "the guest that is meant gets its passphrase and runs from its disk",
  { skip, timeout: BOOT_MS },
  async (context) => {
    const said = await ask(context);
    const expected = ["started", "askedForSecret", "wiped", "unlocked", "rootRuns", "powerOff"];
    assert.deepEqual(said.states, expected);
    assert.deepEqual(said.proof, [PROOF]);
  },
);

test(
  "a guest that was started otherwise is refused",
  { skip, timeout: BOOT_MS },
  async (context) => {
    const said = await ask(context, "console=ttyS0 quiet rw");
    assert.deepEqual(said.states, ["started", "askedForSecret", "refused", "powerOff"]);
    assert.deepEqual(said.proof, []);
  },
);
