// SPDX-License-Identifier: Apache-2.0
// Chains by somebody who wants the verifier to fail otherwise than by its findings: numbers that no key
// has, and any byte changed.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LayoutError } from "../../../src/bytes/index.ts";
import {
  SEV_ALGORITHM,
  SEV_SIGNED_SIZE,
  SEV_USAGE,
  encodeAmdCertificate,
  parseAmdCertificate,
  readSevChain,
  verifySevChain,
} from "../../../src/endorsement/sev/index.ts";
import type { SevChain } from "../../../src/endorsement/sev/index.ts";
import { certificate, failedOf, makePlatform, rsaPair } from "./support.ts";

const { chain, root, keys } = makePlatform();
const verify = async (changed: Partial<SevChain> = {}) =>
  verifySevChain({ chain: { ...chain, ...changed }, roots: [root] });
const byCek = { usage: SEV_USAGE.CEK, key: keys.cek.privateKey };

test("an OCA whose RSA key is of another size than it states is refused", async () => {
  const owner = rsaPair(2048);
  const algorithm = SEV_ALGORITHM["RSA-SHA256"];
  const signer = { usage: SEV_USAGE.OCA, algorithm, key: owner.privateKey };
  const stated = { ...owner.publicKey, bits: 4096 } as typeof owner.publicKey;
  const oca = certificate(SEV_USAGE.OCA, stated, [signer], { algorithm });
  const pek = certificate(SEV_USAGE.PEK, keys.pek.publicKey, [signer, byCek]);
  assert.deepEqual(failedOf(await verify({ oca, pek })), ["sev.oca.key"]);
});

test("numbers that no RSA key has are refused like any other wrong key", async () => {
  const algorithm = SEV_ALGORITHM["RSA-SHA256"];
  const { publicKey, privateKey, modulus } = rsaPair(2048);
  const signer = { usage: SEV_USAGE.OCA, algorithm, key: privateKey };
  const [none, huge] = [new Uint8Array(0), new Uint8Array(200).fill(1)];
  for (const numbers of [{ modulus: none }, { exponent: none }, { exponent: huge }]) {
    const key = { ...publicKey, ...numbers } as typeof publicKey;
    const oca = certificate(SEV_USAGE.OCA, key, [signer], { algorithm });
    assert.ok(failedOf(await verify({ oca })).includes("sev.oca.key"));
    const content = { ...chain.ask, modulus, exponent: chain.ask.exponent, ...numbers };
    const changed = parseAmdCertificate(encodeAmdCertificate(content));
    assert.ok(failedOf(await verify({ ask: changed })).includes("sev.ask.key"));
    assert.ok(failedOf(await verify({ ark: changed })).includes("sev.ark.not-pinned"));
  }
});

/** A platform whose owner has an RSA key: every kind of key and signature that there is. */
function ownedByRsa(): SevChain {
  const algorithm = SEV_ALGORITHM["RSA-SHA256"];
  const owner = rsaPair(2048);
  const signer = { usage: SEV_USAGE.OCA, algorithm, key: owner.privateKey };
  const oca = certificate(SEV_USAGE.OCA, owner.publicKey, [signer], { algorithm });
  const pek = certificate(SEV_USAGE.PEK, keys.pek.publicKey, [signer, byCek]);
  return { ...chain, oca, pek };
}

test("with any byte of what is signed changed a chain is refused, and never anything else", async () => {
  const whole = ownedByRsa();
  assert.equal((await verify(whole)).verdict, "accepted");
  const roles = ["pdh", "pek", "oca", "cek", "ask", "ark"] as const;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...roles),
      fc.nat(SEV_SIGNED_SIZE - 1),
      fc.uint8Array({ minLength: 1, maxLength: 8 }),
      async (role, offset, bytes) => {
        const files = roles.map((name) => ({ name, bytes: Uint8Array.from(whole[name]!.bytes) }));
        const { bytes: changed } = files.find(({ name }) => name === role)!;
        const { length } = whole[role]!.signed;
        const before = Uint8Array.from(changed);
        changed.set(bytes.subarray(0, length - (offset % length)), offset % length);
        fc.pre(Buffer.compare(before, changed) !== 0);
        let read: SevChain;
        try {
          read = readSevChain(files);
        } catch (error) {
          assert.ok(error instanceof LayoutError, String(error));
          return;
        }
        const { verdict } = await verifySevChain({ chain: read, roots: [root] });
        assert.notEqual(verdict, "accepted", `${role} at ${offset % length}`);
      },
    ),
    { numRuns: 300 },
  );
});
