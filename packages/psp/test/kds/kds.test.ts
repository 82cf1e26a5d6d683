// SPDX-License-Identifier: Apache-2.0
// The simulator's KDS gives what AMD's gives, for its own chips and no others, and fails when told to.

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { after, before, describe, test } from "node:test";
import {
  certChainPath,
  crlPath,
  parseCertificate,
  parseRevocationList,
  pemDecode,
  vcekPath,
} from "@greenlight/core/endorsement";
import { parseSevCertificate } from "@greenlight/core/sev-endorsement";
import { USUAL_TCB, createHierarchy } from "@greenlight/psp/hierarchy";
import { answerPath } from "../../src/kds/answer.ts";
import { startKds } from "../../src/kds/server.ts";
import type { RunningKds } from "../../src/kds/server.ts";
import { subjectOf, subjectsOf } from "../../src/kds/source.ts";
import { createPlatform, seededRandom } from "../../src/platform/index.ts";
import type { PlatformLine } from "../../src/platform/index.ts";

const NOW = Date.UTC(2026, 5, 1, 12);

const platformOf = (line: PlatformLine) =>
  createPlatform({
    line,
    api: { major: 1, minor: 55, build: 40 },
    es: true,
    random: seededRandom("kds tests"),
  });

const milan = platformOf("Milan");
const turin = platformOf("Turin");
const rome = platformOf("Rome");
const subjects = subjectsOf([milan, turin, rome]);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

function get(path: string): { status: number; body: Uint8Array } {
  return answerPath(path, subjects, NOW);
}

describe("answers", () => {
  test("the VCEK of its chip at any TCB, signed by its ASK", () => {
    for (const { line, chipId, hierarchy } of [milan, turin]) {
      assert.ok(hierarchy !== undefined && (line === "Milan" || line === "Turin"));
      const hwId = chipId.subarray(0, line === "Turin" ? 8 : 64);
      const { status, body } = get(vcekPath({ line, hwId, tcb: USUAL_TCB[line] }));
      assert.equal(status, 200);
      const issuer = new X509Certificate(hierarchy.ask.der);
      assert.ok(new X509Certificate(body).verify(issuer.publicKey));
      assert.deepEqual(body, hierarchy.vcek({ chipId }).der);
      const other = get(vcekPath({ line, hwId, tcb: { ...USUAL_TCB[line], snp: 1 } }));
      assert.notDeepEqual(other.body, body);
    }
  });

  test("404 for other chips, other lines, and Turin's long form", () => {
    const tcb = USUAL_TCB.Milan;
    assert.equal(get(vcekPath({ line: "Milan", hwId: new Uint8Array(64), tcb })).status, 404);
    assert.equal(get(certChainPath("Genoa", "vcek")).status, 404);
    assert.equal(get(certChainPath("Milan", "vcek").replace("Milan", "Rome")).status, 404);
    const { fmc, bootloader, tee, snp, microcode } = USUAL_TCB.Turin;
    const query = `fmcSPL=${fmc}&blSPL=${bootloader}&teeSPL=${tee}&snpSPL=${snp}&ucodeSPL=${microcode}`;
    assert.equal(get(`/vcek/v1/Turin/${hex(turin.chipId)}?${query}`).status, 404);
    assert.equal(get(`/vcek/v1/Turin/${hex(turin.chipId.subarray(0, 8))}?${query}`).status, 200);
    for (const path of ["/", "", "/vcek/v1/Milan/xyz", "/cek/id/00", "/cek/id/"]) {
      assert.equal(get(path).status, 404, path);
    }
  });

  test("a VLEK is given to no verifier", () => {
    assert.equal(get("/vlek/v1/Milan/cert?blSPL=1").status, 401);
  });

  test("chains in PEM, ASK or ASVK first; Turin's with Windows line ends", () => {
    for (const { line, hierarchy } of [milan, turin]) {
      assert.ok(hierarchy !== undefined && (line === "Milan" || line === "Turin"));
      for (const endorser of ["vcek", "vlek"] as const) {
        const text = Buffer.from(get(certChainPath(line, endorser)).body).toString();
        assert.equal(text.includes("\r\n"), line === "Turin");
        const signing: { readonly der: Uint8Array } =
          endorser === "vlek" ? hierarchy.asvk : hierarchy.ask;
        assert.deepEqual(
          pemDecode(text).map(({ bytes }) => hex(bytes)),
          [hex(signing.der), hex(hierarchy.ark.der)],
        );
      }
    }
  });

  test("revocation lists that are in force now", () => {
    const list = parseRevocationList(get(crlPath("Milan", "vlek")).body);
    assert.ok(list.thisUpdate <= NOW && NOW < (list.nextUpdate ?? 0));
    assert.deepEqual(list.revoked, []);
    const { ark } = milan.hierarchy ?? createHierarchy({ line: "Milan" });
    assert.deepEqual(list.issuer, parseCertificate(ark.der).subject);
  });

  test("legacy: the signed CEK of a chip, ASK and ARK of a line", () => {
    for (const platform of [milan, rome]) {
      const { status, body } = get(`/cek/id/${hex(platform.chipId).toUpperCase()}`);
      assert.equal(status, 200);
      assert.deepEqual(body, platform.signedCek());
      assert.equal(parseSevCertificate(body).usage, 0x1004);
    }
    const { ask, ark } = rome.authorities;
    for (const folder of ["developer/eula/sev", "wp-content/resources"]) {
      const { body } = get(`/${folder}/ask_ark_rome.cert`);
      assert.deepEqual(body, Uint8Array.from([...ask, ...ark]));
    }
    assert.equal(get("/developer/eula/sev/ask_ark_naples.cert").status, 404);
  });

  test("a hierarchy alone endorses every chip id", () => {
    const hierarchy = createHierarchy({ line: "Genoa" });
    const hwId = new Uint8Array(64).fill(5);
    const path = vcekPath({ line: "Genoa", hwId, tcb: USUAL_TCB.Genoa });
    const { status, body } = answerPath(path, [subjectOf(hierarchy)], NOW);
    assert.equal(status, 200);
    assert.deepEqual(body, hierarchy.vcek({ chipId: hwId }).der);
  });
});

