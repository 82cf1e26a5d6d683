// SPDX-License-Identifier: Apache-2.0
// Policies of SEV and SEV-ES in words, and words as policies.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  SEV_POLICY_BITS,
  describeSevPolicy,
  formatSevPolicy,
  parseSevPolicy,
  requireSevPolicy,
} from "../../../src/launch/session/index.ts";

test("policies on one line", () => {
  assert.equal(formatSevPolicy(0), "0x0");
  assert.equal(formatSevPolicy(1), "0x1 (NODBG)");
  assert.equal(formatSevPolicy(0x37010007), "0x37010007 (API 1.55 or newer, NODBG, NOKS, ES)");
  assert.equal(formatSevPolicy(0x11000000), "0x11000000 (API 0.17 or newer)");
  assert.equal(formatSevPolicy(0x3f), "0x3f (NODBG, NOKS, ES, NOSEND, DOMAIN, SEV)");
  assert.equal(formatSevPolicy(0x8041), "0x8041 (NODBG, unknown bit 6, unknown bit 15)");
});

test("every set bit is accounted for once", () => {
  fc.assert(
    fc.property(fc.nat(0xffff_ffff), (policy) => {
      const { bits, unknownBits, minimumApi } = describeSevPolicy(policy);
      const named = bits.filter(({ set }) => set).map(({ bit }) => bit);
      const low = [...named, ...unknownBits].reduce((sum, bit) => sum + 2 ** bit, 0);
      assert.equal(low + minimumApi.major * 0x10000 + minimumApi.minor * 0x1000000, policy);
      for (const { bit, name } of bits) assert.equal(SEV_POLICY_BITS[name], 2 ** bit);
    }),
  );
});

test("each bit has a meaning for both values", () => {
  const [clear, set] = [describeSevPolicy(0).bits, describeSevPolicy(0x3f).bits];
  for (const [i, bit] of clear.entries()) assert.notEqual(bit.meaning, set[i]!.meaning);
});

test("numbers and names are read", () => {
  const rows: readonly (readonly [string, number])[] = [
    ["3", 3],
    ["0x37010007", 0x37010007],
    ["0X0F", 15],
    [" 4294901760 ", 0xffff0000],
    ["nodbg", 1],
    ["NODBG, NOKS, ES, api>=1.55", 0x37010007],
    ["NODBG,NOKS,ES,API=1.55", 0x37010007],
    ["api>=0.17", 0x11000000],
    ["NODBG,NODBG", 1],
  ];
  for (const [text, policy] of rows) assert.equal(parseSevPolicy(text), policy, text);
});

test("what is no policy is refused by name", () => {
  const refused = ["", "x", "0x", "0x100000000", "4294967296", "-1", "1.5", "NODBG,,ES"];
  const more = ["api>=1", "api>=1.256", "api>=256.0", "api>=1.2,api>=1.2", "0x40", "65472", "SMT"];
  for (const text of [...refused, ...more]) {
    assert.throws(() => parseSevPolicy(text), { name: "SessionError", code: "bad-policy" }, text);
  }
  assert.equal(requireSevPolicy(0xffff003f), 0xffff003f);
  for (const policy of [-1, 2 ** 32, 0.5, Number.NaN]) {
    assert.throws(() => describeSevPolicy(policy), { code: "out-of-range" });
    assert.throws(() => requireSevPolicy(policy), { code: "out-of-range" });
  }
});

test("what is written back by name is the same policy", () => {
  fc.assert(
    fc.property(fc.nat(0xffff_ffff), (value) => {
      const policy = (value & 0xffff003f) >>> 0;
      const { bits, minimumApi } = describeSevPolicy(policy);
      const words = bits.filter(({ set }) => set).map(({ name }) => name.toLowerCase());
      const version = `api>=${minimumApi.major}.${minimumApi.minor}`;
      assert.equal(parseSevPolicy([...words, version].join(",")), policy);
    }),
  );
});
