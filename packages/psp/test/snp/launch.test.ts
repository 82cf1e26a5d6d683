// SPDX-License-Identifier: Apache-2.0
// Launches: digests equal to those computed for the guest owner, and everything that firmware refuses.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readFirmware } from "@greenlight/core/firmware";
import { KVM_VMSA_GPA, snpLaunchDigest, snpPlan, vmsaProfile } from "@greenlight/core/launch";
import type { SnpParameters } from "@greenlight/core/launch";
import { fixtureFirmware } from "../../../../fixtures/load.ts";
import { createSnpProcessor } from "../../src/snp/processor.ts";
import { readSecretsPage } from "../../src/snp/secrets-page.ts";
import type { SnpProcessor } from "../../src/snp/types.ts";
import { done, launch, processor, refused, shared } from "./support.ts";

const page = new Uint8Array(4096).fill(1);

/** A guest in state LAUNCH that is active. */
function started(snp: SnpProcessor, policy = 0x30000n, imi = false): number {
  const { gctx } = done(snp.gctxCreate());
  done(snp.launchStart({ gctx, policy, imi }));
  done(snp.activate({ gctx, asid: gctx }));
  return gctx;
}

test("the digest of a whole launch of OVMF is the one that is computed beforehand", () => {
  const bytes = fixtureFirmware("OVMF.amdsev-2026.08.fd");
  for (const vcpus of [1, 4]) {
    const parameters: SnpParameters = {
      firmware: readFirmware(bytes),
      profile: vmsaProfile("qemu"),
      vcpus,
      signature: 0x800f12,
      sevFeatures: 1n,
    };
    const snp = processor();
    const gctx = started(snp);
    for (const { pageType: type, gpa, size, data, repeat } of snpPlan(parameters).steps) {
      for (let i = 0; i < repeat; i++) {
        const contents = data ?? (type === "CPUID" ? new Uint8Array(size) : { size });
        done(snp.launchUpdate({ gctx, type, gpa, page: contents }));
      }
    }
    assert.deepEqual(snp.launchDigest(gctx), snpLaunchDigest(parameters));
    done(snp.launchFinish({ gctx }));
  }
});

describe("what the digest depends on", () => {
  const digestOf = (
    request: Partial<Parameters<SnpProcessor["launchUpdate"]>[0]>,
    imi = false,
  ): string => {
    const snp = processor();
    const gctx = started(snp, 0x30000n, imi);
    done(snp.launchUpdate({ gctx, type: "NORMAL", gpa: 0x1000, page, ...request }));
    return Buffer.from(snp.launchDigest(gctx) ?? []).toString("hex");
  };

  test("type, address, contents, permissions, migration image: each changes it", () => {
    const other = Uint8Array.from(page);
    other[4095] = 2;
    const all = [
      digestOf({}),
      digestOf({ type: "VMSA" }),
      digestOf({ type: "ZERO" }),
      digestOf({ type: "UNMEASURED" }),
      digestOf({ gpa: 0x2000 }),
      digestOf({ gpa: 2 ** 40 }),
      digestOf({ gpa: KVM_VMSA_GPA }),
      digestOf({ page: other }),
      digestOf({ vmplPermissions: 0x0f00 }),
      digestOf({ imiPage: true }, true),
    ];
    assert.equal(new Set(all).size, all.length);
  });

  test("contents that are not measured do not: ZERO, UNMEASURED, SECRETS", () => {
    for (const type of ["ZERO", "UNMEASURED", "SECRETS"] as const) {
      assert.equal(digestOf({ type }), digestOf({ type, page: { size: 4096 } }));
    }
  });

  test("a host that loads something else (fault data) gets another digest", () => {
    const honest = launch(processor());
    const snp = processor("Genoa", { faults: { snp: { data: "flipped-bit" } } });
    assert.notDeepEqual(snp.launchDigest(launch(snp).gctx), processorDigest(honest.gctx));
    function processorDigest(gctx: number): Uint8Array | undefined {
      const other = processor();
      assert.equal(launch(other).gctx, gctx);
      return other.launchDigest(gctx);
    }
  });
});