describe("on HTTP", () => {
  let kds: RunningKds;
  const told: (readonly [string, number])[] = [];
  before(async () => {
    kds = await startKds({
      subjects,
      now: () => NOW,
      log: (path, status) => void told.push([path, status]),
    });
  });
  after(() => kds.stop());
  const path = certChainPath("Milan", "vcek");

  test("GET is answered, nothing else is", async () => {
    const response = await fetch(`${kds.url}${path}`);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("cache-control"), "no-cache");
    assert.match(await response.text(), /BEGIN CERTIFICATE/);
    const posted = await fetch(`${kds.url}${path}`, { method: "POST", body: "x" });
    assert.equal(posted.status, 405);
    assert.deepEqual(told.slice(0, 2), [
      [path, 200],
      [path, 405],
    ]);
  });

  test("faults come in the order given, then answers again", async () => {
    kds.misbehave({ status: 429, retryAfter: 10 }, { status: 404 }, "cut", "truncated");
    const throttled = await fetch(`${kds.url}${path}`);
    assert.equal(throttled.status, 429);
    assert.equal(throttled.headers.get("retry-after"), "10");
    assert.equal((await fetch(`${kds.url}${path}`)).status, 404);
    await assert.rejects(fetch(`${kds.url}${path}`));
    await assert.rejects(fetch(`${kds.url}${path}`).then((response) => response.text()));
    assert.equal((await fetch(`${kds.url}${path}`)).status, 200);
  });

  test("a port that is taken is an error, not a silence", async () => {
    const port = Number(new URL(kds.url).port);
    await assert.rejects(startKds({ subjects, port }), { code: "EADDRINUSE" });
  });
});
