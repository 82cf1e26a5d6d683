// SPDX-License-Identifier: Apache-2.0
// Launch sessions on the browser build: WebCrypto and our own AES make what Node's side opens.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Script, createContext } from "node:vm";
import { ciphersSync } from "../../src/crypto/cipher-node.ts";
import { parseSevCertificate } from "../../src/endorsement/sev/certificate.ts";
import type * as session from "../../src/launch/session/index.ts";
import { openSecret, ownerCertificate, unwrapSession } from "../../src/launch/session/index.ts";
import { bundleForBrowser } from "../support/browser-bundle.ts";

const ENTRY = new URL("../../src/launch/session/index.ts", import.meta.url);

test("a session and a secret of the browser build, opened in Node", async () => {
  const { code, imports } = await bundleForBrowser(ENTRY, { global: "core" });
  assert.deepEqual(imports, []);
  const realm = createContext({ TextEncoder, TextDecoder, crypto });
  new Script(`${code}\nglobalThis.core = core;`).runInContext(realm);
  const { core } = realm as { readonly core: typeof session };

  const platform = ciphersSync.generateP384();
  const owner = ciphersSync.generateP384();
  const keys = { tek: new Uint8Array(16).fill(1), tik: new Uint8Array(16).fill(2) };
  const nonce = new Uint8Array(16).fill(3);
  const made = await core.makeSession({
    pdh: parseSevCertificate(ownerCertificate(platform.point)),
    policy: 5,
    randomness: { owner, nonce, wrapIv: nonce, ...keys },
  });
  const z = ciphersSync.sharedX(platform, owner.point);
  const unwrapped = unwrapSession({ z, session: Uint8Array.from(made.session), policy: 5 });
  assert.deepEqual(unwrapped, { status: "ok", keys });

  const table = core.buildSecretTable([
    { guid: core.DISK_PASSPHRASE_GUID, data: new Uint8Array(40).fill(7) },
  ]);
  const bound = { measure: new Uint8Array(32).fill(9), api: { major: 1, minor: 55 } };
  const { header, payload } = core.sealSecret({ keys, table, iv: nonce, ...bound });
  const packet = { header: Uint8Array.from(header), payload: Uint8Array.from(payload) };
  const opened = openSecret({ keys, ...packet, ...bound });
  assert.deepEqual(opened, { status: "ok", plaintext: Uint8Array.from(table) });
});
