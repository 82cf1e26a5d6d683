// SPDX-License-Identifier: Apache-2.0
// Plans: the command line of each generation, argument by argument, and plans that are impossible.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  MachineError,
  libvirtXml,
  lintQemuArguments,
  qemuArguments,
} from "@greenlight/host/machine";
import type { MachinePlan, SevMachine, SnpMachine } from "@greenlight/host/machine";

const SEV: SevMachine = {
  name: "guest",
  generation: "sev",
  policy: 0x3,
  session: { godhFile: "godh.b64", sessionFile: "session,1.b64" },
  firmware: "/f/OVMF.fd",
  kernel: "/k",
  append: "a=b, c",
  kernelHashes: true,
  vcpus: 2,
  vcpuType: "EPYC-v4",
  memoryMiB: 1024,
  disks: [],
  channels: [],
  platform: { cbitpos: 47, reducedPhysBits: 1 },
  qemu: { major: 7, minor: 2 },
};

const { policy: _policy, session: _session, generation: _generation, ...shape } = SEV;

const SNP: SnpMachine = {
  ...shape,
  generation: "sev-snp",
  policy: 0x3_0000n,
  qemu: { major: 9, minor: 1 },
};

test("an SEV guest", () => {
  const expected = [
    ["-name", "guest=guest"],
    ["-nodefaults", "-no-user-config", "-no-reboot", "-S"],
    ["-display", "none"],
    ["-machine", "q35,confidential-guest-support=lsec0,vmport=off"],
    ["-accel", "kvm"],
    ["-cpu", "EPYC-v4"],
    ["-smp", "2"],
    ["-m", "size=1024M"],
    [
      "-object",
      "sev-guest,id=lsec0,cbitpos=47,reduced-phys-bits=1,policy=0x3,dh-cert-file=godh.b64," +
        "session-file=session,,1.b64,kernel-hashes=on",
    ],
    ["-drive", "if=pflash,format=raw,unit=0,readonly=on,file=/f/OVMF.fd"],
    ["-kernel", "/k"],
    ["-append", "a=b, c"],
  ];
  assert.deepEqual(qemuArguments(SEV), expected.flat());
});

test("an SEV-ES guest on QEMU 9.1 says which kind of virtual machine it is", () => {
  const plan: SevMachine = {
    ...SEV,
    generation: "sev-es",
    policy: 7,
    qemu: { major: 9, minor: 1 },
  };
  const object = (each: SevMachine): string =>
    qemuArguments(each).find((arg) => arg.startsWith("sev-guest")) ?? "";
  assert.match(object(plan), /,legacy-vm-type=on,/);
  assert.match(object({ ...plan, legacyVmType: "off" }), /,legacy-vm-type=off,/);
  assert.doesNotMatch(object({ ...plan, qemu: { major: 9, minor: 0 } }), /legacy-vm-type/);
  assert(qemuArguments(plan).includes("q35,confidential-guest-support=lsec0,vmport=off,smm=off"));
});

test("an SEV-SNP guest", () => {
  const args = qemuArguments({
    ...SNP,
    idBlock: new Uint8Array(96),
    idAuth: new Uint8Array(4096),
    authorKey: true,
    hostData: new Uint8Array(32).fill(255),
    vcekDisabled: true,
  });
  const object = args.find((arg) => arg.startsWith("sev-snp-guest")) ?? "";
  assert.match(object, /^sev-snp-guest,id=lsec0,cbitpos=47,reduced-phys-bits=1,policy=0x30000,/);
  assert.match(object, /,id-block=A{128},/);
  assert.match(object, /,host-data=\/{42}8=,vcek-disabled=on,kernel-hashes=on$/);
  assert.deepEqual(args[args.indexOf("-bios") + 1], "/f/OVMF.fd");
  assert(!args.some((arg) => arg.includes("pflash")));
  assert(args.includes("memory-backend-memfd,id=ram0,size=1024M,share=on,prealloc=off"));
});

