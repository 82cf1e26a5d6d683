// SPDX-License-Identifier: Apache-2.0
// From digest to measurement: the HMAC that LAUNCH_MEASURE returns, against values of other tools.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import * as fc from "fast-check";
import { base64Decode, hexDecode, hexEncode } from "../../src/bytes/index.ts";
import { sha256 } from "../../src/crypto/node.ts";
import { readFirmware } from "../../src/firmware/index.ts";
import {
  LAUNCH_MEASURE_INPUT,
  cmdlineHash,
  launchMeasurement,
  sevEsLaunchDigest,
  sevLaunchDigest,
  vmsaProfile,
} from "../../src/launch/index.ts";
import type { LaunchMeasureParameters } from "../../src/launch/index.ts";
import { missingVectors, readVector, readVectorJson } from "../support/vectors.ts";
import { count, hex, shape, text } from "./case-fields.ts";

const FOLDER = "sev/";
const CASES = `${FOLDER}cases.json`;

const CASE = shape(
  { name: text, origin: text, api_major: count, api_minor: count, build_id: count, policy: count },
  {
    tik: hex(16),
    tik_file: text,
    launch_digest: hex(32),
    launch_digest_b64: text,
    firmware: text,
    kernel: text,
    initrd: text,
    cmdline: text,
    num_cpus: count,
    vmsa_cpu0: text,
    vmsa_cpu1: text,
    mnonce: hex(16),
    nonce_b64: text,
    measure: hex(32),
    blob_b64: text,
    also: text,
    remark: text,
  },
);
type Case = ReturnType<typeof CASE>;

function digestOf(vector: Case): Uint8Array {
  if (vector.launch_digest !== undefined) return hexDecode(vector.launch_digest);
  if (vector.launch_digest_b64 !== undefined) return base64Decode(vector.launch_digest_b64);
  const firmware = readFirmware(readVector(FOLDER + vector.firmware!));
  if (vector.num_cpus !== undefined) {
    // The pages the case names are those of this profile: see vmsa/profiles.test.ts.
    const profile = vmsaProfile("qemu-es-legacy");
    const vcpus = vector.num_cpus;
    return sevEsLaunchDigest({ firmware, profile, vcpus, signature: 0x00a0_0f11, sevFeatures: 0n });
  }
  if (vector.kernel === undefined) return sevLaunchDigest({ firmware });
  const kernelHashes = {
    kernel: sha256(readVector(FOLDER + vector.kernel)),
    initrd: sha256(readVector(FOLDER + vector.initrd!)),
    cmdline: cmdlineHash(vector.cmdline!),
  };
  return sevLaunchDigest({ firmware, kernelHashes });
}

test(
  "measurements of sevctl, sev-tool and virtee/sev",
  { skip: missingVectors(CASES) },
  async (t) => {
    const { measurement } = readVectorJson(CASES) as { readonly measurement: readonly unknown[] };
    assert.ok(measurement.length >= 5);
    for (const json of measurement) {
      const vector = CASE(json, "measurement");
      await t.test(vector.name, () => {
        const tik =
          vector.tik_file === undefined
            ? hexDecode(vector.tik!)
            : readVector(FOLDER + vector.tik_file);
        const blob = vector.blob_b64 === undefined ? undefined : base64Decode(vector.blob_b64);
        const mnonce = blob?.subarray(32) ?? hexDecode(vector.mnonce!);
        if (vector.nonce_b64 !== undefined)
          assert.deepEqual(base64Decode(vector.nonce_b64), mnonce);
        const measured = launchMeasurement({
          tik,
          apiMajor: vector.api_major,
          apiMinor: vector.api_minor,
          buildId: vector.build_id,
          policy: vector.policy,
          digest: digestOf(vector),
          mnonce,
        });
        assert.equal(hexEncode(measured), vector.measure ?? hexEncode(blob!.subarray(0, 32)));
      });
    }
  },
);

const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });

test("the measurement is the HMAC of versions, policy, digest and nonce, before API 0.17 of less", () => {
  const parameters = fc.record<LaunchMeasureParameters>({
    tik: bytes(16),
    apiMajor: fc.oneof(fc.nat(1), fc.nat(255)),
    apiMinor: fc.oneof(fc.nat(20), fc.nat(255)),
    buildId: fc.nat(255),
    policy: fc.nat(0xffff_ffff),
    digest: bytes(32),
    mnonce: bytes(16),
  });
  fc.assert(
    fc.property(parameters, (given) => {
      const { tik, apiMajor, apiMinor, buildId, policy, digest, mnonce } = given;
      const policyBytes = Buffer.alloc(4);
      policyBytes.writeUInt32LE(policy);
      const head = Buffer.from([4, apiMajor, apiMinor, buildId]);
      const isOld = apiMajor === 0 && apiMinor <= 16;
      const versions = isOld ? [] : [head, policyBytes];
      const covered = Buffer.concat([...versions, digest, mnonce]);
      const expected = createHmac("sha256", tik).update(covered).digest("hex");
      assert.equal(hexEncode(launchMeasurement(given)), expected);
    }),
  );
});

const SOUND: LaunchMeasureParameters = {
  tik: new Uint8Array(16),
  apiMajor: 1,
  apiMinor: 55,
  buildId: 8,
  policy: 3,
  digest: new Uint8Array(32),
  mnonce: new Uint8Array(16),
};

test("a key, digest, nonce or number that does not fit is refused by name", () => {
  const rows: readonly (readonly [Partial<LaunchMeasureParameters>, string, RegExp])[] = [
    [{ tik: new Uint8Array(15) }, "bad-length", /key: has 15 bytes, must have 16/],
    [{ tik: new Uint8Array(17) }, "bad-length", /key: has 17 bytes/],
    [{ tik: new Uint8Array(0) }, "bad-length", /key: has 0 bytes/],
    [{ digest: new Uint8Array(48) }, "bad-length", /digest .* has 48 bytes, must have 32/],
    [{ mnonce: new Uint8Array(48) }, "bad-length", /mnonce .* has 48 bytes/],
    [{ apiMajor: 256 }, "out-of-range", /apiMajor .* does not fit u8/],
    [{ apiMinor: -1 }, "out-of-range", /apiMinor .* does not fit u8/],
    [{ buildId: 1.5 }, "out-of-range", /buildId .* does not fit u8/],
    [{ policy: 2 ** 32 }, "out-of-range", /policy .* does not fit u32/],
    [{ policy: Number.NaN }, "out-of-range", /policy .* does not fit u32/],
  ];
  for (const [change, code, message] of rows) {
    assert.throws(() => launchMeasurement({ ...SOUND, ...change }), {
      name: "LayoutError",
      code,
      message,
    });
  }
});

test("the input is 56 bytes and begins with the command's context", () => {
  const { tik: _tik, ...covered } = SOUND;
  const input = LAUNCH_MEASURE_INPUT.encode(covered);
  assert.equal(input.length, 56);
  assert.equal(input[0], 4);
});
