// SPDX-License-Identifier: Apache-2.0
// What no public report shows, from bytes to verdict: author keys, MASK_CHIP_KEY, reports of the host,
// migration agents, Turin in version 2, VLEKs of every line, Venice, revoked signing keys.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DEFAULT_POLICY, verifyEvidence } from "@greenlight/core/appraisal";
import type { Policy, Verdict } from "@greenlight/core/appraisal";
import { Endorser } from "@greenlight/core/endorsement";
import { readEvidence } from "@greenlight/core/evidence";
import { certificateTable, chipId, createHierarchy } from "@greenlight/psp/hierarchy";
import type { Hierarchy, ReportFields, Vek } from "@greenlight/psp/hierarchy";
import { AT } from "./support.ts";

type Revocation = Policy["evidence"]["revocation"];

interface Setting {
  readonly guest?: Partial<Policy["guest"]>;
  readonly hostRequested?: Policy["evidence"]["hostRequested"];
  readonly revocation?: Revocation["mode"];
  readonly lists?: readonly Uint8Array[];
}

/** The verdict on a report with its key's certificate, under a hierarchy that alone is trusted. */
async function verdictOn(
  hierarchy: Hierarchy,
  vek: Vek,
  report: Uint8Array,
  { guest, hostRequested = "refuse", revocation = "off", lists = [] }: Setting = {},
): Promise<Verdict> {
  const table = certificateTable([{ guid: vek.kind, bytes: vek.der }]);
  const evidence = readEvidence(Uint8Array.from(Buffer.concat([report, table])));
  const supplied = lists.map((der) => ({ role: "CRL" as const, der, from: "test" }));
  return verifyEvidence(
    { ...evidence, certificates: [...evidence.certificates, ...supplied] },
    {
      endorser: new Endorser({ roots: [hierarchy.trustRoot()] }),
      at: AT,
      policy: {
        ...DEFAULT_POLICY,
        evidence: {
          ...DEFAULT_POLICY.evidence,
          hostRequested,
          revocation: { mode: revocation, maxAge: "any" },
        },
        guest: { ...DEFAULT_POLICY.guest, ...guest },
      },
    },
  );
}

/** Ids of what stands in the way. */
function reasons({ findings }: Verdict): readonly string[] {
  const blocking = findings.filter(({ outcome }) => outcome === "fail" || outcome === "unknown");
  return blocking.map(({ id }) => id).toSorted();
}

const milan = createHierarchy({ line: "Milan" });
const vcek = milan.vcek();

describe("an author key", () => {
  const idKeyDigest = new Uint8Array(48).fill(1);
  const authorKeyDigest = new Uint8Array(48).fill(2);
  const hexOf = (bytes: Uint8Array) => [{ value: Buffer.from(bytes).toString("hex") }];
  const judged = (signerInfo: number, authors: Uint8Array): Promise<Verdict> =>
    verdictOn(milan, vcek, vcek.report(3, { signerInfo, idKeyDigest, authorKeyDigest }), {
      guest: {
        idBlock: {
          required: true,
          idKeys: hexOf(new Uint8Array(48).fill(9)),
          authorKeys: hexOf(authors),
          authorKeyRequired: false,
        },
      },
    });

  test("that is trusted makes its ID keys trusted", async () => {
    assert.equal((await judged(1, authorKeyDigest)).outcome, "accepted");
  });

  test("that is not trusted does not", async () => {
    const verdict = await judged(1, new Uint8Array(48).fill(3));
    assert.deepEqual(reasons(verdict), ["snp.id-key.not-trusted"]);
  });

  test("is none while AUTHOR_KEY_EN is clear, whatever the digest is", async () => {
    assert.deepEqual(reasons(await judged(0, authorKeyDigest)), ["snp.id-key.not-trusted"]);
  });
});

describe("MASK_CHIP_KEY", () => {
  test("leaves a report unsigned, which is said by name and not as a bad signature", async () => {
    const report = vcek.report(3, { signerInfo: 2 });
    report.fill(0, 0x2a0, 0x330);
    const verdict = await verdictOn(milan, vcek, report);
    assert.deepEqual(reasons(verdict), ["snp.report.not-signed"]);
    const finding = verdict.findings.find(({ id }) => id === "snp.report.not-signed");
    assert.match(finding?.title ?? "", /MASK_CHIP_KEY/);
    assert.equal(verdict.endorsement, undefined);
  });

  test("does not hinder a VLEK", async () => {
    const vlek = milan.vlek();
    const verdict = await verdictOn(milan, vlek, vlek.report(3, { signerInfo: 2 | (1 << 2) }));
    assert.equal(verdict.outcome, "accepted");
  });
});

