// SPDX-License-Identifier: Apache-2.0
// A real libvirt: its schema and its test driver take the XML made from plans, and a private daemon
// over a real QEMU runs a domain, as far as a machine without SEV can.

import assert from "node:assert/strict";
import { chmod, chown, copyFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { LibvirtDomain, libvirtHypervisor } from "@greenlight/host/libvirt";
import { libvirtXml, lintDomainXml, lintQemuArguments } from "@greenlight/host/machine";
import { open } from "../support/findings.ts";
import {
  NO_QEMU,
  commandLineOf,
  fullPlan,
  hasProgram,
  testFolder,
  testQemus,
} from "../support/qemu.ts";
import { missingLibvirt, privateLibvirt } from "../support/virsh.ts";

const PATIENT = { timeoutMs: 300_000 };

const SESSION = { godh: new Uint8Array(2084).fill(1), session: new Uint8Array(128).fill(2) };

const [qemu] = testQemus();

const noVirsh = hasProgram("virsh") ? false : "virsh is not installed";

test("libvirt's schema and parser take the XML of SEV-ES guests", { skip: noVirsh }, async (t) => {
  const folder = await testFolder(t);
  const plan = await fullPlan(folder, { command: "", name: "", major: 11, minor: 1 });
  const domain = new LibvirtDomain({ uri: "test:///default", domain: plan.name, ...PATIENT });
  await domain.define(libvirtXml(plan, SESSION));
  // The schema is really looked at.
  const wrong = libvirtXml(plan, SESSION).replace("<vcpu>", "<frobnicate/><vcpu>");
  await assert.rejects(domain.define(wrong), { name: "LibvirtError", code: "refused" });
});

test("libvirt's test driver: a domain's states", { skip: noVirsh }, async () => {
  const options = { uri: "test:///default", domain: "test", ...PATIENT };
  const host = await libvirtHypervisor(options);
  assert.match(host.version, /^libvirt [\d.]+, TEST [\d.]+$/);
  assert.equal(await host.runState(), "running");
  await assert.rejects(host.platformExport(), { code: "refused", desc: /virNodeGetSEVInfo/ });
  await host.close();
  await assert.rejects(libvirtHypervisor({ ...options, domain: "nosuch" }), { code: "no-domain" });
  await assert.rejects(
    libvirtHypervisor({ ...options, uri: "qemu:///session?socket=/nonexistent" }),
    {
      code: "no-connection",
    },
  );
});

const skip = noVirsh === false ? missingLibvirt() : noVirsh;

test("a daemon over a real QEMU", { skip: qemu === undefined ? NO_QEMU : skip }, async (t) => {
  assert(qemu !== undefined);
  const folder = await testFolder(t);
  const uri = await privateLibvirt(t, folder);
  const plan = await fullPlan(folder, qemu);
  const kernel = join(folder, "vmlinuz");
  await copyFile(plan.kernel!, kernel);
  const files = [plan.firmware, plan.initrd!, kernel, ...plan.disks.map(({ file }) => file)];
  for (const file of files) {
    await chmod(file, 0o644);
    if (process.getuid?.() === 0) await chown(file, 65_534, 65_534);
  }
  const domain = new LibvirtDomain({ uri, domain: plan.name, folder, ...PATIENT });
  const xml = libvirtXml({ ...plan, kernel }, SESSION);
  await assert.rejects(domain.define(xml), { code: "refused", desc: /SEV|virt type 'kvm'/ });
  await assert.rejects(domain.platformExport(), { code: "refused", desc: /does not support SEV/ });

  // The same domain without what needs SEV.
  const plain = xml
    .replace("type='kvm'", "type='qemu'")
    .replace(/ *<launchSecurity[^]*<\/launchSecurity>\n/, "")
    .replace(/ *<memoryBacking>[^]*<\/memoryBacking>\n/, "")
    .replace("EPYC-Milan", "qemu64");
  await domain.define(plain);
  await domain.startPaused();
  try {
    const host = await libvirtHypervisor({
      uri,
      domain: plan.name,
      folder,
      watchMs: 50,
      ...PATIENT,
    });
    assert.equal(await host.runState(), "paused");
    assert.deepEqual(await host.launchInfo(), { type: "none" });
    const packet = { header: new Uint8Array(52), payload: new Uint8Array(16) };
    await assert.rejects(host.injectSecret(packet), {
      code: "refused",
      desc: /only supported in SEV-enabled domains/,
    });
    await assert.rejects(host.attestationReport(new Uint8Array(16)), {
      code: "refused",
      desc: "SEV is not enabled",
    });

    // The linter reads what libvirt made of it: its own XML, and QEMU's command line.
    const lacking = ["fail confidential.missing", "fail accelerator.not-kvm"];
    assert.deepEqual(open(lintDomainXml(await domain.xml())), lacking);
    const pids = await readFile(join(folder, "run/libvirt/qemu/run", `${plan.name}.pid`), "utf8");
    const running = open(lintQemuArguments(commandLineOf(Number(pids))));
    // libvirt tells QEMU about reboots when it runs, and not by its command line.
    assert.deepEqual(running, [...lacking, "fail reboot.allowed"]);

    await host.resume();
    assert.equal(await host.runState(), "running");
    await host.kill();
    assert.deepEqual(await host.ended, { reason: "the domain was destroyed" });
    await host.kill();
  } finally {
    // Before the daemon goes: the domain would stay without it. It may be gone, which is no matter.
    await domain.destroy().catch(() => undefined);
  }
  await domain.undefine();
  await assert.rejects(domain.state(), { code: "no-domain" });
});
