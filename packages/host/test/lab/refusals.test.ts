// SPDX-License-Identifier: Apache-2.0
// What the imitated host refuses, in QEMU's words, and what a misbehaving one does. QEMU is real and
// paused; no guest boots.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { TestContext } from "node:test";
import { snpLaunchDigest, cpuModel, vmsaProfile } from "@greenlight/core/launch";
import { importSigningKey, makeIdBlock, signIdBlock } from "@greenlight/core/id-block";
import { generateKeyPairSync } from "node:crypto";
import type { LabFaults, LabOptions } from "../../src/lab/index.ts";
import { QmpError, connectQmp, qemuHypervisor } from "../../src/qmp/index.ts";
import type { QmpClient } from "../../src/qmp/index.ts";
import {
  BOOT_MS,
  VCPU_TYPE,
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
import type { GuestFiles, OwnerSession } from "../support/lab.ts";

const real = { skip: missingForBoot(), timeout: BOOT_MS };

/** A paused SEV guest and a client of it. */
async function paused(
  context: TestContext,
  faults: (parts: { session: OwnerSession; files: GuestFiles }) => LabFaults | Promise<LabFaults>,
  options: Partial<LabOptions> = {},
) {
  const files = await guestFiles(context);
  const { folder } = files;
  const platform = options.platform ?? labPlatform();
  const session = await ownerSession(platform, folder, 1);
  const lab = await labOf(context, {
    args: sevArguments(files, session),
    platform,
    folder,
    faults: await faults({ session, files }),
    ...options,
  });
  const client = lab.pid === undefined ? undefined : await connectQmp(files.qmp);
  return { files, platform, session, lab, client, host: client && qemuHypervisor(client) };
}

/** QEMU's words when it refuses a command. */
async function wordsOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof QmpError && error.code === "refused") return error.desc ?? "";
    throw error;
  }
  return "no refusal";
}

describe("QEMU gives up before there is a machine", real, () => {
  test("a session for another platform", async (context) => {
    const files = await guestFiles(context);
    const { folder } = files;
    const session = await ownerSession(labPlatform(), folder, 1);
    const args = sevArguments(files, session);
    const lab = await labOf(context, { args, platform: labPlatform(), folder });
    const end = await lab.ended;
    assert.equal(end.exitCode, 1);
    const [first, second, third] = end.stderr.split("\n");
    assert.match(
      first ?? "",
      /: sev_launch_start: LAUNCH_START ret=1 fw_error=11 'Bad measurement'$/,
    );
    assert.match(second ?? "", /: sev_(common_)?kvm_init: failed to create encryption context$/);
    assert.match(third ?? "", /: failed to initialize kvm: Operation not permitted$/);
    assert.equal(lab.pid, undefined);
    assert.equal(existsSync(files.qmp), false);
  });

  test("a policy that the session is not for", async (context) => {
    const { lab } = await paused(context, () => ({ policy: 0n }));
    const end = await lab.ended;
    assert.equal(end.exitCode, 1);
    assert.match(end.stderr, /LAUNCH_START ret=1 fw_error=11 'Bad measurement'/);
  });

  test("a policy with a newer firmware than the platform's", async (context) => {
    const files = await guestFiles(context);
    const platform = labPlatform();
    const session = await ownerSession(platform, files.folder, 0x3801_0001);
    const { folder } = files;
    const lab = await labOf(context, { args: sevArguments(files, session), platform, folder });
    assert.match((await lab.ended).stderr, /fw_error=7 'Policy is not allowed'/);
  });

  test("SEV-ES where the platform has none", async (context) => {
    const files = await guestFiles(context);
    const platform = labPlatform({ es: false });
    platform.sev.init();
    const session = await ownerSession(platform, files.folder, 5);
    const { folder } = files;
    const lab = await labOf(context, { args: sevArguments(files, session), platform, folder });
    const end = await lab.ended;
    assert.equal(end.exitCode, 1);
    assert.match(end.stderr, /policy requires SEV-ES, but host SEV-ES support unavailable/);
  });

  test("another encryption bit", async (context) => {
    const files = await guestFiles(context);
    const { folder } = files;
    const platform = labPlatform({ line: "Rome" });
    const session = await ownerSession(platform, folder, 1);
    const lab = await labOf(context, { args: sevArguments(files, session), platform, folder });
    assert.match((await lab.ended).stderr, /cbitpos check failed, host '47' requested '51'/);
  });

  test("a session file that is not there", async (context) => {
    const { lab } = await paused(context, () => ({
      session: { godhFile: "none", sessionFile: "none" },
    }));
    const end = await lab.ended;
    assert.equal(end.exitCode, 1);
    assert.match(end.stderr, /failed to read 'none'/);
  });

  test("SEV-SNP on a platform without it", async (context) => {
    const files = await guestFiles(context);
    const { folder } = files;
    const args = snpArguments(files, { platform: { cbitpos: 47, reducedPhysBits: 1 } });
    const lab = await labOf(context, { args, platform: labPlatform({ line: "Rome" }), folder });
    assert.match((await lab.ended).stderr, /vm-type SEV-SNP not supported by KVM/);
  });
});

