// SPDX-License-Identifier: Apache-2.0
// What a host must not see does not come out of a served platform: message keys of guests, launch
// secrets, transport keys, the platform's private keys. Everything that goes over the socket is kept and
// searched.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { base64Decode } from "@greenlight/core/bytes";
import { ciphersSync } from "@greenlight/core/cipher";
import { launchMeasurement } from "@greenlight/core/launch";
import { buildSecretTable, makeSession, sealSecret } from "@greenlight/core/session";
import { parseSevCertificate } from "@greenlight/core/sev-endorsement";
import { loadPlatform } from "../../src/platform/index.ts";
import { Executor } from "../../src/server/executor.ts";
import type { PlatformFolder } from "../../src/server/folder.ts";
import { readSecretsPage } from "../../src/snp/secrets-page.ts";
import { newFolder } from "./support.ts";

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

/** Commands to a platform, with all that goes in and comes out. */
class Wire {
  readonly #executor: Executor;
  /** Answers alone: what goes in is the client's own. */
  answers = "";

  constructor(folder: PlatformFolder) {
    this.#executor = new Executor({ load: () => folder.load(), save: (each) => folder.save(each) });
  }

  async command(name: string, values: object = {}): Promise<Readonly<Record<string, string>>> {
    const answer = await this.#executor.execute(name, values);
    this.answers += JSON.stringify(answer);
    assert.ok("return" in answer, JSON.stringify(answer));
    return answer.return as Readonly<Record<string, string>>;
  }

  async refused(name: string, values: object): Promise<string> {
    const answer = await this.#executor.execute(name, values);
    this.answers += JSON.stringify(answer);
    assert.ok("error" in answer);
    return answer.error.status;
  }
}

/** Fails when the text has the bytes in any form that JSON is likely to have them in. */
function assertWithout(text: string, bytes: Uint8Array, what: string): void {
  const hex = Buffer.from(bytes).toString("hex");
  assert.equal(text.toLowerCase().includes(hex), false, `${what} in hexadecimal`);
  const decoded = [...text.matchAll(/[A-Za-z0-9+/]{16,}={0,2}/g)].map(([piece]) =>
    Buffer.from(piece, "base64").toString("hex"),
  );
  assert.equal(
    decoded.some((each) => each.includes(hex)),
    false,
    `${what} in base64`,
  );
  assert.equal(text.includes(Buffer.from(bytes).toString("latin1")), false, `${what} as it is`);
}

test("message keys of SEV-SNP guests", async (t) => {
  const folder = newFolder(t);
  const stored: unknown = JSON.parse(readFileSync(folder.stateFile, "utf8"));
  const wire = new Wire(folder);
  await wire.command("snp-init");
  await wire.command("snp-gctx-create");
  await wire.command("snp-launch-start", { gctx: 1, policy: "0x30000" });
  await wire.command("snp-activate", { gctx: 1, asid: 1 });
  await wire.command("snp-launch-update", { gctx: 1, type: "SECRETS", gpa: 0, size: 4096 });
  await wire.command("snp-launch-finish", { gctx: 1 });
  const reportData = base64(new Uint8Array(64));
  await wire.command("guest-report", { gctx: 1, reportData });
  await wire.refused("guest-report", { gctx: 2, reportData });

  // The same platform with the same randomness has the same keys.
  const { snp } = loadPlatform(stored);
  assert.ok(snp !== undefined);
  snp.snpInit();
  snp.gctxCreate();
  snp.launchStart({ gctx: 1, policy: 0x30000n });
  snp.activate({ gctx: 1, asid: 1 });
  const filled = snp.launchUpdate({ gctx: 1, type: "SECRETS", gpa: 0, page: { size: 4096 } });
  assert.ok(filled.status === "SUCCESS" && filled.page !== undefined);
  for (const key of readSecretsPage(filled.page).vmpcks) {
    assertWithout(wire.answers, key, "a message key");
  }
});

test("launch secrets and transport keys of an owner's SEV guest", async (t) => {
  const folder = newFolder(t);
  const wire = new Wire(folder);
  await wire.command("init", { es: false });
  const { pdh = "" } = await wire.command("pdh-cert-export");
  const keys = { tek: new Uint8Array(16).fill(0x7e), tik: new Uint8Array(16).fill(0x71) };
  const policy = 1;
  const session = await makeSession({
    pdh: parseSevCertificate(base64Decode(pdh)),
    policy,
    randomness: {
      owner: ciphersSync.generateP384(),
      nonce: new Uint8Array(16).fill(1),
      wrapIv: new Uint8Array(16).fill(2),
      ...keys,
    },
  });
  const start = { godh: base64(session.godh), session: base64(session.session) };
  assert.equal(await wire.refused("launch-start", { policy: 3, ...start }), "BAD_MEASUREMENT");
  const { handle = "" } = await wire.command("launch-start", { policy, ...start });
  await wire.command("activate", { handle, asid: 1 });
  const firmware = new Uint8Array(4096).fill(9);
  await wire.command("launch-update-data", { handle, data: base64(firmware) });
  const { blob = "" } = await wire.command("launch-measure", { handle });
  const [measure, mnonce] = [base64Decode(blob).subarray(0, 32), base64Decode(blob).subarray(32)];
  const digest = Uint8Array.from(createHash("sha256").update(firmware).digest());
  const api = { apiMajor: 1, apiMinor: 55, buildId: 40 };
  assert.deepEqual(measure, launchMeasurement({ tik: keys.tik, ...api, policy, digest, mnonce }));

  const passphrase = new TextEncoder().encode("correct horse battery staple");
  const table = buildSecretTable([
    { guid: "736869e5-84f0-4973-92ec-06879ce3da0b", data: passphrase },
  ]);
  const iv = new Uint8Array(16).fill(3);
  const binding = { keys, measure, api: { major: 1, minor: 55 } };
  const { header, payload } = sealSecret({ ...binding, table, iv });
  const packet = { handle, header: base64(header), payload: base64(payload) };
  const broken = { ...packet, payload: base64(payload.map((byte) => byte ^ 1)) };
  assert.equal(await wire.refused("launch-secret", broken), "BAD_MEASUREMENT");
  assert.deepEqual(await wire.command("launch-secret", packet), {});
  await wire.command("launch-finish", { handle });
  for (const [what, bytes] of Object.entries({ ...keys, passphrase })) {
    assertWithout(wire.answers, bytes, what);
  }
});

test("the platform's private keys", async (t) => {
  const folder = newFolder(t);
  const wire = new Wire(folder);
  await wire.command("init");
  const queries = ["platform-status", "snp-platform-status", "get-id", "pek-csr"];
  for (const name of [...queries, "pdh-cert-export", "query-commands", "snp-certificate-table"]) {
    await wire.command(name);
  }
  const stored = readFileSync(folder.stateFile, "utf8");
  // Every 48-byte value of the file, private scalars among them, that is not public as well.
  const scalars = [...stored.matchAll(/"scalar": ?"([0-9a-f]{96})"/g)].map(([, hex]) => hex ?? "");
  assert.ok(scalars.length >= 3, "OCA, PEK and PDH are in the file");
  for (const hex of scalars) {
    const scalar = Buffer.from(hex, "hex");
    assertWithout(wire.answers, scalar, "a private key");
    assertWithout(wire.answers, scalar.toReversed(), "a private key, little-endian");
  }
});
