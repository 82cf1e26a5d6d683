// SPDX-License-Identifier: Apache-2.0
// Guest policies in words.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { LayoutError, struct, at } from "../../src/bytes/index.ts";
import {
  DEFAULT_GUEST_POLICY,
  GUEST_POLICY,
  describeGuestPolicy,
  formatGuestPolicy,
  requireGuestPolicy,
} from "../../src/launch/guest-policy.ts";

const POLICY = struct("POLICY", { size: 8, source: "test" }, { policy: at(0, GUEST_POLICY) });
const anyPolicy = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });

function bytesOf(policy: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, policy, true);
  return bytes;
}

test("the default policy allows SMT and nothing else", () => {
  const { bits, minimumAbi, unknownBits, reservedOne } = describeGuestPolicy(DEFAULT_GUEST_POLICY);
  assert.deepEqual(
    bits.filter(({ set }) => set).map(({ bit, name }) => `${bit} ${name}`),
    ["16 SMT"],
  );
  assert.deepEqual(minimumAbi, { major: 0, minor: 0 });
  assert.deepEqual(unknownBits, []);
  assert.equal(reservedOne, true);
});

test("each bit has AMD's name and a meaning for both values", () => {
  const names = [
    [16, "SMT"],
    [18, "MIGRATE_MA"],
    [19, "DEBUG"],
    [20, "SINGLE_SOCKET"],
    [21, "CXL_ALLOW"],
    [22, "MEM_AES_256_XTS"],
    [23, "RAPL_DIS"],
    [24, "CIPHERTEXT_HIDING_DRAM"],
    [25, "PAGE_SWAP_DISABLE"],
  ];
  const clear = describeGuestPolicy(0n).bits;
  const set = describeGuestPolicy((1n << 64n) - 1n).bits;
  assert.deepEqual(
    clear.map(({ bit, name }) => [bit, name]),
    names,
  );
  for (const [i, bit] of clear.entries()) {
    assert.deepEqual([bit.set, set[i]!.set], [false, true]);
    assert.notEqual(bit.meaning, set[i]!.meaning);
  }
});

test("policies on one line", () => {
  assert.equal(formatGuestPolicy(0x30000n), "0x30000 (SMT)");
  assert.equal(formatGuestPolicy(0xb0137n), "0xb0137 (ABI 1.55 or newer, SMT, DEBUG)");
  assert.equal(formatGuestPolicy(0x20000n), "0x20000");
  assert.equal(formatGuestPolicy(0x20005n), "0x20005 (ABI 0.5 or newer)");
  assert.equal(formatGuestPolicy(0x20100n), "0x20100 (ABI 1.0 or newer)");
  assert.equal(formatGuestPolicy(0n), "0x0 (bit 17 is not one)");
  assert.equal(formatGuestPolicy(0x4020000n), "0x4020000 (unknown bit 26)");
});

test("the codec refuses exactly the policies with unknown bits, and names the same bits", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        anyPolicy,
        anyPolicy.map((value) => value & 0x3ffffffn),
      ),
      (policy) => {
        const { bits, minimumAbi, unknownBits, reservedOne } = describeGuestPolicy(policy);
        if (unknownBits.length > 0) {
          assert.throws(() => POLICY.decode(bytesOf(policy)), { code: "reserved-bits" });
          return;
        }
        const decoded = POLICY.decode(bytesOf(policy)).policy;
        const camel = (name: string) =>
          name.toLowerCase().replaceAll(/_(.)/g, (_whole, letter: string) => letter.toUpperCase());
        assert.deepEqual(decoded, {
          abiMinor: minimumAbi.minor,
          abiMajor: minimumAbi.major,
          reservedOne,
          ...Object.fromEntries(bits.map(({ name, set }) => [camel(name), set])),
        });
        assert.deepEqual(POLICY.encode({ policy: decoded }), bytesOf(policy));
      },
    ),
  );
});

test("every set bit is accounted for once", () => {
  fc.assert(
    fc.property(anyPolicy, (policy) => {
      const { bits, minimumAbi, unknownBits, reservedOne } = describeGuestPolicy(policy);
      const numbers = [
        ...bits.filter(({ set }) => set).map(({ bit }) => bit),
        ...unknownBits,
        ...(reservedOne ? [17] : []),
      ];
      const sum = numbers.reduce((value, bit) => value + (1n << BigInt(bit)), 0n);
      assert.equal(sum + BigInt(minimumAbi.major * 256 + minimumAbi.minor), policy);
    }),
  );
});

test("values that are no policy are refused", () => {
  for (const policy of [-1n, 1n << 64n]) {
    assert.throws(() => describeGuestPolicy(policy), LayoutError);
    assert.throws(() => requireGuestPolicy(policy), { code: "out-of-range" });
  }
  assert.throws(() => requireGuestPolicy(0x1f0000n & ~0x20000n), {
    code: "out-of-range",
    hint: "did you mean 0x1f0000?",
  });
  assert.equal(requireGuestPolicy(0x30000n), 0x30000n);
});
