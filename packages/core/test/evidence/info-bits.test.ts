// SPDX-License-Identifier: Apache-2.0
// PLATFORM_INFO and KEY_INFO.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  PLATFORM_INFO_BITS,
  PLATFORM_INFO_KNOWN,
  PLATFORM_INFO_NAMES,
  decodeSignerInfo,
  formatPlatformInfo,
  formatSignerInfo,
  platformInfoHas,
} from "../../src/evidence/index.ts";

test("the bits of PLATFORM_INFO are named in order and without a gap", () => {
  assert.deepEqual(
    PLATFORM_INFO_NAMES.map((name) => PLATFORM_INFO_BITS[name].bit),
    [0, 1, 2, 3, 4, 5, 6, 7],
  );
  for (const name of PLATFORM_INFO_NAMES) {
    const bit = 1n << BigInt(PLATFORM_INFO_BITS[name].bit);
    assert.ok(platformInfoHas(bit, name));
    assert.ok(!platformInfoHas(~bit & 0xffff_ffff_ffff_ffffn, name));
    assert.equal(PLATFORM_INFO_KNOWN & bit, bit);
  }
});

test("trap 8: real values of PLATFORM_INFO, Turin's bit 6 included", () => {
  assert.equal(formatPlatformInfo(0x25n), "0x25 (SMT_EN, ECC_EN, ALIAS_CHECK_COMPLETE)");
  assert.equal(
    formatPlatformInfo(0x65n),
    "0x65 (SMT_EN, ECC_EN, ALIAS_CHECK_COMPLETE, IOMMU_WRITE_SAFE)",
  );
  assert.equal(formatPlatformInfo(0n), "0x0");
  assert.equal(
    formatPlatformInfo((1n << 63n) | 0x100n),
    "0x8000000000000100 (unknown bit 8, unknown bit 63)",
  );
});

test("every signing key of KEY_INFO", () => {
  const names = [0, 1, 2, 3, 4, 5, 6, 7].map((key) => decodeSignerInfo(key << 2).signingKey);
  assert.deepEqual(names, ["VCEK", "VLEK", ...Array<string>(5).fill("reserved"), "none"]);
});

test("trap 7: MASK_CHIP_KEY is not the masked chip id, and reserved bits are kept", () => {
  const masked = decodeSignerInfo(0x1e);
  assert.equal(masked.chipKeyMasked, true);
  assert.equal(masked.signingKey, "none");
  assert.equal(masked.authorKeyEnabled, false);
  assert.equal(decodeSignerInfo(0xffff_ffff).reserved, 0xffff_ffe0);
  assert.equal(decodeSignerInfo(0x8000_0001).reserved, 0x8000_0000);
});

test("KEY_INFO as text", () => {
  assert.equal(formatSignerInfo(0), "0x0 (signed by VCEK)");
  assert.equal(formatSignerInfo(5), "0x5 (signed by VLEK, author key)");
  assert.equal(
    formatSignerInfo(0x2a),
    "0x2a (reserved signing key 2, chip key masked, reserved bits 0x20)",
  );
});
