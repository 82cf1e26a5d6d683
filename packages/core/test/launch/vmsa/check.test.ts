// SPDX-License-Identifier: Apache-2.0
// checkVmsa(): what stands in the way of running a page, and what is only unknown.

import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import fc from "fast-check";
import {
  VMSA,
  VMSA_PROFILES,
  applicationVmsaPage,
  bootVmsaPage,
  checkVmsa,
  vmsaProfile,
} from "../../../src/launch/index.ts";
import type { Vmsa } from "../../../src/launch/index.ts";

const PARAMETERS = {
  profile: vmsaProfile("qemu"),
  signature: 0xa00f11,
  sevFeatures: 1n,
  entryPoint: 0x80b004,
};

/** Ids of findings with these outcomes for a page with some fields changed. */
function found(changes: Partial<Vmsa>, ...outcomes: readonly string[]): readonly string[] {
  const page = VMSA.encode({ ...VMSA.decode(bootVmsaPage(PARAMETERS)), ...changes });
  return checkVmsa(page)
    .filter(({ outcome }) => outcomes.includes(outcome))
    .map(({ id }) => id);
}

test("pages of every profile pass every check", () => {
  for (const profile of VMSA_PROFILES) {
    for (const page of [
      bootVmsaPage({ ...PARAMETERS, profile }),
      applicationVmsaPage({ ...PARAMETERS, profile }),
    ]) {
      const outcomes = new Set(checkVmsa(page).map(({ outcome }) => outcome));
      assert.deepEqual([...outcomes], ["pass"], profile.id);
    }
  }
});

const REFUSED: readonly (readonly [change: Partial<Vmsa>, id: string])[] = [
  [{ efer: 0x500n }, "vmsa.efer.svme-clear"],
  [{ rflags: 0x200n }, "vmsa.rflags.bit1-clear"],
  [{ cr0: 0x2000_0010n }, "vmsa.cr0.invalid"],
  [{ cr0: 0x1_0000_0010n }, "vmsa.cr0.invalid"],
  [{ dr6: 0x1_ffff_0ff0n }, "vmsa.dr6.upper-bits"],
  [{ dr7: 1n << 63n }, "vmsa.dr7.upper-bits"],
];
for (const [change, id] of REFUSED) {
  test(`${inspect(change)} fails as ${id}`, () => {
    assert.deepEqual(found(change, "fail"), [id]);
  });
}

test("CD without NW and CD with NW are valid", () => {
  assert.deepEqual(found({ cr0: 0x4000_0010n }, "fail", "warn"), []);
  assert.deepEqual(found({ cr0: 0x6000_0010n }, "fail", "warn"), []);
});

test("unknown features and reserved bytes are a warning that names them", () => {
  assert.deepEqual(found({ sevFeatures: 0x2801n }, "fail", "warn"), [
    "vmsa.sev-features.unknown-bits",
  ]);
  const unused = new Uint8Array(2448);
  unused[2447] = 1;
  assert.deepEqual(found({ unused }, "fail", "warn"), ["vmsa.reserved.not-zero"]);
  const page = bootVmsaPage(PARAMETERS);
  page[0x2e0] = 1;
  const finding = checkVmsa(page).find(({ id }) => id === "vmsa.reserved.not-zero");
  assert.match(finding!.title, /reserved298$/);
  assert.deepEqual(finding!.where, { artefact: "VMSA", offset: 0x298, size: 80 });
});

test("any 4096 bytes give the same checks, and other sizes are refused", () => {
  const ids = checkVmsa(bootVmsaPage(PARAMETERS)).map(({ id }) => id);
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 4096, maxLength: 4096 }), (page) => {
      assert.deepEqual(
        checkVmsa(page).map(({ id }) => id),
        ids,
      );
    }),
    { numRuns: 30 },
  );
  assert.throws(() => checkVmsa(new Uint8Array(96)), { code: "truncated" });
});