test("the secrets page has four keys, the workarounds and the processor, and no two are the same", () => {
  const gosvw = new Uint8Array(16).fill(5);
  const snp = processor("Milan");
  const pages = [1, 2].map((asid) =>
    readSecretsPage(launch(snp, { asid, start: { gosvw } }).secrets),
  );
  const keys = pages.flatMap(({ vmpcks }) => vmpcks.map((key) => Buffer.from(key).toString("hex")));
  assert.equal(new Set(keys).size, 8);
  for (const secrets of pages) {
    assert.deepEqual(secrets.gosvw, gosvw);
    assert.equal(secrets.fms, 0x00a00f11);
    assert.equal(secrets.imi, false);
  }
});

test("a CPUID page that firmware does not take comes back corrected, and is then taken", () => {
  const snp = processor();
  const gctx = started(snp);
  const cpuid = new Uint8Array(4096);
  const view = new DataView(cpuid.buffer);
  view.setUint32(0, 2, true);
  view.setUint32(0x10, 1, true);
  view.setUint32(0x10 + 0x20, 0x0100_0201, true);
  view.setUint32(0x40, 0x8000_0008, true);
  view.setUint32(0x40 + 0x1c, 0x0200_0000, true);
  const before = snp.launchDigest(gctx);
  const refusal = snp.launchUpdate({ gctx, type: "CPUID", gpa: 0x80e000, page: cpuid });
  assert.equal(refused(refusal), "INVALID_PARAM");
  assert.deepEqual(snp.launchDigest(gctx), before);
  const corrected = refusal.page;
  assert.ok(corrected !== undefined);
  const after = new DataView(corrected.buffer);
  assert.equal(after.getUint32(0x30, true), 0x201);
  assert.equal(after.getUint32(0x5c, true), 0);
  done(snp.launchUpdate({ gctx, type: "CPUID", gpa: 0x80e000, page: corrected }));

  view.setUint32(0, 0xffff_ffff, true);
  const tooMany = snp.launchUpdate({ gctx, type: "CPUID", gpa: 0x80e000, page: cpuid });
  assert.equal(refused(tooMany), "INVALID_PARAM");
});

describe("guest policy", () => {
  const start = (policy: bigint, snp = processor()): string => {
    const { gctx } = done(snp.gctxCreate());
    const result = snp.launchStart({ gctx, policy });
    return result.status === "SUCCESS" ? "SUCCESS" : refused(result);
  };

  const facts = {
    smt: false,
    sockets: 2,
    cxl: true,
    aes256Xts: true,
    raplDis: true,
    ciphertextHidingDram: true,
  };
  const rows: readonly (readonly [what: string, policy: bigint, usual: string, other: string])[] = [
    ["SMT allowed", 0x30000n, "SUCCESS", "POLICY_FAILURE"],
    ["SMT not allowed", 0x20000n, "POLICY_FAILURE", "POLICY_FAILURE"],
    ["without SMT, CXL allowed", 0x220000n, "POLICY_FAILURE", "SUCCESS"],
    ["single socket", 0x330000n, "SUCCESS", "POLICY_FAILURE"],
    ["CXL allowed", 0x230000n, "SUCCESS", "SUCCESS"],
    ["AES-256-XTS", 0x630000n, "POLICY_FAILURE", "SUCCESS"],
    ["RAPL disabled", 0xa30000n, "POLICY_FAILURE", "SUCCESS"],
    ["ciphertext hiding", 0x1230000n, "POLICY_FAILURE", "SUCCESS"],
    ["bit 17 clear", 0x10000n, "POLICY_FAILURE", "POLICY_FAILURE"],
    ["debugging", 0xb0000n, "SUCCESS", "POLICY_FAILURE"],
    ["a reserved bit", 0x400_0003_0000n, "INVALID_PARAM", "INVALID_PARAM"],
    ["bit 25 before ABI 1.58", 0x2030000n, "INVALID_PARAM", "INVALID_PARAM"],
    ["ABI 1.55", 0x30137n, "SUCCESS", "POLICY_FAILURE"],
    ["ABI 1.56", 0x30138n, "POLICY_FAILURE", "POLICY_FAILURE"],
    ["ABI 2.0", 0x30200n, "POLICY_FAILURE", "POLICY_FAILURE"],
  ];
  for (const [what, policy, usual, other] of rows) {
    test(`${what}: ${usual} here, ${other} with everything else switched on`, () => {
      assert.equal(start(policy), usual);
      assert.equal(start(policy, processor("Genoa", { snp: { facts } })), other);
    });
  }

  test("bit 25 on ABI 1.58", () => {
    const api = { major: 1, minor: 58, build: 1 };
    assert.equal(start(0x2030000n, processor("Turin", { api })), "SUCCESS");
  });

  test("no 64-bit value", () => {
    assert.equal(start(-1n), "INVALID_PARAM");
    assert.equal(start(1n << 64n), "INVALID_PARAM");
  });
});

