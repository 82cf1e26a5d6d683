// SPDX-License-Identifier: Apache-2.0
// The linter of command lines: each trap by itself, with its finding and no other.

import assert from "node:assert/strict";
import { test } from "node:test";
import { HOST_FINDINGS } from "../../../core/src/finding/catalogue-host.ts";
import { lintQemuArguments } from "@greenlight/host/machine";
import type { Finding } from "@greenlight/core/finding";
import { open } from "../support/findings.ts";
import { GOOD_ARGUMENTS as GOOD, words } from "../support/command-lines.ts";

const GOOD_SNP = GOOD.replace("sev-guest,", "sev-snp-guest,")
  .replace("policy=0x7", "policy=0x30000")
  .replace(/dh-cert.*?session-file=s,/, "")
  .replace(",legacy-vm-type=on", "")
  .replace(/-drive \S+/, "-bios OVMF.amdsev.fd");

/** What is added to, or changed in, the good command line, and what must be found. */
const TRAPS: readonly (readonly [string, (good: string) => string, readonly string[]])[] = [
  ["nothing", (good) => good, []],
  [
    "no launch object",
    (good) => good.replace(",confidential-guest-support=sev0", ""),
    ["fail confidential.missing"],
  ],
  [
    "an object that is not there",
    (good) => good.replace("support=sev0", "support=sev1"),
    ["fail confidential.missing"],
  ],
  [
    "a TDX object",
    (good) => good.replace(/sev-guest,\S+/, "tdx-guest,id=sev0"),
    ["fail confidential.missing", "unknown settings.unknown"],
  ],
  [
    "the deprecated way",
    (good) => good.replace("confidential-guest-support", "memory-encryption"),
    ["warn confidential.deprecated"],
  ],
  ["no accelerator", (good) => good.replace("-accel kvm", ""), ["fail accelerator.not-kvm"]],
  ["TCG", (good) => good.replace("-accel kvm", "-accel tcg"), ["fail accelerator.not-kvm"]],
  ["something to fall back to", (good) => `${good} -accel tcg`, ["fail accelerator.not-kvm"]],
  ["KVM named twice", (good) => `${good} -enable-kvm`, []],
  [
    "KVM or TCG by machine",
    (good) => good.replace("-accel kvm", "-machine accel=kvm:tcg"),
    ["fail accelerator.not-kvm"],
  ],
  ["not paused", (good) => good.replace(" -S", ""), ["fail start.unpaused"]],
  ["reboot", (good) => good.replace(" -no-reboot", ""), ["fail reboot.allowed"]],
  ["reboot by action", (good) => good.replace("-no-reboot", "-action reboot=shutdown"), []],
  [
    "reboot by action, reset",
    (good) => good.replace("-no-reboot", "-action reboot=reset"),
    ["fail reboot.allowed"],
  ],
  ["no policy", (good) => good.replace("policy=0x7,", ""), ["warn policy.unset"]],
  [
    "a policy that is none",
    (good) => good.replace("policy=0x7", "policy=seven"),
    ["fail policy.unset"],
  ],
  ["debugging", (good) => good.replace("policy=0x7", "policy=0x6"), ["fail policy.debug-allowed"]],
  ["a policy in decimal", (good) => good.replace("policy=0x7", "policy=7"), []],
  [
    "another guest's key",
    (good) => good.replace("policy=0x7", "policy=0x7,handle=2"),
    ["fail key.shared"],
  ],
  ["a handle of zero", (good) => good.replace("policy=0x7", "policy=0x7,handle=0x0"), []],
  ["no session", (good) => good.replace("session-file=s,", ""), ["fail session.missing"]],
  [
    "no session at all",
    (good) => good.replace("dh-cert-file=g,session-file=s,", ""),
    ["fail session.missing"],
  ],
  [
    "no reduced bits",
    (good) => good.replace("reduced-phys-bits=1,", ""),
    ["fail platform-bits.missing"],
  ],
  ["the kind unset", (good) => good.replace(",legacy-vm-type=on", ""), ["warn vm-type.unset"]],
  ["the kind automatic", (good) => good.replace("type=on", "type=auto"), ["warn vm-type.unset"]],
  [
    "the kind unset for SEV",
    (good) => good.replace(",legacy-vm-type=on", "").replace("0x7", "3"),
    [],
  ],
  [
    "the host's CPU",
    (good) => good.replace("EPYC-v4", "host,pmu=off"),
    ["warn vcpu.unpredictable"],
  ],
  ["no CPU", (good) => good.replace("-cpu EPYC-v4", ""), ["warn vcpu.unpredictable"]],
  ["no firmware", (good) => good.replace(/-drive \S+/, ""), ["fail firmware.missing"]],
  ["two firmwares", (good) => `${good} -bios b`, ["fail firmware.missing"]],
  ["writable firmware", (good) => good.replace(",readonly=on", ""), ["warn firmware.writable"]],
  [
    "a variable store",
    (good) => `${good} -drive if=pflash,format=raw,unit=1,file=VARS.fd`,
    ["fail nvram.present"],
  ],
  [
    "one without a unit",
    (good) => `${good} -drive if=pflash,format=raw,file=VARS.fd`,
    ["fail nvram.present"],
  ],
  ["one by -pflash", (good) => `${good} -pflash VARS.fd`, ["fail nvram.present"]],
  [
    "one by node",
    (good) => `${good} -blockdev file,node-name=v,filename=V -machine pflash1=v`,
    ["fail nvram.present"],
  ],
  [
    "one of QEMU's own",
    (good) => `${good} -device uefi-vars-x64,jsonfile=v.json`,
    ["fail nvram.present"],
  ],
  [
    "IGVM",
    (good) => `${good} -object igvm-cfg,id=i,file=f -machine igvm-cfg=i`,
    ["unknown igvm.present"],
  ],
  [
    "hashes off",
    (good) => good.replace("kernel-hashes=on", "kernel-hashes=off"),
    ["fail kernel-hashes.off"],
  ],
  ["hashes unset", (good) => good.replace(",kernel-hashes=on", ""), ["fail kernel-hashes.off"]],
  [
    "hashes unset without a kernel",
    (good) => good.replace(",kernel-hashes=on", "").replace("-kernel k", ""),
    [],
  ],
  ["a shim", (good) => `${good} -shim shimx64.efi`, ["fail boot-blob.unmeasured"]],
  [
    "a shim by fw_cfg",
    (good) => `${good} -fw_cfg name=etc/boot/shim,file=x`,
    ["fail boot-blob.unmeasured"],
  ],
  [
    "a blob by fw_cfg, short",
    (good) => `${good} -fw_cfg etc/boot/kernel,file=x`,
    ["fail boot-blob.unmeasured"],
  ],
  [
    "a firmware's fw_cfg",
    (good) => `${good} -fw_cfg name=opt/ovmf/X64,string=1`,
    ["fail fw-cfg.extra"],
  ],
  [
    "systemd's fw_cfg",
    (good) => `${good} -fw_cfg opt/io.systemd.credentials/a,string=b`,
    ["fail fw-cfg.extra"],
  ],
  [
    "fw_cfg in place of QEMU's",
    (good) => `${good} -fw_cfg name=etc/e820,file=x`,
    ["fail fw-cfg.extra"],
  ],
  [
    "one's own fw_cfg",
    (good) => `${good} -fw_cfg name=opt/org.example/a,string=b`,
    ["warn fw-cfg.extra"],
  ],
  [
    "SMBIOS strings",
    (good) => `${good} -smbios type=11,value=io.systemd.credential:a=b`,
    ["warn smbios.strings"],
  ],
  ["an SMBIOS name", (good) => `${good} -smbios type=1,serial=7`, []],
  ["an ACPI table", (good) => `${good} -acpitable file=ssdt.aml`, ["warn acpi-table.extra"]],
  [
    "a loader",
    (good) => `${good} -device loader,file=x,addr=0x810000,force-raw=on`,
    ["fail loader.present"],
  ],
  ["a ROM by -option-rom", (good) => `${good} -option-rom x.rom`, ["fail option-rom.present"]],
  [
    "a network card",
    (good) => `${good} -device virtio-net-pci,netdev=n`,
    ["fail option-rom.present"],
  ],
  ["one without ROM", (good) => `${good} -device virtio-net-pci,netdev=n,romfile=`, []],
  [
    "one whose ROM has no BAR",
    (good) => `${good} -device virtio-net-pci,rombar=0`,
    ["warn option-rom.present"],
  ],
  [
    "a passed-through device",
    (good) => `${good} -device vfio-pci,host=01:00.0`,
    ["fail option-rom.present"],
  ],
  ["one without its ROM", (good) => `${good} -device vfio-pci,host=01:00.0,rombar=0`, []],
  ["default devices", (good) => good.replace("-nodefaults ", ""), ["fail option-rom.present"]],
  ["network boot", (good) => `${good} -boot order=nc`, ["fail network-boot.possible"]],
  ["network boot once", (good) => `${good} -boot once=n,menu=off`, ["fail network-boot.possible"]],
  [
    "a card in the order",
    (good) => `${good} -device virtio-net-pci,romfile=,bootindex=1`,
    ["fail network-boot.possible"],
  ],
  ["disk boot", (good) => `${good} -boot c`, []],
  [
    "shared memory",
    (good) => `${good} -object memory-backend-file,id=m,size=1G,mem-path=r,share=on`,
    ["warn memory.shared"],
  ],
  [
    "shared memory by default",
    (good) => `${good} -object memory-backend-memfd,id=m,size=1G`,
    ["warn memory.shared"],
  ],
  ["private memory", (good) => `${good} -object memory-backend-memfd,id=m,size=1G,share=off`, []],
  ["gdb", (good) => `${good} -gdb tcp::1234`, ["fail debug.open"]],
  ["gdb, short", (good) => `${good} -s`, ["fail debug.open"]],
  ["gdb, none", (good) => `${good} -gdb none`, []],
  ["qtest", (good) => `${good} -qtest unix:t`, ["fail debug.open"]],
  ["a plugin", (good) => `${good} -plugin p.so`, ["fail debug.open"]],
  ["a monitor", (good) => `${good} -monitor unix:m,server=on,wait=off`, ["warn monitor.open"]],
  ["no monitor", (good) => `${good} -monitor none`, []],
  ["a monitor on the serial port", (good) => `${good} -serial mon:stdio`, ["warn monitor.open"]],
  ["a monitor by -mon", (good) => `${good} -chardev stdio,id=c -mon c`, ["warn monitor.open"]],
  [
    "a control monitor by -mon",
    (good) => good.replace(/-qmp.*/, "-chardev stdio,id=c -mon chardev=c,mode=control"),
    [],
  ],
  [
    "QMP on a network",
    (good) => good.replace("unix:q,", "tcp:0.0.0.0:4444,"),
    ["fail control.on-network"],
  ],
  [
    "QMP as an object",
    (good) =>
      good.replace(/-qmp.*/, "-chardev socket,id=c,path=s -object monitor-qmp,id=m,chardev=c"),
    [],
  ],
  [
    "a monitor as an object, on a network",
    (good) => `${good} -chardev socket,id=c,port=4 -object monitor-hmp,id=m,chardev=c`,
    ["warn monitor.open", "fail control.on-network"],
  ],
  [
    "QMP on a network by -mon",
    (good) => good.replace(/-qmp.*/, "-chardev socket,id=c,port=4 -mon c,mode=control"),
    ["fail control.on-network"],
  ],
  ["an incoming state", (good) => `${good} -incoming defer`, ["fail state.foreign"]],
  ["a saved state", (good) => `${good} -loadvm s`, ["fail state.foreign"]],
  ["a configuration file", (good) => `${good} -readconfig f`, ["unknown settings.hidden"]],
  ["an unknown option", (good) => `${good} -frobnicate 7 -S`, ["unknown settings.unknown"]],
  ["an unknown device", (good) => `${good} -device frobnicator`, ["unknown settings.unknown"]],
  ["an unknown object", (good) => `${good} -object frobnicator,id=f`, ["unknown settings.unknown"]],
  ["dashes in pairs", (good) => good.replaceAll(" -", " --"), []],
  [
    "JSON",
    (good) =>
      good.replace(
        /-object \S+/,
        `-object ${JSON.stringify({ "qom-type": "sev-guest", id: "sev0", cbitpos: 51, "reduced-phys-bits": 1, policy: 7, "dh-cert-file": "g", "session-file": "s", "kernel-hashes": true, "legacy-vm-type": "on" })}`,
      ),
    [],
  ],
];

