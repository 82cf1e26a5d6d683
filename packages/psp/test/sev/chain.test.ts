// SPDX-License-Identifier: Apache-2.0
// What a platform hands out is a chain that core's verifier takes under the simulator's roots, and under
// no other; and every fault in it is found.

import assert from "node:assert/strict";
import { constants, createPublicKey, verify } from "node:crypto";
import { describe, test } from "node:test";
import {
  AMD_SEV_ROOTS,
  SEV_SIGNED_SIZE,
  SEV_USAGE,
  parseAmdCertificate,
  parseSevCertificate,
  readSevChain,
  verifySevChain,
} from "@greenlight/core/sev-endorsement";
import type { SevChain } from "@greenlight/core/sev-endorsement";
import { PLATFORM_LINES } from "@greenlight/psp/platform";
import type { Faults, Platform, PlatformLine } from "@greenlight/psp/platform";
import { bytes, done, flipped, joined, running } from "../support/sev.ts";

/** The chain as a guest owner gets it, in the form of sevctl's full export. */
function exported(platform: Platform): { readonly pdh: Uint8Array; readonly rest: Uint8Array } {
  const { pdh, certs } = done(platform.sev.pdhCertExport());
  const { ask, ark } = platform.authorities;
  return { pdh, rest: joined(certs.subarray(0, 2 * 2084), platform.signedCek(), ask, ark) };
}

function chainOf(platform: Platform): SevChain {
  const { pdh, rest } = exported(platform);
  return readSevChain([{ name: "export-full.bin", bytes: joined(pdh, rest) }]);
}

async function failures(platform: Platform, chain = chainOf(platform)): Promise<readonly string[]> {
  const roots = [platform.authorities.trustRoot()];
  const { findings } = await verifySevChain({ chain, roots });
  return findings.filter(({ outcome }) => outcome === "fail").map(({ id }) => id);
}

for (const line of PLATFORM_LINES) {
  describe(line, () => {
    const platform = running({ line });

    test("the chain verifies under the simulator's roots, and says which line it is of", async () => {
      const { verdict, product, pdh } = await verifySevChain({
        chain: chainOf(platform),
        roots: [platform.authorities.trustRoot()],
      });
      assert.equal(verdict, "accepted");
      assert.equal(product, line);
      assert.deepEqual(pdh?.bytes, done(platform.sev.pdhCertExport()).pdh);
    });

    test("it does not verify under AMD's roots, nor does a forgery with AMD's key ids", async () => {
      for (const names of ["simulator", "forged-amd"] as const) {
        const forged = running({ line, names });
        const { verdict } = await verifySevChain({ chain: chainOf(forged) });
        assert.equal(verdict, "rejected");
      }
    });

    test("a forgery has AMD's key ids, the simulator's roots say what they are", () => {
      const real = AMD_SEV_ROOTS.find((root) => root.line === line);
      const forged = running({ line, names: "forged-amd" }).authorities;
      assert.deepEqual(parseAmdCertificate(forged.ark).keyId, real?.ark.keyId);
      assert.deepEqual(parseAmdCertificate(forged.ask).keyId, real?.ask?.keyId);
      const { ark, ask } = platform.authorities;
      const text = (id: Uint8Array): string => Buffer.from(id.subarray(0, 8)).toString("latin1");
      assert.equal(text(parseAmdCertificate(ark).keyId), "SIM-ARK\0");
      assert.equal(text(parseAmdCertificate(ask).keyId), "SIM-ASK\0");
      assert.deepEqual(parseAmdCertificate(ask).certifyingKeyId, parseAmdCertificate(ark).keyId);
    });

    test("node:crypto verifies the roots with the salt that AMD uses", () => {
      const ark = parseAmdCertificate(platform.authorities.ark);
      const ask = parseAmdCertificate(platform.authorities.ask);
      assert.equal(ark.bytes.length, line === "Naples" ? 832 : 1600);
      const base64 = (part: Uint8Array): string => Buffer.from(part).toString("base64url");
      const jwk = { kty: "RSA", n: base64(ark.modulus), e: base64(ark.exponent) };
      const key = createPublicKey({ format: "jwk", key: jwk });
      const [hash, saltLength] = line === "Naples" ? ["sha256", 32] : ["sha384", 48];
      const padding = constants.RSA_PKCS1_PSS_PADDING;
      for (const { signed, signature } of [ark, ask]) {
        assert.ok(verify(hash, signed, { key, padding, saltLength }, signature));
      }
    });

    test("roots are the same keys as the X.509 certificates of the line", () => {
      const { hierarchy, authorities } = platform;
      if (hierarchy === undefined) return;
      for (const role of ["ark", "ask"] as const) {
        const key = createPublicKey({
          key: Buffer.from(hierarchy[role].key.spki),
          format: "der",
          type: "spki",
        });
        const { modulus } = parseAmdCertificate(authorities[role]);
        assert.equal(key.export({ format: "jwk" }).n, Buffer.from(modulus).toString("base64url"));
      }
    });
  });
}

