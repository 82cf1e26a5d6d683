// SPDX-License-Identifier: Apache-2.0
// Command lines of machines with SEV: what they ask for, and what becomes of them on one without.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { applyFaults } from "../../src/lab/command-line/apply-faults.ts";
import { formatCommandLine } from "../../src/lab/command-line/format.ts";
import { readGuestObject } from "../../src/lab/command-line/guest-object.ts";
import { readRequest } from "../../src/lab/command-line/request.ts";
import { rewrite } from "../../src/lab/command-line/rewrite.ts";
import { LabError } from "../../src/lab/index.ts";
import { QemuRefusal } from "../../src/lab/qemu-refusal.ts";
import { readCommandLine } from "../../src/machine/lint/command-line.ts";
import { optionValue } from "../../src/machine/lint/option-value.ts";

const sockets = { qmp: "/lab/qmp", qtest: "/lab/qtest" };
const SEV =
  "-machine q35,confidential-guest-support=sev0 -object sev-guest,id=sev0,reduced-phys-bits=1";

function options(text: string) {
  return readCommandLine(text.split(/\s+/)).options;
}

function rewritten(text: string, major = 7) {
  const request = readRequest(options(text));
  const { options: kept, changes } = rewrite(options(text), { request, sockets, major });
  return { args: formatCommandLine(kept), changes };
}

describe("what a command line asks for", () => {
  test("an SEV guest, in the forms QEMU and libvirt write", () => {
    const json = JSON.stringify({
      "qom-type": "sev-guest",
      id: "lsec0",
      cbitpos: 51,
      "reduced-phys-bits": 1,
      policy: 7,
      "dh-cert-file": "/a,b",
      "session-file": "s",
      "kernel-hashes": true,
    });
    const forms = [
      "-object|sev-guest,id=lsec0,cbitpos=51,reduced-phys-bits=1,policy=0x7," +
        "dh-cert-file=/a,,b,session-file=s,kernel-hashes=on",
      `-object|${json}`,
    ];
    for (const key of ["confidential-guest-support", "memory-encryption"]) {
      for (const form of forms) {
        const args = ["-machine", `q35,${key}=lsec0`, ...form.split("|")];
        assert.deepEqual(readGuestObject(readCommandLine(args).options), {
          kind: "sev",
          id: "lsec0",
          cbitpos: 51,
          reducedPhysBits: 1,
          policy: 7,
          handle: 0,
          dhCertFile: "/a,b",
          sessionFile: "s",
          kernelHashes: true,
          init2: false,
        });
      }
    }
  });

  test("an SEV-SNP guest", () => {
    const blob = (size: number): string => Buffer.alloc(size, 1).toString("base64");
    const text =
      "-machine confidential-guest-support=s -object sev-snp-guest,id=s,reduced-phys-bits=1," +
      `policy=0xffffffffffffffff,id-block=${blob(96)},id-auth=${blob(4096)},host-data=${blob(32)},` +
      `author-key-enabled=on,vcek-disabled=yes,guest-visible-workarounds=${blob(16)}`;
    const guest = readGuestObject(options(text));
    assert.ok(guest?.kind === "sev-snp");
    assert.equal(guest.policy, 0xffff_ffff_ffff_ffffn);
    assert.equal(guest.authorKeyEnabled && guest.vcekDisabled, true);
    assert.deepEqual(
      [guest.idBlock, guest.idAuth, guest.hostData, guest.workarounds].map((each) => each?.length),
      [96, 4096, 32, 16],
    );
  });

  test("no guest object where the machine names none", () => {
    assert.equal(readGuestObject(options("-object sev-guest,id=a -machine q35")), undefined);
  });

  const refusals = [
    ["-machine confidential-guest-support=x", /No such .* object 'x'/],
    [
      "-machine confidential-guest-support=x -object sev-guest,id=x",
      /'reduced-phys-bits' is missing/,
    ],
    [`${SEV},policy=none`, /'policy' expects uint32/],
    [`${SEV},policy=0x100000000`, /'policy' expects uint32/],
    [`${SEV},kernel-hashes=perhaps`, /'kernel-hashes', expected: boolean/],
    [
      "-machine confidential-guest-support=x -object tdx-guest,id=x",
      /type tdx-guest, which the lab does not know/,
    ],
    [`${SEV.replace("sev-guest", "sev-snp-guest")},host-data=AAAA`, /length of 3 not equal to 32/],
    [`${SEV.replace("sev-guest", "sev-snp-guest")},id-block=!`, /'!' is not valid/],
    [
      `${SEV.replace("sev-guest", "sev-snp-guest")},id-block=${Buffer.alloc(99).toString("base64")}`,
      /length of 99 exceeds max of 96/,
    ],
  ] as const;
  for (const [text, words] of refusals) {
    test(`refused in QEMU's words: ${text.slice(0, 90)}`, () => {
      assert.throws(
        () => readGuestObject(options(text)),
        (error) => error instanceof QemuRefusal && words.test(error.message),
      );
    });
  }

  test("processors, sockets, and whether it waits", () => {
    const request = readRequest(
      options(
        `${SEV} -S -smp sockets=2,cores=3 -cpu EPYC-v4,+x -qmp unix:/a,server=on,wait=off ` +
          "-chardev socket,id=mon,path=/b,server=on -mon chardev=mon,mode=control -append x",
      ),
    );
    assert.equal(request.vcpus, 6);
    assert.equal(request.cpuModel, "EPYC-v4");
    assert.equal(request.paused, true);
    assert.deepEqual(request.qmpSockets, ["/a", "/b"]);
    assert.deepEqual(request.qmpChardevs, ["mon"]);
    for (const [smp, vcpus] of [
      ["4", 4],
      ["cpus=2,maxcpus=8", 2],
      ["maxcpus=8", 8],
    ] as const) {
      assert.equal(readRequest(options(`-smp ${smp}`)).vcpus, vcpus);
    }
    for (const bad of [
      "-smp none",
      "-smp 0",
      "-qmp tcp:localhost:1",
      "-qmp unix:/a",
      "-qmp stdio",
    ]) {
      assert.throws(() => readRequest(options(bad)), LabError, bad);
    }
    assert.throws(() => readRequest(options("-mon chardev=none,mode=control")), LabError);
  });
});

