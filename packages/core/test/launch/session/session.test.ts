// SPDX-License-Identifier: Apache-2.0
// Launch sessions: published values, both sides against one another, and every change found.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { base64Decode, hexDecode, hexEncode } from "../../../src/bytes/index.ts";
import { ciphersSync } from "../../../src/crypto/cipher-node.ts";
import { sha256 } from "../../../src/crypto/node.ts";
import {
  encodeSevCertificate,
  p384PublicKey,
  parseSevCertificate,
} from "../../../src/endorsement/sev/certificate.ts";
import { SEV_ALGORITHM, SEV_USAGE } from "../../../src/endorsement/sev/layout.ts";
import {
  deriveSessionKeys,
  kdf,
  makeSession,
  parseSession,
  unwrapSession,
  wrapSession,
} from "../../../src/launch/session/index.ts";
import type { SessionRandomness } from "../../../src/launch/session/index.ts";
import { launchMeasurement } from "../../../src/launch/index.ts";
import { missingVectors } from "../../support/vectors.ts";
import { count, hex, shape, text } from "../case-fields.ts";
import {
  CASES,
  SIM,
  anyKeys,
  bytesOf,
  casesOf,
  flipped,
  keyOfPem,
  readCaseFile,
  readSim,
} from "./support.ts";

const KDF_CASE = shape(
  { name: text, key: hex(), label: text, context: hex(), out_len: count, out: hex() },
  { origin: text, remark: text },
);

test("the key derivation of virtee/sev", { skip: missingVectors(CASES) }, async (t) => {
  for (const json of casesOf("kdf")) {
    const { name, key, label, context, out_len, out } = KDF_CASE(json, "kdf");
    await t.test(name, () => {
      assert.equal(hexEncode(kdf(hexDecode(key), label, hexDecode(context), out_len)), out);
    });
  }
});

test("derived keys longer than a hash go on with the next block", () => {
  const key = new Uint8Array(16).fill(7);
  const long = kdf(key, "label", new Uint8Array(3), 70);
  assert.equal(long.length, 70);
  // The length is part of the input, so a shorter key is no beginning of a longer one.
  assert.notDeepEqual(kdf(key, "label", new Uint8Array(3), 32), long.subarray(0, 32));
  assert.notDeepEqual(long.subarray(0, 32), long.subarray(32, 64));
});

const SESSION_CASE = shape(
  {
    name: text,
    z: hex(),
    nonce: hex(16),
    wrap_iv: hex(16),
    tek: hex(16),
    tik: hex(16),
    policy: count,
    wrap_tk: hex(32),
    wrap_mac: hex(32),
    policy_mac: hex(32),
  },
  { origin: text },
);

test("the sessions of virtee/sev", { skip: missingVectors(CASES) }, async (t) => {
  for (const json of casesOf("session")) {
    const vector = SESSION_CASE(json, "session");
    await t.test(vector.name, () => {
      const keys = { tek: hexDecode(vector.tek), tik: hexDecode(vector.tik) };
      const z = hexDecode(vector.z);
      const session = wrapSession({
        z,
        nonce: hexDecode(vector.nonce),
        wrapIv: hexDecode(vector.wrap_iv),
        keys,
        policy: vector.policy,
      });
      const { wrappedKeys, wrapMac, policyMac } = parseSession(session);
      assert.equal(hexEncode(wrappedKeys), vector.wrap_tk);
      assert.equal(hexEncode(wrapMac), vector.wrap_mac);
      assert.equal(hexEncode(policyMac), vector.policy_mac);
      assert.deepEqual(unwrapSession({ z, session, policy: vector.policy }), {
        status: "ok",
        keys,
      });
    });
  }
});

test(
  "the session of a made-up platform, byte for byte",
  { skip: missingVectors(SIM) },
  async () => {
    const sim = readSim();
    const owner = keyOfPem(sim.keys.godh);
    const pdh = parseSevCertificate(readCaseFile("sim/pdh.bin"));
    const keys = { tek: hexDecode(sim.tek), tik: hexDecode(sim.tik) };
    const nonce = hexDecode(sim.nonce);
    const made = await makeSession({
      pdh,
      policy: sim.policy,
      randomness: { owner, nonce, wrapIv: hexDecode(sim.wrap_iv), ...keys },
    });
    assert.deepEqual(made.session, readCaseFile("sim/session.bin"));
    assert.deepEqual(made.godh.subarray(0, 0x414), readCaseFile("sim/godh.bin").subarray(0, 0x414));
    assert.deepEqual(made.keys, keys);

    // The platform's side: its private key and the point of the owner's certificate.
    const { publicKey } = parseSevCertificate(made.godh);
    assert.ok(publicKey.kind === "EC");
    const z = ciphersSync.sharedX(keyOfPem(sim.keys.pdh), publicKey.point);
    assert.equal(hexEncode(z), sim.z);
    const { kek, kik } = deriveSessionKeys(z, nonce);
    assert.deepEqual([hexEncode(kek), hexEncode(kik)], [sim.kek, sim.kik]);
    const opened = unwrapSession({ z, session: made.session, policy: sim.policy });
    assert.deepEqual(opened, { status: "ok", keys });
  },
);