test("a chain of one line fails under the roots of another", async () => {
  const naples = running({ line: "Naples" });
  const roots = [running({ line: "Rome" }).authorities.trustRoot()];
  const { verdict } = await verifySevChain({ chain: chainOf(naples), roots });
  assert.equal(verdict, "rejected");
});

test("the CEK has no signature as the platform exports it; the key server's has AMD's", () => {
  const platform = running();
  const { certs } = done(platform.sev.pdhCertExport());
  const own = parseSevCertificate(certs.subarray(2 * 2084));
  assert.deepEqual(
    own.signatures.map(({ usage }) => usage),
    [SEV_USAGE.INVALID, SEV_USAGE.INVALID],
  );
  const signed = parseSevCertificate(platform.signedCek());
  assert.deepEqual(signed.signed, own.signed);
  assert.equal(signed.signatures[0].usage, SEV_USAGE.ASK);
});

test("the CEK belongs to the chip: the same after a reset, another on another chip", () => {
  const cek = (platform: Platform): Uint8Array => platform.signedCek();
  const platform = running();
  const before = cek(platform);
  done(platform.sev.shutdown());
  done(platform.sev.platformReset());
  done(platform.sev.init());
  assert.deepEqual(cek(platform), before);
  assert.deepEqual(cek(running()), before);
  assert.notDeepEqual(cek(running({ chipId: bytes(64) })), before);
});

test("one turned bit in any signed part of any certificate is found", async () => {
  const platform = running();
  const { pdh, rest } = exported(platform);
  const whole = joined(pdh, rest);
  const ends = [0, 1, 2, 3].map((index) => index * 2084);
  for (const start of ends) {
    // In the low bytes of the point's X coordinate, which may leave the curve: found either way.
    const chain = readSevChain([
      { name: "export-full.bin", bytes: flipped(whole, start + 0x14 + 5) },
    ]);
    assert.notDeepEqual(await failures(platform, chain), [], `certificate at ${start}`);
    assert.ok(SEV_SIGNED_SIZE > 0x14 + 5);
  }
});

describe("faults of the export", () => {
  const expected: readonly (readonly [Faults, string])[] = [
    [{ pdh: "unsigned" }, "sev.pdh"],
    [{ pdh: "off-curve" }, "sev.pdh"],
    [{ chain: "flipped-bit" }, "sev.pek"],
    [{ chain: "other-cek" }, "sev.pek"],
  ];
  for (const [faults, prefix] of expected) {
    test(`${JSON.stringify(faults)} is refused by a check of ${prefix}`, async () => {
      const platform = running({ faults });
      const { pdh, certs } = done(platform.sev.pdhCertExport());
      const { ask, ark } = platform.authorities;
      const cek = faults.chain === "other-cek" ? certs.subarray(2 * 2084) : platform.signedCek();
      const all = joined(pdh, certs.subarray(0, 2 * 2084), cek, ask, ark);
      const found = await failures(platform, readSevChain([{ name: "all", bytes: all }]));
      assert.ok(
        found.some((id) => id.startsWith(prefix)),
        found.join(", "),
      );
    });
  }

  test("another PDH under the same PEK verifies: only the launch shows it", async () => {
    assert.deepEqual(await failures(running({ faults: { pdh: "other" } })), []);
  });

  test("truncated certificates cannot be read", () => {
    const short = running({ faults: { pdh: "truncated", chain: "truncated" } });
    const { pdh, certs } = done(short.sev.pdhCertExport());
    assert.deepEqual([pdh.length, certs.length], [2083, 6251]);
    assert.throws(() => parseSevCertificate(pdh), { name: "LayoutError" });
  });
});

test("lines are those that core's verifier knows", () => {
  const known: readonly PlatformLine[] = AMD_SEV_ROOTS.map(({ line }) => line);
  assert.deepEqual(known, [...PLATFORM_LINES]);
});
