// SPDX-License-Identifier: Apache-2.0
// The forms in which tools hand on a platform's certificates: core reads each of them to the same chain.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readSevChain, verifySevChain } from "@greenlight/core/sev-endorsement";
import { done, joined, running } from "../support/sev.ts";

const platform = running();
const { pdh, certs } = done(platform.sev.pdhCertExport());
const { ask, ark } = platform.authorities;
const cek = platform.signedCek();
const owned = certs.subarray(0, 2 * 2084);
const base64 = (bytes: Uint8Array): Uint8Array =>
  Buffer.from(`${Buffer.from(bytes).toString("base64")}\n`);

/** Names and contents of files, by the tool that writes them so. */
const FORMS: Readonly<Record<string, readonly (readonly [string, Uint8Array])[]>> = {
  "sevctl export --full": [["platform.cert", joined(pdh, owned, cek, ask, ark)]],
  "sevctl export, and AMD's file of roots": [
    ["platform.cert", joined(pdh, owned, cek)],
    ["ask_ark_milan.cert", joined(ask, ark)],
  ],
  "query-sev-capabilities, with the key server's CEK": [
    ["pdh.b64", base64(pdh)],
    ["cert-chain.b64", base64(joined(owned, cek))],
    ["ask_ark.cert", joined(ask, ark)],
  ],
  "sev-tool, one file a certificate": [
    ["pdh.cert", pdh],
    ["pek.cert", certs.subarray(0, 2084)],
    ["oca.cert", certs.subarray(2084, 2 * 2084)],
    ["cek.cert", cek],
    ["ask.cert", ask],
    ["ark.cert", ark],
  ],
};

describe("a platform's certificates verify in the form of", () => {
  for (const [name, files] of Object.entries(FORMS)) {
    test(name, async () => {
      const chain = readSevChain(files.map(([file, bytes]) => ({ name: file, bytes })));
      const { verdict, product } = await verifySevChain({
        chain,
        roots: [platform.authorities.trustRoot()],
      });
      assert.deepEqual([verdict, product], ["accepted", "Milan"]);
    });
  }
});

test("what the platform exports by itself is not enough: its CEK carries no signature of AMD", async () => {
  const chain = readSevChain([
    { name: "pdh", bytes: pdh },
    { name: "cert-chain", bytes: certs },
    { name: "ask_ark", bytes: joined(ask, ark) },
  ]);
  const roots = [platform.authorities.trustRoot()];
  const { verdict } = await verifySevChain({ chain, roots });
  assert.notEqual(verdict, "accepted");
});