describe("rewriting", () => {
  test("encryption, KVM and shown memory go, the lab's sockets come", () => {
    const { args, changes } = rewritten(
      `-name x ${SEV},policy=5 -accel kvm -enable-kvm -cpu EPYC -S -qmp unix:/a,server=on -s ` +
        "-gdb tcp::1 -monitor stdio -kernel k -chardev file,id=c,path=/c -serial chardev:c",
    );
    const text = args.join(" ");
    assert.doesNotMatch(text, /kvm|sev|EPYC|unix:\/a|gdb|stdio|confidential/);
    assert.match(text, /-name x -machine type=q35 /);
    assert.match(text, /-chardev file,id=c,path=\/c -serial chardev:c /);
    assert.match(text, /-accel tcg -cpu max -S -monitor none -qmp unix:\/lab\/qmp,server=on/);
    assert.match(text, /-fw_cfg name=etc\/boot\/kernel,file=k/);
    assert.match(text, /-no-reboot/);
    assert.equal(changes.length, 4);
  });

  test("options with a dash too many stay what QEMU does not know", () => {
    const kept = options("---gdb tcp::1");
    assert.deepEqual(formatCommandLine(kept).slice(0, 1), ["---gdb"]);
  });

  test("by version: kernel and shim as named files, or QEMU's own", () => {
    const text = `${SEV},policy=1 -kernel k -shim s`;
    const old = rewritten(text, 9).args.join(" ");
    assert.match(
      old,
      /-fw_cfg name=etc\/boot\/shim,file=s .*-fw_cfg name=etc\/boot\/kernel,file=k/,
    );
    const newer = rewritten(text, 10).args.join(" ");
    assert.match(newer, /-kernel k -shim s/);
    assert.doesNotMatch(newer, /fw_cfg/);
    assert.doesNotMatch(newer, /-no-reboot|exit-with-parent/);
    assert.match(rewritten(text, 11).args.join(" "), /-run-with exit-with-parent=on/);
  });

  test("what has no meaning here is refused", () => {
    for (const bad of ["-daemonize", "-incoming defer", "-loadvm x"]) {
      assert.throws(() => rewritten(bad), LabError);
    }
  });

  test("paths with commas stay one path", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z,=]{1,10}$/), (path) => {
        const kernel = readCommandLine(["-kernel", path]).options;
        const request = readRequest(kernel);
        const { options: made } = rewrite(kernel, { request, sockets, major: 7 });
        const blob = made.findLast(({ name }) => name === "fw_cfg");
        const file = optionValue(blob?.value ?? "", "name").get("file");
        assert.equal(file, path);
      }),
    );
  });
});

describe("faults on the command line", () => {
  const line = options(
    `${SEV},policy=1,dh-cert-file=g,session-file=s -drive if=pflash,unit=1,file=vars ` +
      "-drive if=pflash,format=raw,file=fw -drive if=none,id=d,file.filename=disk -kernel k",
  );

  test("each swaps what it names", () => {
    const made = formatCommandLine(
      applyFaults(line, {
        firmware: "FW",
        disk: "DISK",
        kernel: "K",
        initrd: "I",
        append: "A",
        shim: "SHIM",
        policy: 0n,
        session: { godhFile: "G", sessionFile: "S" },
      }),
    ).join(" ");
    assert.match(made, /policy=0x0,dh-cert-file=G,session-file=S/);
    assert.match(made, /unit=1,file=vars/);
    assert.match(made, /if=pflash,format=raw,file=FW/);
    assert.match(made, /id=d,file\.filename=DISK/);
    assert.match(made, /-kernel K -initrd I -append A -fw_cfg name=etc\/boot\/shim,file=SHIM/);
  });

  test("nothing changes without them; what is not there cannot be swapped", () => {
    assert.deepEqual(applyFaults(line, {}), line);
    assert.throws(() => applyFaults(options("-kernel k"), { firmware: "x" }), LabError);
    assert.throws(() => applyFaults(options("-bios b"), { disk: "x" }), LabError);
  });
});
