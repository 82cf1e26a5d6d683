// SPDX-License-Identifier: Apache-2.0
// Whether real QEMUs take the command lines that are made from plans, as far as a machine without SEV
// can tell: everything is taken, and the launch object alone is refused, in known words.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { lintQemuArguments, qemuArguments, startQemu } from "@greenlight/host/machine";
import type { MachinePlan, SnpMachine } from "@greenlight/host/machine";
import { connectQmp } from "@greenlight/host/qmp";
import {
  NO_QEMU,
  commandLineOf,
  fullPlan,
  testFolder,
  testQemus,
  withoutSev,
} from "../support/qemu.ts";
import type { TestQemu } from "../support/qemu.ts";

const PATIENT = { timeoutMs: 300_000 };

const qemus = testQemus();

/** How QEMU refuses a launch object under TCG. */
const REFUSALS = {
  "sev-guest":
    /machine->cgs->ready' failed|accelerator does not support confidential guest sev-guest/,
  "sev-snp-guest": /cannot set up private guest memory for sev-snp-guest: KVM required/,
};

/** What QEMU says of a command line with its launch object, under TCG. */
async function refusal(t: TestContext, qemu: TestQemu, args: readonly string[], folder: string) {
  const underTcg = args.map((arg, index) => (args[index - 1] === "-accel" ? "tcg" : arg));
  const process = await startQemu(qemu.command, underTcg, { folder });
  t.after(async () => process.stop());
  const end = await process.ended;
  assert.notEqual(end.exitCode, 0);
  return process.stderr();
}

async function snpPlan(folder: string, qemu: TestQemu): Promise<SnpMachine> {
  const { policy: _policy, ...rest } = await fullPlan(folder, qemu);
  return {
    ...rest,
    generation: "sev-snp",
    policy: 0x3_0000n,
    idBlock: new Uint8Array(96),
    idAuth: new Uint8Array(4096),
    authorKey: true,
    hostData: new Uint8Array(32).fill(1),
    workarounds: new Uint8Array(16),
    vcekDisabled: true,
  };
}

test(
  "QEMU takes what is made from plans",
  { skip: qemus.length > 0 ? false : NO_QEMU },
  async (t) => {
    for (const qemu of qemus) {
      await t.test(`${qemu.name}: all but the launch object of SEV-ES`, async (each) => {
        const folder = await testFolder(each);
        const args = qemuArguments(await fullPlan(folder, qemu));
        assert.match(await refusal(each, qemu, args, folder), REFUSALS["sev-guest"]);
      });

      const isNew = qemu.major > 9 || (qemu.major === 9 && qemu.minor >= 1);
      const skip = isNew ? false : `${qemu.name} has no sev-snp-guest`;
      await t.test(`${qemu.name}: all but the launch object of SEV-SNP`, { skip }, async (each) => {
        const folder = await testFolder(each);
        const args = qemuArguments(await snpPlan(folder, qemu));
        assert.match(await refusal(each, qemu, args, folder), REFUSALS["sev-snp-guest"]);
      });

      await t.test(
        `${qemu.name}: without the launch object it waits in prelaunch`,
        async (each) => {
          const folder = await testFolder(each);
          const plan: MachinePlan = {
            ...(await fullPlan(folder, qemu)),
            serial: { kind: "socket", path: join(folder, "serial.sock") },
          };
          const args = withoutSev(qemuArguments(plan));
          const process = await startQemu(qemu.command, args, { folder });
          each.after(async () => process.stop());
          const client = await connectQmp(plan.qmp!, { ...PATIENT, process });
          const status = await client.execute("query-status", undefined, PATIENT);
          assert.equal((status as { status: string }).status, "prelaunch");
          const blocks = (await client.execute("query-block", undefined, PATIENT)) as {
            device: string;
            inserted?: { file: string; ro: boolean };
          }[];
          const disks = blocks.filter(({ device }) => device.startsWith("disk"));
          assert.deepEqual(
            disks.map(({ inserted }) => [inserted?.file, inserted?.ro]),
            plan.disks.map(({ file, readonly: fixed }) => [file, fixed === true]),
          );
          const chardevs = (await client.execute("query-chardev", undefined, PATIENT)) as {
            label: string;
          }[];
          const labels = new Set(chardevs.map(({ label }) => label));
          for (const label of ["channel0", "channel1", "serial0"]) assert(labels.has(label));
          // The kernel shows the same command line that was asked for, and the linter can read it.
          const running = commandLineOf(process.pid);
          assert.deepEqual(running.slice(-args.length), args);
          const findings = lintQemuArguments([
            "qemu-system-x86_64",
            ...running.slice(-args.length),
          ]);
          assert.deepEqual(
            findings.filter(({ outcome }) => outcome === "fail").map(({ id }) => id),
            ["machine.confidential.missing", "machine.accelerator.not-kvm"],
          );
          client.close();
        },
      );
    }
  },
);