describe("a report that the host asked for", () => {
  // Firmware leaves the report data zero, because no guest gave any.
  const report = vcek.report(3, { vmpl: 0xffff_ffff, reportData: new Uint8Array(64) });

  test("is genuine, and refused", async () => {
    const verdict = await verdictOn(milan, vcek, report);
    assert.deepEqual(reasons(verdict), ["snp.vmpl.host-requested"]);
    assert.equal(verdict.endorsement?.kind, "VCEK");
  });

  test("is refused also where any VMPL will do", async () => {
    const verdict = await verdictOn(milan, vcek, report, { guest: { vmpl: "any" } });
    assert.deepEqual(reasons(verdict), ["snp.vmpl.host-requested"]);
  });

  test("is accepted where a policy says so", async () => {
    const verdict = await verdictOn(milan, vcek, report, { hostRequested: "allow" });
    assert.deepEqual(reasons(verdict), []);
  });
});

describe("a guest with a migration agent", () => {
  const agent = new Uint8Array(32).fill(0x5a);
  const fields: ReportFields = { policy: 0x70000n, reportIdMa: agent };
  const migrateMa = { ...DEFAULT_POLICY.guest.policy, migrateMa: "any" as const };

  test("is refused by default", async () => {
    const verdict = await verdictOn(milan, vcek, vcek.report(3, fields));
    assert.ok(reasons(verdict).includes("snp.guest-policy.migrate-ma"));
  });

  test("is accepted with that agent and no other", async () => {
    const pinned = (digit: string): Setting => ({
      guest: { policy: migrateMa, reportIdMa: [{ value: digit.repeat(32) }] },
    });
    const report = vcek.report(3, fields);
    assert.equal((await verdictOn(milan, vcek, report, pinned("5a"))).outcome, "accepted");
    const other = await verdictOn(milan, vcek, report, pinned("a5"));
    assert.deepEqual(reasons(other), ["snp.report-id.ma-mismatch"]);
  });
});

describe("Turin in version 2, which names no processor", () => {
  const turin = createHierarchy({ line: "Turin" });
  const key = turin.vcek();

  test("has its line from the verified VCEK, and its TCB by Turin's layout", async () => {
    const verdict = await verdictOn(turin, key, key.report(2));
    assert.deepEqual(reasons(verdict), []);
    assert.equal(verdict.line, "Turin");
    assert.deepEqual(verdict.endorsement?.tcb, key.tcb);
  });

  test("is refused with another chip, and with bytes behind the chip's eight", async () => {
    const other = await verdictOn(turin, key, key.report(2, { chipId: chipId("Turin", "2") }));
    assert.ok(reasons(other).includes("snp.vek.hwid-mismatch"));
    const tail = Uint8Array.from(key.chipId, (byte, i) => (i === 63 ? 1 : byte));
    const longer = await verdictOn(turin, key, key.report(2, { chipId: tail }));
    assert.ok(reasons(longer).includes("snp.vek.hwid-mismatch"));
  });
});

for (const line of ["Milan", "Genoa", "Turin", "Venice"] as const) {
  describe(line, () => {
    const hierarchy = createHierarchy({ line });

    test("VCEK and VLEK endorse reports of the line's usual version", async () => {
      for (const vek of [hierarchy.vcek(), hierarchy.vlek()]) {
        const verdict = await verdictOn(hierarchy, vek, vek.report());
        assert.deepEqual(reasons(verdict), [], vek.kind);
        assert.deepEqual([verdict.line, verdict.endorsement?.kind], [line, vek.kind]);
      }
    });

    test("a VLEK counts by its own authority: the revoked ASVK, not the revoked ASK", async () => {
      const listOf = (serial: bigint): Uint8Array =>
        hierarchy.crl({ revoked: [{ serial, date: AT - 1000 }], nextUpdate: AT + 1000 });
      const vlek = hierarchy.vlek();
      const judged = (serial: bigint): Promise<Verdict> =>
        verdictOn(hierarchy, vlek, vlek.report(), {
          revocation: "required",
          lists: [listOf(serial)],
        });
      assert.deepEqual(reasons(await judged(hierarchy.asvk.serial)), [
        "snp.revocation.ask-revoked",
      ]);
      assert.deepEqual(reasons(await judged(hierarchy.ask.serial)), []);
    });

    test("a VCEK of a revoked ASK is refused, and without a list nothing is decided", async () => {
      const key = hierarchy.vcek();
      const revoked = [{ serial: hierarchy.ask.serial, date: AT - 1000 }];
      const list = hierarchy.crl({ revoked, nextUpdate: AT + 1000 });
      const setting = { revocation: "required" } as const;
      const refused = await verdictOn(hierarchy, key, key.report(), { ...setting, lists: [list] });
      assert.deepEqual(
        [refused.outcome, ...reasons(refused)],
        ["rejected", "snp.revocation.ask-revoked"],
      );
      const open = await verdictOn(hierarchy, key, key.report(), setting);
      assert.deepEqual([open.outcome, ...reasons(open)], ["undecided", "snp.revocation.unknown"]);
    });
  });
}