describe("QEMU gives up when it loads the machine", real, () => {
  test("firmware without a place for the table of hashes", async (context) => {
    const files = await guestFiles(context);
    const { folder } = files;
    const platform = labPlatform();
    const session = await ownerSession(platform, folder, 1);
    await writeFile(files.firmware, new Uint8Array(0x10_0000).fill(0xf4));
    const lab = await labOf(context, { args: sevArguments(files, session), platform, folder });
    const end = await lab.ended;
    assert.equal(end.exitCode, 1);
    assert.match(end.stderr, /kernel specified but guest firmware has no hashes table GUID/);
    const status = platform.sev.platformStatus();
    assert.equal(status.status === "SUCCESS" && status.guestCount, 0);
  });

  test("an argument that QEMU does not know", async (context) => {
    const files = await guestFiles(context);
    const { folder } = files;
    const platform = labPlatform();
    const session = await ownerSession(platform, folder, 1);
    const args = [...sevArguments(files, session), "-device", "no-such-device"];
    const lab = await labOf(context, { args, platform, folder });
    const end = await lab.ended;
    assert.equal(end.exitCode, 1);
    assert.match(end.stderr, /no-such-device/);
  });

  test("an ID block for another guest, at cont", async (context) => {
    const files = await guestFiles(context);
    const { folder } = files;
    const key = await importSigningKey(
      generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey.export({
        type: "pkcs8",
        format: "pem",
      }),
    );
    const inputs = await measuredInputs(files);
    const cpu = { signature: cpuModel(VCPU_TYPE).signature, sevFeatures: 1n };
    const profile = vmsaProfile("qemu");
    for (const vcpus of [1, 2]) {
      const launchDigest = snpLaunchDigest({ ...inputs, ...cpu, profile, vcpus });
      const idBlock = makeIdBlock({ launchDigest });
      const idAuth = await signIdBlock(idBlock, key, key);
      const args = snpArguments(files, { idBlock, idAuth, authorKey: true });
      const lab = await labOf(context, { args, platform: labPlatform(), folder });
      const client = await connectQmp(files.qmp);
      const resumed = client.execute("cont").then(
        () => "runs",
        (error: unknown) => (error instanceof QmpError ? error.code : error),
      );
      assert.equal(await resumed, vcpus === 1 ? "runs" : "closed");
      if (vcpus === 1) {
        client.close();
        await lab.stop();
        continue;
      }
      const end = await lab.ended;
      assert.equal(end.exitCode, 1);
      assert.match(end.stderr, /: SNP_LAUNCH_FINISH ret=-5 fw_error=11 'Bad measurement'\n$/);
    }
  });
});