describe("refusals", () => {
  test("before SNP_INIT nothing is possible but asking, configuring and flushing", () => {
    const snp = createSnpProcessor(shared());
    const guest = { gctx: 1 };
    const refusals = [
      snp.gctxCreate(),
      snp.launchStart({ gctx: 1, policy: 0x30000n }),
      snp.activate({ gctx: 1, asid: 1 }),
      snp.launchUpdate({ gctx: 1, type: "NORMAL", gpa: 0, page }),
      snp.launchFinish(guest),
      snp.decommission(guest),
      snp.guestStatus(guest),
      snp.guestRequest({ gctx: 1, message: page }),
      snp.hostReport(guest),
      snp.vlekLoad(),
    ];
    for (const each of refusals) assert.equal(refused(each), "INVALID_PLATFORM_STATE");
    assert.equal(done(snp.platformStatus()).state, "UNINIT");
    done(snp.snpInit());
    assert.equal(refused(snp.snpInit()), "INVALID_PLATFORM_STATE");
    assert.equal(refused(snp.launchFinish({ gctx: 1 })), "INVALID_GUEST");
  });

  test("pages that are none, and contents that are missing", () => {
    const snp = processor();
    const gctx = started(snp);
    const update = (request: Partial<Parameters<SnpProcessor["launchUpdate"]>[0]>): string =>
      refused(snp.launchUpdate({ gctx, type: "NORMAL", gpa: 0x1000, page, ...request }));
    const before = snp.launchDigest(gctx);
    assert.equal(update({ gpa: 0x1001 }), "INVALID_ADDRESS");
    assert.equal(update({ gpa: -4096 }), "INVALID_ADDRESS");
    assert.equal(update({ gpa: 2 ** 52 }), "INVALID_ADDRESS");
    assert.equal(update({ gpa: Number.NaN }), "INVALID_ADDRESS");
    assert.equal(update({ page: new Uint8Array(0) }), "INVALID_ADDRESS");
    assert.equal(update({ page: new Uint8Array(100) }), "INVALID_ADDRESS");
    assert.equal(update({ page: { size: Infinity }, type: "ZERO" }), "INVALID_ADDRESS");
    assert.equal(update({ page: { size: 4096 } }), "INVALID_PARAM");
    assert.equal(update({ page: { size: 8192 }, type: "SECRETS" }), "INVALID_PARAM");
    assert.equal(update({ imiPage: true }), "INVALID_PARAM");
    assert.equal(update({ vmplPermissions: -1 }), "INVALID_PARAM");
    assert.deepEqual(snp.launchDigest(gctx), before);
    done(snp.launchFinish({ gctx }));
    assert.equal(update({}), "INVALID_GUEST_STATE");
  });

  test("a guest that is not active, and ASIDs that cannot be had", () => {
    const snp = processor();
    const { gctx } = done(snp.gctxCreate());
    assert.equal(refused(snp.activate({ gctx, asid: 1 })), "INVALID_GUEST_STATE");
    done(snp.launchStart({ gctx, policy: 0x30000n }));
    const update = { gctx, type: "NORMAL", gpa: 0, page } as const;
    assert.equal(refused(snp.launchUpdate(update)), "INACTIVE");
    for (const asid of [0, -1, 1.5, 510]) {
      assert.equal(refused(snp.activate({ gctx, asid })), "INVALID_ASID");
    }
    done(snp.activate({ gctx, asid: 7 }));
    assert.equal(refused(snp.activate({ gctx, asid: 8 })), "ACTIVE");
    const { gctx: second } = done(snp.gctxCreate());
    done(snp.launchStart({ gctx: second, policy: 0x30000n }));
    assert.equal(refused(snp.activate({ gctx: second, asid: 7 })), "ASID_OWNED");
    done(snp.decommission({ gctx }));
    assert.equal(refused(snp.activate({ gctx: second, asid: 7 })), "DFFLUSH_REQUIRED");
    assert.equal(refused(snp.snpShutdown()), "DFFLUSH_REQUIRED");
    done(snp.dfFlush());
    done(snp.activate({ gctx: second, asid: 7 }));
    done(snp.snpShutdown());
    done(snp.snpInit());
    assert.equal(refused(snp.guestStatus({ gctx: second })), "INVALID_GUEST");
  });

  test("settings that do not fit", () => {
    const snp = processor();
    const tcb = { bootloader: 10, tee: 0, snp: 25, microcode: 84 };
    assert.equal(refused(snp.config({ reportedTcb: { ...tcb, microcode: 85 } })), "INVALID_PARAM");
    assert.equal(refused(snp.config({ reportedTcb: { ...tcb, snp: 256 } })), "INVALID_PARAM");
    assert.equal(refused(snp.config({ reportedTcb: { ...tcb, fmc: 1 } })), "INVALID_PARAM");
    done(snp.config({ reportedTcb: { ...tcb, microcode: 1 } }));
    assert.equal(done(snp.platformStatus()).reportedTcb.microcode, 1);
    done(snp.config({ reportedTcb: null }));
    assert.deepEqual(done(snp.platformStatus()).reportedTcb, tcb);
  });

  test("migration agents, and starts with wrong lengths", () => {
    const snp = processor();
    const { gctx } = done(snp.gctxCreate());
    const start = { gctx, policy: 0x30000n };
    assert.equal(refused(snp.launchStart({ ...start, maGctx: 2 })), "UNSUPPORTED");
    assert.equal(refused(snp.launchStart({ ...start, gosvw: page })), "INVALID_PARAM");
    done(snp.launchStart(start));
    assert.equal(refused(snp.launchStart(start)), "INVALID_GUEST_STATE");
    assert.equal(refused(snp.launchFinish({ gctx, hostData: page })), "INVALID_PARAM");
  });
});

test("what is stored makes the same processor again, after a power cycle", () => {
  for (const line of ["Milan", "Turin"] as const) {
    const snp = processor(line, { snp: { facts: { smt: false }, mitigations: 0x7n } });
    launch(snp, { start: { policy: 0x20000n } });
    const saved = snp.toJson();
    const again = createSnpProcessor(shared(line, { saved: JSON.parse(JSON.stringify(saved)) }));
    assert.equal(done(again.platformStatus()).guestCount, 0);
    assert.deepEqual(again.toJson(), saved);
  }
  for (const saved of [null, [], {}, { reportVersion: "3" }, { reportVersion: 3, facts: 1 }]) {
    assert.throws(() => createSnpProcessor(shared("Milan", { saved })), { code: "bad-state" });
  }
});
