// SPDX-License-Identifier: Apache-2.0
// Secret tables and packets: published values, both sides against one another, every change found.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { base64Decode, hexDecode } from "../../../src/bytes/index.ts";
import {
  PACKET_MAXIMUM,
  buildSecretTable,
  openReceivePacket,
  openSecret,
  sealReceivePacket,
  sealSecret,
} from "../../../src/launch/session/index.ts";
import { missingVectors } from "../../support/vectors.ts";
import { count, listOf, shape, text } from "../case-fields.ts";
import {
  CASES,
  SIM,
  anyKeys,
  bytesOf,
  casesOf,
  flipped,
  readCaseFile,
  readSim,
} from "./support.ts";

const SECRET_CASE = shape(
  {
    name: text,
    tik_file: text,
    tek_file: text,
    measure_blob_b64: text,
    iv_b64: text,
    flags: count,
    entries: listOf(listOf(text)),
    header_b64: text,
    payload_b64: text,
  },
  { origin: text },
);

const API = { major: 1, minor: 40 };

test(
  "the secret packets of sevctl, made and opened",
  { skip: missingVectors(CASES) },
  async (t) => {
    for (const json of casesOf("secret")) {
      const vector = SECRET_CASE(json, "secret");
      await t.test(vector.name, () => {
        const keys = { tik: readCaseFile(vector.tik_file), tek: readCaseFile(vector.tek_file) };
        const entries = vector.entries.map(([guid = "", file = ""]) => ({
          guid,
          data: readCaseFile(file),
        }));
        const table = buildSecretTable(entries, { order: "as-given" });
        const measure = base64Decode(vector.measure_blob_b64).subarray(0, 32);
        const iv = base64Decode(vector.iv_b64);
        const packet = sealSecret({ keys, table, iv, measure, api: API });
        assert.deepEqual(packet.header, base64Decode(vector.header_b64));
        assert.deepEqual(packet.payload, base64Decode(vector.payload_b64));
        const opened = openSecret({ keys, ...packet, measure, api: API });
        assert.deepEqual(opened, { status: "ok", plaintext: table });
      });
    }
  },
);

test("the packets of a made-up platform", { skip: missingVectors(SIM) }, () => {
  const sim = readSim();
  const keys = { tek: hexDecode(sim.tek), tik: hexDecode(sim.tik) };
  const measure = base64Decode(sim.measurement_b64).subarray(0, 32);
  const api = { major: sim.api_major, minor: sim.api_minor };
  const table = readCaseFile("sim/secret_table.bin");
  const packet = sealSecret({ keys, table, iv: hexDecode(sim.secret_iv), measure, api });
  assert.deepEqual(packet.header, readCaseFile("sim/secret_header.bin"));
  assert.deepEqual(packet.payload, readCaseFile("sim/secret_payload.bin"));

  const header = readCaseFile("sim/recv_header.bin");
  const payload = readCaseFile("sim/recv_trans.bin");
  const page = readCaseFile("sim/page_plain.bin");
  const opened = openReceivePacket({ keys, kind: "data", header, payload });
  assert.deepEqual(opened, { status: "ok", plaintext: page });
  const again = sealReceivePacket({ keys, kind: "data", page, iv: header.slice(4, 20) });
  assert.deepEqual(again, { header, payload });
});

const anyTable = fc.nat(7).chain((blocks) => bytesOf(16 * (1 + blocks)));

test("a secret comes back only under its own keys, measurement and API form", () => {
  fc.assert(
    fc.property(
      anyKeys,
      anyTable,
      bytesOf(16),
      bytesOf(32),
      fc.nat(4000),
      (keys, table, iv, measure, bit) => {
        const packet = sealSecret({ keys, table, iv, measure, api: API });
        const sound = { keys, ...packet, measure, api: API };
        assert.deepEqual(openSecret(sound), { status: "ok", plaintext: table });
        const statuses = [
          { header: flipped(packet.header, 32 + (bit % (48 * 8))) },
          { payload: flipped(packet.payload, bit) },
          { measure: flipped(measure, bit) },
          { keys: { ...keys, tik: flipped(keys.tik, bit) } },
          { api: { major: 0, minor: 16 } },
        ].map((change) => openSecret({ ...sound, ...change }).status);
        assert.deepEqual(
          statuses,
          statuses.map(() => "bad-mac"),
        );
        const flags = openSecret({ ...sound, header: flipped(packet.header, bit % 32) });
        assert.deepEqual(flags, { status: "bad-flags" });
      },
    ),
    { numRuns: 50 },
  );
});

