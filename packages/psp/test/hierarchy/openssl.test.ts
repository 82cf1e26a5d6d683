// SPDX-License-Identifier: Apache-2.0
// What the openssl command makes of certificates and lists. Skipped by name where it is not installed.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createHierarchy } from "@greenlight/psp/hierarchy";

const missing = spawnSync("openssl", ["version"]).error !== undefined;

/** An instant at which all certificates are valid, in seconds. */
const AT = String(Date.UTC(2026, 5, 1) / 1000);

describe("openssl", { skip: missing ? "the openssl command is not installed" : false }, () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "greenlight-openssl-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const openssl = (...args: readonly string[]): string =>
    execFileSync("openssl", args, { cwd: folder, encoding: "utf8", stdio: "pipe" });

  const pem = (name: string, label: string, der: Uint8Array): string => {
    const body = Buffer.from(der)
      .toString("base64")
      .replaceAll(/(.{64})/g, "$1\n");
    writeFileSync(
      join(folder, name),
      `-----BEGIN ${label}-----\n${body.trimEnd()}\n-----END ${label}-----\n`,
    );
    return name;
  };

  for (const line of ["Milan", "Turin"] as const) {
    for (const trailer of ["absent", "explicit"] as const) {
      test(`accepts the chains of ${line}, trailer field ${trailer}`, () => {
        const hierarchy = createHierarchy({ line, trailer });
        const ark = pem("ark.pem", "CERTIFICATE", hierarchy.ark.der);
        for (const [authority, vek] of [
          [hierarchy.ask, hierarchy.vcek()],
          [hierarchy.asvk, hierarchy.vlek()],
        ] as const) {
          const ca = pem("ca.pem", "CERTIFICATE", authority.der);
          const leaf = pem("leaf.pem", "CERTIFICATE", vek.der);
          // Strictly as far as AMD's own certificates go: leaves have no key identifiers.
          const root = ["-attime", AT, "-CAfile", ark];
          assert.match(openssl("verify", ...root, "-x509_strict", ca), /OK/);
          assert.match(openssl("verify", ...root, "-untrusted", ca, leaf), /OK/);
        }
      });
    }
  }

  test("prints a certificate as it is meant", () => {
    const { ask } = createHierarchy({ line: "Milan" });
    const text = openssl("x509", "-noout", "-text", "-in", pem("a.pem", "CERTIFICATE", ask.der));
    assert.match(text, /Version: 3/);
    assert.match(text, /Serial Number: 65537 /);
    assert.match(
      text,
      /Hash Algorithm: sha384\s+Mask Algorithm: mgf1 with sha384\s+Salt Length: 0x30/,
    );
    assert.match(text, /CA:TRUE, pathlen:0/);
    assert.match(text, /Key Usage: critical\s+Certificate Sign/);
    assert.match(text, /URI:https:\/\/kds\.simulator\.invalid\/vcek\/v1\/Milan\/crl/);
  });

  test("verifies a list and refuses the intermediate certificate that is on it", () => {
    const hierarchy = createHierarchy({ line: "Genoa" });
    const date = Date.UTC(2026, 1, 1);
    const revoked = [{ serial: hierarchy.ask.serial, date, reason: 1 }];
    const ark = pem("ark.pem", "CERTIFICATE", hierarchy.ark.der);
    const ask = pem("ask.pem", "CERTIFICATE", hierarchy.ask.der);
    const list = pem("list.pem", "X509 CRL", hierarchy.crl({ revoked, number: 12n }));
    const text = openssl("crl", "-noout", "-text", "-in", list);
    assert.match(text, /X509v3 CRL Number:\s+12/);
    assert.match(text, /Serial Number: 020001\s+Revocation Date: Feb {2}1 00:00:00 2026 GMT/);
    assert.match(text, /Key Compromise/);
    const { status, stderr } = spawnSync(
      "openssl",
      ["verify", "-attime", AT, "-crl_check", "-CAfile", ark, "-CRLfile", list, ask],
      { cwd: folder, encoding: "utf8" },
    );
    assert.notEqual(status, 0);
    assert.match(stderr, /certificate revoked/);
  });
});
