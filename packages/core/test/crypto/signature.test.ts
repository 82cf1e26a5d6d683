// SPDX-License-Identifier: Apache-2.0
// Both signature verifiers, and that `#signature` is Node's here.

import assert from "node:assert/strict";
import { test } from "node:test";
import { signatures as imported } from "#signature";
import { pooledSignatures, signatures as node } from "../../src/crypto/signature-node.ts";
import { signatures as web } from "../../src/crypto/signature-web.ts";
import { checkVerifier } from "./signature-suite.ts";

checkVerifier("node:crypto", node, web);
checkVerifier("node:crypto on its pool of threads", pooledSignatures, web);
checkVerifier("WebCrypto", web, node);

test("#signature is Node's verifier in Node", () => assert.equal(imported, node));

test("without WebCrypto the error says what to do", async () => {
  const { crypto } = globalThis;
  const spki = new Uint8Array(0);
  Object.defineProperty(globalThis, "crypto", { value: {}, configurable: true, writable: true });
  try {
    const key = await import("node:crypto").then(({ generateKeyPairSync }) =>
      generateKeyPairSync("ec", { namedCurve: "P-384" }).publicKey.export({
        type: "spki",
        format: "der",
      }),
    );
    await assert.rejects(async () => web.importKey(key, "ECDSA-P384-SHA384"), {
      name: "KeyError",
      code: "no-webcrypto",
    });
    await assert.rejects(async () => web.importKey(spki, "ECDSA-P384-SHA384"), {
      name: "LayoutError",
    });
  } finally {
    Object.defineProperty(globalThis, "crypto", {
      value: crypto,
      configurable: true,
      writable: true,
    });
  }
});
