// SPDX-License-Identifier: Apache-2.0
// Parameters about which other tools disagree, crash or answer silently wrong. Each test is named
// after what it guards.

import assert from "node:assert/strict";
import { test } from "node:test";
import { VMSA_PROFILES, cmdlineHash, vmsaProfile } from "../../src/launch/index.ts";
import type { SnpParameters } from "../../src/launch/index.ts";
import { KERNEL_HASHES, launchOf, seves, snp } from "./support.ts";

test("a blank or newline around the command line changes the digest", () => {
  const lines = ["quiet", "quiet ", " quiet", "quiet\n", "quiet\t"];
  const digests = lines.map((line) =>
    snp(launchOf({}, { kernelHashes: { ...KERNEL_HASHES, cmdline: cmdlineHash(line) } })),
  );
  assert.equal(new Set(digests).size, lines.length);
});

test("EC2 with RDX 0x600 and with RDX 0 are two profiles with two digests", () => {
  const [now, before] = ["ec2", "ec2-rdx0"].map((id) =>
    snp(launchOf({}, { profile: vmsaProfile(id) })),
  );
  assert.notEqual(now, before);
});

test("a number of vCPUs that no guest has is refused", () => {
  for (const vcpus of [0, -1, 1.5, 4097, Number.NaN, Number.POSITIVE_INFINITY]) {
    for (const digest of [snp, seves]) {
      assert.throws(() => digest(launchOf({}, { vcpus })), {
        name: "LaunchError",
        code: "vcpus-out-of-range",
        hint: /-smp/,
      });
    }
  }
  assert.match(snp(launchOf({}, { vcpus: 4096 })), /^[0-9a-f]{96}$/);
});

test("an OVMF hash of a wrong length is refused", () => {
  for (const length of [0, 32, 47, 49, 96]) {
    const ovmfHash = new Uint8Array(length);
    assert.throws(() => snp(launchOf({}, { ovmfHash })), {
      name: "LaunchError",
      code: "bad-digest",
    });
  }
});

test("the FPU area of the VMSA tells host kernels apart, in SEV-ES and SEV-SNP", () => {
  const of = (id: string): SnpParameters =>
    launchOf({}, { profile: vmsaProfile(id), sevFeatures: 0n });
  assert.notEqual(seves(of("qemu")), seves(of("qemu-es-legacy")));
  assert.notEqual(snp(of("qemu")), snp(of("qemu-pre-6.9")));
});

test("guest features change the digest, in SEV-ES too", () => {
  const of = (sevFeatures: bigint): SnpParameters => launchOf({}, { sevFeatures });
  for (const digest of [snp, seves]) {
    const digests = [0n, 1n, 0x20n, 0x21n, 0x201n, (1n << 64n) - 1n].map((bits) =>
      digest(of(bits)),
    );
    assert.equal(new Set(digests).size, digests.length);
  }
});

test("guest features beyond 64 bits are refused", () => {
  for (const sevFeatures of [-1n, 1n << 64n]) {
    for (const digest of [snp, seves]) {
      assert.throws(() => digest(launchOf({}, { sevFeatures })), {
        name: "LaunchError",
        code: "bad-guest-features",
      });
    }
  }
});

test("the VMSA address is a parameter, because GCE has another one on Genoa", () => {
  const gce = { profile: vmsaProfile("gce") };
  const milan = snp(launchOf({}, { ...gce, vmsaGpa: 0xffff_ffff_f000 }));
  assert.equal(milan, snp(launchOf({}, gce)));
  assert.notEqual(milan, snp(launchOf({}, { ...gce, vmsaGpa: 0xf_ffff_ffff_f000 })));
});

test("a VMSA address that is no page below 2^52 is refused", () => {
  for (const vmsaGpa of [
    -4096,
    1,
    4095,
    2 ** 52,
    2 ** 64,
    0.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
  ]) {
    assert.throws(() => snp(launchOf({}, { vmsaGpa })), {
      name: "LaunchError",
      code: "vmsa-gpa-invalid",
    });
  }
});

test("a CPU signature that is missing or no 32-bit value is refused, never rounded", () => {
  const { signature: _signature, ...without } = launchOf();
  for (const digest of [snp, seves]) {
    assert.throws(() => digest(without), { name: "LaunchError", code: "cpu-signature-missing" });
    for (const signature of [-1, 1.5, 2 ** 32, Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.throws(() => digest({ ...without, signature }), {
        name: "LaunchError",
        code: "cpu-signature-invalid",
      });
    }
  }
  assert.match(snp({ ...without, profile: vmsaProfile("ec2") }), /^[0-9a-f]{96}$/);
});

test("a profile of another mode is refused, with the modes it is for", () => {
  const refusedBy = { snp, seves } as const;
  for (const profile of VMSA_PROFILES) {
    for (const mode of ["snp", "seves"] as const) {
      const launch = launchOf({}, { profile });
      if (profile.modes.includes(mode)) {
        assert.match(refusedBy[mode](launch), /^[0-9a-f]+$/);
      } else {
        assert.throws(() => refusedBy[mode](launch), {
          code: "profile-mode-mismatch",
          hint: new RegExp(profile.modes[0]!),
        });
      }
    }
  }
});
