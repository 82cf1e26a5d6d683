// SPDX-License-Identifier: Apache-2.0
// Chains of real machines, and the forged one: every chain case of the vectors, and every bit that a
// signature of the real ones covers.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { base64Encode } from "../../../src/bytes/index.ts";
import { LayoutError } from "../../../src/bytes/index.ts";
import {
  AMD_SEV_ROOTS,
  SEV_SIGNED_SIZE,
  readSevChain,
  verifySevChain,
} from "../../../src/endorsement/sev/index.ts";
import { missingVectors, readVector, readVectorJson } from "../../support/vectors.ts";
import { failedOf, outcomeOf } from "./support.ts";

interface ChainCase {
  readonly name: string;
  readonly files: readonly string[];
  readonly ask: string;
  readonly ark: string;
  readonly expect: string;
}

const skip = missingVectors("sev/cases.json");
const cases =
  skip === false
    ? (readVectorJson("sev/cases.json") as { readonly chain: readonly ChainCase[] }).chain
    : [];

const file = (path: string) => ({ name: path, bytes: readVector(`sev/${path}`) });
const verify = async (...paths: readonly string[]) =>
  verifySevChain({ chain: readSevChain(paths.map(file)) });

test("there are chain cases", { skip }, () => assert.equal(cases.length, 4));

for (const { name, files, ask, ark, expect } of cases) {
  test(`${name}: ${expect}`, async () => {
    const result = await verify(...files, ask, ark);
    assert.equal(result.verdict, expect === "valid" ? "accepted" : "rejected");
    const failed = failedOf(result);
    if (expect === "valid") {
      assert.deepEqual(failed, []);
      assert.equal(result.product, name.startsWith("naples") ? "Naples" : "Rome");
      assert.ok(result.pdh !== undefined);
    } else {
      const wanted = expect.includes("ASK does not sign CEK")
        ? "sev.cek.signature"
        : "sev.ark.not-pinned";
      // The forged chain holds together in itself: nothing else gives it away.
      assert.deepEqual(failed, [wanted]);
      assert.equal(result.product, undefined);
      assert.equal(result.pdh, undefined);
    }
  });
}

test("the forged root with AMD's key id is told as such", { skip }, async () => {
  const result = await verify("sim/chain_full.bin");
  const pinned = result.findings.find(({ id }) => id === "sev.ark.not-pinned");
  assert.match(pinned?.actual ?? "", /AMD's of Milan, and another key/);
});

test("the other line's ASK is told by its name", { skip }, async () => {
  const result = await verify("chain/naples/export.bin", "amd/rome/ask.cert");
  const cek = result.findings.find(({ id }) => id === "sev.cek.signature");
  assert.equal(cek?.outcome, "fail");
  assert.match(cek?.hint ?? "", /ASK of Naples/);
});

test("without ASK and ARK the carried ones are found", { skip }, async () => {
  for (const line of ["naples", "rome"]) {
    const result = await verify(`chain/${line}/export.bin`);
    assert.equal(result.verdict, "accepted");
    assert.equal(result.product?.toLowerCase(), line);
    const full = await verify(`chain/${line}/export-full.bin`);
    assert.deepEqual(full.chainDigest, result.chainDigest);
  }
});

test(
  "Naples' first ARK, without its signature, is taken only byte for byte",
  { skip },
  async () => {
    const unsigned = file("chain/naples/ark-unsigned-576.cert");
    const chain = readSevChain([
      file("chain/naples/export.bin"),
      file("amd/naples/ask.cert"),
      unsigned,
    ]);
    assert.match(chain.notes[0] ?? "", /without its signature/);
    const result = await verifySevChain({ chain });
    assert.equal(result.verdict, "accepted");
    assert.equal(outcomeOf(result, "sev.ark.signature"), "pass");
    fc.assert(
      fc.property(fc.nat(575), fc.nat(7), (at, bit) => {
        const bytes = Uint8Array.from(unsigned.bytes);
        bytes[at]! ^= 1 << bit;
        assert.throws(() => readSevChain([{ name: "ark", bytes }]), LayoutError);
      }),
    );
    // Any other certificate that ends there is cut off.
    const cut = readVector("sev/amd/naples/ask.cert").subarray(0, 576);
    assert.throws(() => readSevChain([{ name: "ask", bytes: cut }]), { code: "truncated" });
  },
);

test("base64 text, with line ends, is as good as bytes", { skip }, async () => {
  const text = base64Encode(readVector("sev/chain/rome/export.bin")).replaceAll(/.{76}/g, "$&\n");
  const chain = readSevChain([{ name: "b64", bytes: new TextEncoder().encode(`${text}\n`) }]);
  assert.equal((await verifySevChain({ chain })).verdict, "accepted");
});

test("one flipped bit in anything that is signed, and the chain is refused", { skip }, async () => {
  const parts = ["pdh", "pek", "oca", "cek", "ask", "ark"] as const;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom("naples", "rome"),
      fc.constantFrom(...parts),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      async (line, flipped, where) => {
        const files = parts.map((part) => {
          const folder = part === "ask" || part === "ark" ? "amd" : "chain";
          const bytes = Uint8Array.from(readVector(`sev/${folder}/${line}/${part}.cert`));
          if (part === flipped) {
            const size =
              folder === "chain" ? SEV_SIGNED_SIZE : bytes.length === 832 ? 576 : 64 + 2 * 512;
            const bit = Math.floor(where * size * 8);
            bytes[bit >> 3]! ^= 1 << (bit & 7);
          }
          return { name: part, bytes };
        });
        try {
          const result = await verifySevChain({ chain: readSevChain(files) });
          assert.equal(result.verdict, "rejected");
          assert.equal(result.pdh, undefined);
        } catch (error) {
          // A flip in what says that it is a certificate, or of a reserved bit.
          assert.ok(error instanceof LayoutError, String(error));
        }
      },
    ),
    { numRuns: 150 },
  );
});

test("every carried root and signing key verifies", async () => {
  assert.equal(AMD_SEV_ROOTS.length, 5);
  for (const { line, ark, ask } of AMD_SEV_ROOTS) {
    const result = await verifySevChain({ chain: { ark, ask: ask! } });
    // There is no CEK, so nothing is decided; but all that is there is right.
    assert.equal(result.verdict, "undecided");
    for (const id of ["sev.ark.not-pinned", "sev.ark.signature", "sev.ask.signature"] as const) {
      assert.equal(outcomeOf(result, id), "pass", `${line} ${id}`);
    }
  }
});
