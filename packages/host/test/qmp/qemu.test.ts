// SPDX-License-Identifier: Apache-2.0
// The client and the hypervisor against real QEMUs, under TCG and paused: nothing boots.

import assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { QmpError, connectQmp, probeSev, qemuHypervisor } from "@greenlight/host/qmp";
import { qemuArguments, startQemu } from "@greenlight/host/machine";
import { NO_QEMU, fullPlan, testFolder, testQemus, withoutSev } from "../support/qemu.ts";

const PATIENT = { timeoutMs: 300_000 };

const qemus = testQemus();

test("real QEMUs", { skip: qemus.length > 0 ? false : NO_QEMU }, async (t) => {
  for (const qemu of qemus) {
    await t.test(`${qemu.name} is greeted, asked, let run and ended`, async (each) => {
      const folder = await testFolder(each);
      const args = withoutSev(qemuArguments(await fullPlan(folder, qemu)));
      const log = join(folder, "qemu.log");
      const process = await startQemu(qemu.command, args, { folder, log });
      each.after(async () => process.stop());
      assert.equal((await stat(log)).mode & 0o777, 0o600);
      const client = await connectQmp(join(folder, "qmp.sock"), { ...PATIENT, process });
      assert.equal(client.greeting.version.major, qemu.major);
      const host = qemuHypervisor(client, { ...PATIENT, process });
      assert.match(host.version, new RegExp(`^${qemu.name}\\.`));
      assert.equal(await host.runState(), "prelaunch");
      assert.deepEqual(await host.launchInfo(), { type: "none" });
      await assert.rejects(host.platformExport(), { code: "refused", desc: "KVM not enabled" });
      await assert.rejects(host.launchMeasurement(), {
        code: "refused",
        desc: "SEV launch measurement is not available",
      });
      await host.resume();
      assert.equal(await host.runState(), "running");
      await host.kill();
      const end = await host.ended;
      assert.equal(end.reason, "QEMU was told to quit");
      assert.equal(end.exitCode, 0);
      assert.equal((await client.closed).code, "closed");
    });

    await t.test(`${qemu.name} says by its schema what it can do`, async (each) => {
      const folder = await testFolder(each);
      const path = join(folder, "q.sock");
      const args = ["-nodefaults", "-display", "none", "-machine", "none", "-S"];
      const qmp = ["-qmp", `unix:${path},server=on,wait=off`];
      const process = await startQemu(qemu.command, [...args, ...qmp], { folder });
      each.after(async () => process.stop());
      const client = await connectQmp(path, { ...PATIENT, process });
      const { commands, sevGuest, sevSnpGuest } = await probeSev(client, PATIENT);
      assert.equal(commands.size, 5);
      assert(sevGuest?.has("kernel-hashes") === true && sevGuest.has("dh-cert-file"));
      const isNew = qemu.major > 9 || (qemu.major === 9 && qemu.minor >= 1);
      assert.equal(sevGuest.has("legacy-vm-type"), isNew);
      assert.equal(sevSnpGuest?.has("id-block") === true, isNew);
      client.close();
    });

    await t.test(`${qemu.name} speaks to one client at a time`, async (each) => {
      const folder = await testFolder(each);
      const path = join(folder, "q.sock");
      const args = ["-nodefaults", "-display", "none", "-machine", "none", "-S"];
      const qmp = ["-qmp", `unix:${path},server=on,wait=off`];
      const process = await startQemu(qemu.command, [...args, ...qmp], { folder });
      each.after(async () => process.stop());
      const first = await connectQmp(path, { ...PATIENT, process });
      await assert.rejects(connectQmp(path, { timeoutMs: 200 }), (error: unknown) => {
        assert(error instanceof QmpError);
        assert.equal(error.code, "timeout");
        assert.match(error.hint ?? "", /another one may hold this socket/);
        return true;
      });
      first.close();
    });

    await t.test(`${qemu.name} that dies while it is asked`, async (each) => {
      const folder = await testFolder(each);
      const path = join(folder, "q.sock");
      const args = ["-nodefaults", "-display", "none", "-machine", "none", "-S"];
      const qmp = ["-qmp", `unix:${path},server=on,wait=off`];
      const qemuProcess = await startQemu(qemu.command, [...args, ...qmp], { folder });
      const client = await connectQmp(path, { ...PATIENT, process: qemuProcess });
      const host = qemuHypervisor(client, { ...PATIENT, process: qemuProcess });
      process.kill(qemuProcess.pid, "SIGSTOP");
      const asked = host.runState();
      process.kill(qemuProcess.pid, "SIGKILL");
      await assert.rejects(asked, { name: "QmpError", code: "closed" });
      assert.equal((await host.ended).reason, "QEMU was ended by SIGKILL");
      await host.kill();
    });

    await t.test(`${qemu.name} that does not take its arguments`, async (each) => {
      const folder = await testFolder(each);
      const process = await startQemu(qemu.command, ["-cpu", "nonsense"], { folder });
      await assert.rejects(connectQmp(join(folder, "q"), { ...PATIENT, process }), {
        code: "closed",
        desc: /unable to find CPU model 'nonsense'/,
      });
      assert.deepEqual(await process.ended, { exitCode: 1 });
    });

    await t.test(`${qemu.name} that greets and then does not like its arguments`, async (each) => {
      const folder = await testFolder(each);
      const path = join(folder, "q.sock");
      const args = [
        "-machine",
        "none",
        "-display",
        "none",
        "-qmp",
        `unix:${path},server=on,wait=off`,
      ];
      const drive = `if=none,file=${join(folder, "absent")}`;
      const process = await startQemu(qemu.command, [...args, "-drive", drive], { folder });
      await assert.rejects(connectQmp(path, { ...PATIENT, process }), {
        code: "closed",
        desc: /No such file or directory/,
      });
    });
  }
});

test("a socket that nobody serves", async (t) => {
  const folder = await testFolder(t);
  await assert.rejects(connectQmp(join(folder, "none"), { timeoutMs: 60 }), {
    name: "QmpError",
    code: "timeout",
  });
  const stop = AbortSignal.abort();
  await assert.rejects(connectQmp(join(folder, "none"), { signal: stop }), { code: "aborted" });
});