test("the measurement of the made-up platform", { skip: missingVectors(SIM) }, () => {
  const sim = readSim();
  assert.equal(hexEncode(sha256(readCaseFile("sim/fw.bin"))), sim.ld);
  const blob = base64Decode(sim.measurement_b64);
  const measured = launchMeasurement({
    tik: hexDecode(sim.tik),
    apiMajor: sim.api_major,
    apiMinor: sim.api_minor,
    buildId: sim.build,
    policy: sim.policy,
    digest: hexDecode(sim.ld),
    mnonce: hexDecode(sim.mnonce),
  });
  assert.deepEqual(new Uint8Array([...measured, ...hexDecode(sim.mnonce)]), blob);
});

test("any bit changed in a session, in z or in the policy is found", () => {
  const parts = fc.record({
    z: bytesOf(48),
    nonce: bytesOf(16),
    wrapIv: bytesOf(16),
    keys: anyKeys,
    policy: fc.nat(0xffff_ffff),
  });
  fc.assert(
    fc.property(parts, fc.nat(1023), fc.nat(31), (given, bit, policyBit) => {
      const { z, policy } = given;
      const session = wrapSession(given);
      assert.deepEqual(unwrapSession({ z, session, policy }), { status: "ok", keys: given.keys });
      // The counter block is under no MAC of its own: with another one the TIK is another.
      const { status } = unwrapSession({ z, session: flipped(session, bit), policy });
      const inWrapping = bit < 0x30 * 8 || (bit >= 0x40 * 8 && bit < 0x60 * 8);
      assert.equal(status, inWrapping ? "wrap-mac" : "policy-mac");
      assert.equal(unwrapSession({ z: flipped(z, bit), session, policy }).status, "wrap-mac");
      const other = (policy ^ (1 << policyBit)) >>> 0;
      assert.equal(unwrapSession({ z, session, policy: other }).status, "policy-mac");
    }),
    { numRuns: 50 },
  );
});

function soundRandomness(): SessionRandomness {
  return {
    owner: ciphersSync.generateP384(),
    nonce: new Uint8Array(16),
    wrapIv: new Uint8Array(16),
    tek: new Uint8Array(16),
    tik: new Uint8Array(16),
  };
}

function pdhWith(change: object): ReturnType<typeof parseSevCertificate> {
  const bytes = encodeSevCertificate({
    usage: SEV_USAGE.PDH,
    algorithm: SEV_ALGORITHM["ECDH-SHA256"],
    publicKey: p384PublicKey(ciphersSync.generateP384().point),
    ...change,
  });
  return parseSevCertificate(bytes);
}

test("the owner's certificate is an unsigned PDH certificate of API 0.0", async () => {
  const randomness = soundRandomness();
  const { godh } = await makeSession({ pdh: pdhWith({}), policy: 3, randomness });
  const certificate = parseSevCertificate(godh);
  assert.equal(godh.length, 2084);
  assert.equal(certificate.usage, 0x1003);
  assert.equal(certificate.algorithm, 3);
  assert.deepEqual([certificate.apiMajor, certificate.apiMinor], [0, 0]);
  assert.deepEqual(certificate.publicKey, p384PublicKey(randomness.owner.point));
  assert.deepEqual(
    certificate.signatures.map(({ usage }) => usage),
    [0x1000, 0x1000],
  );
});

test("what is no PDH, off the curve or of another length is refused", async () => {
  const randomness = soundRandomness();
  const make = async (change: object): Promise<unknown> =>
    makeSession({ pdh: pdhWith({}), policy: 3, randomness, ...change });
  for (const pdh of [
    pdhWith({ usage: SEV_USAGE.PEK }),
    pdhWith({ algorithm: SEV_ALGORITHM["ECDSA-SHA256"] }),
    pdhWith({ publicKey: { ...p384PublicKey(randomness.owner.point), curve: 1 } }),
  ]) {
    await assert.rejects(make({ pdh }), { name: "SessionError", code: "not-a-pdh" });
  }
  const off = flipped(randomness.owner.point, 3);
  await assert.rejects(make({ pdh: pdhWith({ publicKey: p384PublicKey(off) }) }), {
    name: "KeyError",
    code: "bad-point",
  });
  await assert.rejects(make({ policy: 0x40 }), { code: "bad-policy" });
  await assert.rejects(make({ policy: 2 ** 32 }), { code: "out-of-range" });
  for (const field of ["nonce", "wrapIv", "tek", "tik"]) {
    const changed = { ...randomness, [field]: new Uint8Array(15) };
    await assert.rejects(make({ randomness: changed }), { code: "bad-length" });
  }
});

test("sessions of another length are refused", () => {
  for (const length of [0, 127, 129]) {
    const session = new Uint8Array(length);
    assert.throws(() => unwrapSession({ z: new Uint8Array(48), session, policy: 0 }), {
      name: "LayoutError",
    });
  }
  // A policy of more bits is never taken for one that is cut off.
  const [z, nonce] = [new Uint8Array(48), new Uint8Array(16)];
  const keys = { tek: nonce, tik: nonce };
  const session = wrapSession({ z, nonce, wrapIv: nonce, keys, policy: 1 });
  for (const policy of [2 ** 32 + 1, -1, 1.5]) {
    assert.throws(() => unwrapSession({ z, session, policy }), { name: "LayoutError" });
    assert.throws(() => wrapSession({ z, nonce, wrapIv: nonce, keys, policy }), {
      name: "LayoutError",
    });
  }
});