test("API 0.16 and older do not bind the measurement, 0.17 does", () => {
  const keys = { tek: new Uint8Array(16), tik: new Uint8Array(16) };
  const sealed = (minor: number, fill: number): Uint8Array =>
    sealSecret({
      keys,
      table: new Uint8Array(16),
      iv: new Uint8Array(16),
      measure: new Uint8Array(32).fill(fill),
      api: { major: 0, minor },
    }).header;
  assert.deepEqual(sealed(16, 1), sealed(16, 2));
  assert.deepEqual(sealed(0, 1), sealed(16, 2));
  assert.notDeepEqual(sealed(17, 1), sealed(17, 2));
});

test("lengths that firmware does not take are refused on both sides", () => {
  const keys = { tek: new Uint8Array(16), tik: new Uint8Array(16) };
  const iv = new Uint8Array(16);
  const measure = new Uint8Array(32);
  const sound = sealSecret({ keys, table: new Uint8Array(16), iv, measure, api: API });
  for (const length of [0, 1, 15, 17, PACKET_MAXIMUM + 16]) {
    const table = new Uint8Array(length);
    assert.throws(() => sealSecret({ keys, table, iv, measure, api: API }), { code: "bad-length" });
    const opened = openSecret({ keys, header: sound.header, payload: table, measure, api: API });
    assert.deepEqual(opened, { status: "bad-length" });
  }
  for (const header of [new Uint8Array(51), new Uint8Array(53), new Uint8Array(0)]) {
    const opened = openSecret({ keys, header, payload: sound.payload, measure, api: API });
    assert.deepEqual(opened, { status: "bad-length" });
  }
  const largest = new Uint8Array(PACKET_MAXIMUM);
  assert.equal(sealSecret({ keys, table: largest, iv, measure, api: API }).payload.length, 16384);
  const short = { keys, table: largest, iv, measure: new Uint8Array(48), api: API };
  assert.throws(() => sealSecret(short), { code: "bad-length" });
  const badIv = { keys, table: largest, iv: new Uint8Array(12), measure, api: API };
  assert.throws(() => sealSecret(badIv), { code: "bad-length" });
});

test("memory, save areas and secrets are not taken for one another", () => {
  const keys = { tek: new Uint8Array(16).fill(1), tik: new Uint8Array(16).fill(2) };
  const page = new Uint8Array(4096).fill(3);
  const iv = new Uint8Array(16);
  const data = sealReceivePacket({ keys, kind: "data", page, iv });
  const vmsa = sealReceivePacket({ keys, kind: "vmsa", page, iv });
  assert.deepEqual(data.payload, vmsa.payload);
  assert.deepEqual(openReceivePacket({ keys, kind: "vmsa", ...vmsa }), {
    status: "ok",
    plaintext: page,
  });
  assert.equal(openReceivePacket({ keys, kind: "vmsa", ...data }).status, "bad-mac");
  assert.equal(openReceivePacket({ keys, kind: "data", ...vmsa }).status, "bad-mac");
  const measure = new Uint8Array(32);
  const old = { major: 0, minor: 16 };
  assert.equal(openSecret({ keys, ...data, measure, api: old }).status, "bad-mac");
  const half = new Uint8Array(2048);
  assert.throws(() => sealReceivePacket({ keys, kind: "vmsa", page: half, iv }), {
    code: "bad-length",
  });
  assert.equal(
    openReceivePacket({ keys, kind: "vmsa", header: data.header, payload: half }).status,
    "bad-length",
  );
});