for (const [name, change, expected] of TRAPS) {
  test(`command line: ${name}`, () => {
    const args = words(change(GOOD));
    assert.deepEqual(open(lintQemuArguments(args)), expected);
  });
}

test("an SEV-SNP guest", () => {
  assert.deepEqual(open(lintQemuArguments(words(GOOD_SNP))), []);
  const shared = `${GOOD_SNP} -object memory-backend-memfd,id=m,size=1G,share=on`;
  assert.deepEqual(open(lintQemuArguments(words(shared))), []);
  const debug = GOOD_SNP.replace("0x30000", "0xb0000");
  assert.deepEqual(open(lintQemuArguments(words(debug))), ["fail policy.debug-allowed"]);
});

test("session files are looked into", () => {
  const base64 = (size: number): Uint8Array =>
    new TextEncoder().encode(`${Buffer.alloc(size, 1).toString("base64")}\n`);
  const lint = (godh: Uint8Array, session: Uint8Array | undefined): Finding | undefined =>
    lintQemuArguments(words(GOOD), {
      readFile: (path) => (path === "g" ? godh : path === "s" ? session : undefined),
    }).find(({ id }) => id === "machine.session.not-base64");
  assert.equal(lint(base64(2084), base64(128))?.outcome, "pass");
  assert.equal(lint(base64(2084), undefined)?.outcome, "pass");
  const binary = lint(new Uint8Array(2084).fill(1), new Uint8Array(128).fill(1));
  assert.equal(binary?.outcome, "fail");
  assert.equal(
    binary?.actual,
    "the certificate is 2084 bytes of binary, not base64; the session is 128 bytes of binary, not base64",
  );
  assert.equal(lint(base64(2084), base64(127))?.actual, "the session has 127 bytes, not 128");
  assert.equal(
    lint(base64(2084), new Uint8Array(9))?.actual,
    "the session is something else, not base64",
  );
});

test("every rule is reported once, broken or not, and is in the catalogue", () => {
  const ids = Object.keys(HOST_FINDINGS);
  for (const args of [[], words(GOOD), words(GOOD_SNP)]) {
    const found = lintQemuArguments(args).map(({ id }) => id);
    assert.deepEqual(found.toSorted(), ids.toSorted());
  }
  const tried = new Set(
    TRAPS.flatMap(([, , expected]) =>
      expected.map((each) => `machine.${each.split(" ")[1] ?? ""}`),
    ),
  );
  assert.deepEqual(
    ids.filter((id) => !tried.has(id)),
    ["machine.session.not-base64"],
  );
});