test("what is made from a plan passes the linter", () => {
  const plans: readonly MachinePlan[] = [
    SEV,
    { ...SEV, generation: "sev-es", policy: 7, qemu: { major: 11, minor: 1 } },
    SNP,
    {
      ...SNP,
      disks: [{ file: "d,1", format: "qcow2" }],
      channels: [{ name: "org.greenlight.owner", path: "/s" }],
      serial: { kind: "socket", path: "/t" },
      qmp: "/q",
    },
  ];
  for (const plan of plans) {
    const findings = lintQemuArguments(qemuArguments(plan));
    const open = findings.filter(({ outcome }) => outcome !== "pass" && outcome !== "skipped");
    assert.deepEqual(open, []);
  }
});

test("impossible plans are refused, and say why", async (t) => {
  const cases: readonly (readonly [string, MachinePlan, RegExp])[] = [
    ["a name with a comma", { ...SEV, name: "a,b" }, /name is not a name/],
    ["no vCPU", { ...SEV, vcpus: 0 }, /number of vCPUs is 0/],
    ["half a vCPU", { ...SEV, vcpus: 1.5 }, /number of vCPUs is 1.5/],
    ["a CPU with options", { ...SEV, vcpuType: "EPYC,+x" }, /vCPU type is not a CPU model/],
    ["the host's CPU", { ...SEV, vcpuType: "host" }, /vCPU type is host/],
    ["another machine", { ...SEV, machineType: "pc,accel=tcg" }, /machine type is not q35/],
    ["a policy of 33 bits", { ...SEV, policy: 2 ** 32 }, /policy is 4294967296/],
    [
      "a policy with ES for SEV",
      { ...SEV, policy: 7 },
      /0x7 demands SEV-ES and the guest is one of SEV$/,
    ],
    ["a policy without ES", { ...SEV, generation: "sev-es" }, /does not demand SEV-ES/],
    ["hashes without a kernel", { ...SNP, kernel: undefined! }, /no kernel/],
    ["a line break", { ...SEV, append: "a\nb" }, /command line has control characters/],
    ["a NUL in a path", { ...SEV, firmware: "a\0b" }, /path of the firmware/],
    ["a channel with a comma", { ...SEV, channels: [{ name: "a,b", path: "/x" }] }, /channel name/],
    ["a socket too deep", { ...SEV, qmp: `/${"x".repeat(107)}` }, /path of 108 bytes/],
    ["SNP on QEMU 7.2", { ...SNP, qemu: { major: 7, minor: 2 } }, /QEMU 7.2 cannot start SEV-SNP/],
    ["a new type on QEMU 7.2", { ...SEV, legacyVmType: "off" }, /has no legacy-vm-type/],
    ["an ID block alone", { ...SNP, idBlock: new Uint8Array(96) }, /one is missing/],
    ["a short ID block", { ...SNP, idBlock: new Uint8Array(95) }, /ID block has 95 bytes/],
    ["an author key alone", { ...SNP, authorKey: true }, /author key and no ID block/],
    ["long host data", { ...SNP, hostData: new Uint8Array(33) }, /host data has 33 bytes/],
    ["a policy of 65 bits", { ...SNP, policy: 1n << 64n }, /policy is not a 64-bit value/],
  ];
  for (const [name, plan, words] of cases) {
    await t.test(name, () => {
      assert.throws(
        () => qemuArguments(plan),
        (error: unknown) => {
          assert(error instanceof MachineError);
          assert.match(error.message, words);
          return true;
        },
      );
    });
  }
});

test("libvirt's XML needs a session and absolute paths", () => {
  const session = { godh: new Uint8Array(2084), session: new Uint8Array(128) };
  assert.match(libvirtXml(SEV, session), /<session>A{171}=<\/session>/);
  assert.throws(() => libvirtXml(SEV), { name: "MachineError", code: "bad-plan" });
  assert.throws(() => libvirtXml({ ...SEV, kernel: "k" }, session), /absolute paths, and k is not/);
  const inner = { ...SEV, qemu: { major: 10, minor: 0 }, legacyVmType: "off" } as const;
  assert.throws(() => libvirtXml(inner, session), { code: "unsupported" });
});