describe("commands of QMP", real, () => {
  test("those of SEV are answered, those that show memory are not", async (context) => {
    const { client, host, platform, session, files } = await paused(context, () => ({}));
    const exported = platform.sev.pdhCertExport();
    const told = await host!.platformExport();
    assert.equal(exported.status, "SUCCESS");
    assert.deepEqual(told.pdh, exported.status === "SUCCESS" && exported.pdh);
    assert.deepEqual(told.certChain, exported.status === "SUCCESS" && exported.certs);
    assert.equal(told.cpu0Id?.length, 64);
    assert.equal((await host!.attestationReport(new Uint8Array(16))).length, 208);
    assert.deepEqual(await client!.execute("query-kvm"), { enabled: true, present: true });
    const words = async (command: string, args?: object): Promise<string> =>
      wordsOf(client!.execute(command, args === undefined ? undefined : { ...args }));
    const leak = { val: 0, size: 4096, filename: join(files.folder, "leak") };
    assert.match(await words("pmemsave", leak), /the hardware would encrypt/);
    assert.equal(existsSync(leak.filename), false);
    const human = { "command-line": "xp /16xb 0x810000" };
    assert.match(await words("human-monitor-command", human), /no human monitor/);
    assert.equal(await words("migrate", { uri: "tcp:x" }), "SEV: Migration is not implemented");
    assert.match(await words("no-such-command"), /has not been found/);
    assert.equal(
      await words("query-sev-attestation-report", { mnonce: "AAAA" }),
      "SEV: mnonce must be 16 bytes (got 3)",
    );
    assert.equal(
      await words("query-sev-attestation-report", { mnonce: "!" }),
      "SEV: failed to decode mnonce input",
    );
    const blob = await host!.launchMeasurement();
    const packet = packetFor(session, blob, "x");
    const text = {
      "packet-header": Buffer.from(packet.header).toString("base64"),
      secret: Buffer.from(packet.payload).toString("base64"),
    };
    const inject = "sev-inject-launch-secret";
    assert.equal(
      await words(inject, { ...text, "packet-header": "?" }),
      "SEV: Failed to decode sequence header",
    );
    assert.equal(await words(inject, { ...text, secret: "?" }), "SEV: Failed to decode data");
    assert.match(
      await words(inject, { ...text, gpa: 0x9000_0000 }),
      /^SEV: Failed to calculate guest address: No memory is mapped at address 0x90000000/,
    );
    assert.equal(await words(inject, text), "no refusal");
    await host!.resume();
    assert.equal(await words(inject, text), "SEV: Not in correct state. (LSECRET) 3");
    const info = await host!.launchInfo();
    assert.equal(info.type === "sev" && info.state, "running");
  });

  test("negotiation is as QEMU has it; one client at a time", async (context) => {
    const { files, client } = await paused(context, () => ({}));
    client!.close();
    const first = rawClient(files.qmp);
    assert.match(await first.line(), /^\{"QMP":\{"version":\{"qemu":/);
    first.send({ execute: "query-status", id: 7 });
    assert.deepEqual(JSON.parse(await first.line()), {
      error: {
        class: "CommandNotFound",
        desc: "Expecting capabilities negotiation with 'qmp_capabilities'",
      },
      id: 7,
    });
    first.send({ execute: "qmp_capabilities" });
    assert.deepEqual(JSON.parse(await first.line()), { return: {} });
    first.send({ execute: "qmp_capabilities" });
    assert.match(await first.line(), /already complete, command ignored/);
    const second = rawClient(files.qmp);
    first.send({ execute: "query-kvm", id: { any: ["thing"] } });
    assert.deepEqual(JSON.parse(await first.line()).id, { any: ["thing"] });
    first.close();
    assert.match(await second.line(), /^\{"QMP"/);
    second.sendText("{broken\n");
    assert.match(await second.line(), /GenericError/);
  });
});

describe("a host that misbehaves", real, () => {
  test("tells another platform's certificates", async (context) => {
    const other = labPlatform({ chipId: new Uint8Array(64).fill(9) });
    other.sev.init();
    const forged = other.sev.pdhCertExport();
    assert.ok(forged.status === "SUCCESS");
    const chain = { pdh: forged.pdh, certChain: forged.certs };
    const { host } = await paused(context, () => ({ chain }));
    assert.deepEqual((await host!.platformExport()).pdh, forged.pdh);
  });

  test("tells an old measurement, turns bits of packets", async (context) => {
    const measurement = new Uint8Array(48).fill(3);
    const told = await paused(context, () => ({ measurement }));
    assert.deepEqual(await told.host!.launchMeasurement(), measurement);
    for (const packet of ["header", "payload"] as const) {
      const { host, session, lab } = await paused(context, () => ({ packet }));
      const blob = await host!.launchMeasurement();
      const words = await wordsOf(host!.injectSecret(packetFor(session, blob, "very secret")));
      assert.equal(words, "SEV: failed to inject secret ret=-5 fw_error=11 'Bad measurement'");
      assert.deepEqual(
        lab.notes.filter(({ id }) => id === "fault").map(({ text }) => text),
        ["the host misbehaves on purpose: packet"],
      );
    }
  });

  test("starts the guest with an earlier session: the measurement is not the new one's", async (context) => {
    const platform = labPlatform();
    const files = await guestFiles(context);
    const old = await ownerSession(platform, files.folder, 1, "old");
    const { host, session } = await paused(context, () => ({ session: old }), { platform });
    const blob = await host!.launchMeasurement();
    const packet = packetFor(session, blob, "secret");
    assert.match(await wordsOf(host!.injectSecret(packet)), /Bad measurement/);
  });

  test("kills QEMU at a step", async (context) => {
    for (const killAt of ["query-sev-launch-measure", "cont"]) {
      const { host, lab, client } = await paused(context, () => ({ killAt }));
      await host!.launchInfo();
      const step = killAt === "cont" ? host!.resume() : host!.launchMeasurement();
      await assert.rejects(step, QmpError);
      assert.equal((await lab.ended).signal, "SIGKILL");
      await client!.closed;
    }
    const files = await guestFiles(context);
    const platform = labPlatform();
    const session = await ownerSession(platform, files.folder, 1);
    const { folder } = files;
    const args = sevArguments(files, session);
    const lab = await labOf(context, { args, platform, folder, faults: { killAt: "start" } });
    assert.equal((await lab.ended).signal, "SIGKILL");
    assert.equal(existsSync(files.qmp), false);
  });

  test("loses, repeats, cuts and delays messages", async (context) => {
    const command = "query-sev-launch-measure";
    const ask = async (client: QmpClient, timeoutMs = 60_000): Promise<unknown> =>
      client.execute(command, undefined, { timeoutMs }).then(
        () => "answered",
        (error: unknown) => (error instanceof QmpError ? error.code : error),
      );
    const cases = [
      ["drop", "timeout"],
      ["truncate", "closed"],
      ["garbage", "protocol"],
      ["delay", "answered"],
    ] as const;
    for (const [kind, expected] of cases) {
      const { client } = await paused(context, () => ({ messages: [{ kind, command }] }));
      // Only what is lost is waited for in vain.
      assert.equal(await ask(client!, kind === "drop" ? 2000 : undefined), expected, kind);
    }
    const again = await paused(context, () => ({ messages: [{ kind: "repeat", command }] }));
    assert.equal(await ask(again.client!), "answered");
    await again.client!.closed;
    const later = await paused(context, () => ({ messages: [{ kind: "reorder", command }] }));
    const both = await Promise.all([ask(later.client!), later.client!.execute("query-status")]);
    assert.equal(both[0], "answered");
  });
});

test("without -S the guest runs before anyone can ask", real, async (context) => {
  const files = await guestFiles(context);
  const { folder } = files;
  const platform = labPlatform();
  const session = await ownerSession(platform, folder, 1);
  const args = sevArguments(files, session).filter((word) => word !== "-S");
  const lab = await labOf(context, { args, platform, folder });
  assert.deepEqual(
    lab.notes.map(({ id }) => id),
    ["launched", "emulated", "measured", "resumed"],
  );
  const host = qemuHypervisor(await connectQmp(files.qmp));
  const info = await host.launchInfo();
  assert.equal(info.type === "sev" && info.state, "running");
  await host.kill();
  const end = await lab.ended;
  assert.equal(end.exitCode, 0);
});

test("a machine without encryption is passed on as it is", real, async (context) => {
  const files = await guestFiles(context);
  const { folder, qmp } = files;
  const args = ["-machine", "q35", "-display", "none", "-nodefaults", "-S"];
  await labOf(context, {
    args: [...args, "-qmp", "unix:qmp,server=on,wait=off"],
    platform: labPlatform(),
    folder,
  });
  const host = qemuHypervisor(await connectQmp(qmp));
  assert.equal((await host.launchInfo()).type, "none");
  assert.match(await wordsOf(host.platformExport()), /KVM not enabled/);
});

/** A client that shows lines as they come. */
function rawClient(path: string) {
  const socket = connect(path);
  let text = "";
  const waiting: ((line: string) => void)[] = [];
  const ready: string[] = [];
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n")) {
      const line = text.slice(0, end);
      text = text.slice(end + 1);
      const next = waiting.shift();
      if (next === undefined) ready.push(line);
      else next(line);
    }
  });
  return {
    send: (message: object) => socket.write(`${JSON.stringify(message)}\n`),
    sendText: (line: string) => socket.write(line),
    close: () => socket.destroy(),
    line: async () => ready.shift() ?? new Promise<string>((resolve) => waiting.push(resolve)),
  };
}
