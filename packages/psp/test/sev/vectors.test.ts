// SPDX-License-Identifier: Apache-2.0
// A platform with the private keys of a published vector launches that vector's guest and receives its
// packets: session, digest, measurement, secret and report are the vector's, byte for byte.

import assert from "node:assert/strict";
import { createHash, createPrivateKey } from "node:crypto";
import { describe, test } from "node:test";
import { parseSevAttestationReport } from "@greenlight/core/sev-evidence";
import { systemRandom } from "@greenlight/psp/platform";
import type { SevProcessor } from "@greenlight/psp/platform";
import { missingVectors, readVector, readVectorJson } from "../../../core/test/support/vectors.ts";
import { ecKey, verifyEcdsa } from "../../src/platform/ec-key.ts";
import { createSevProcessor } from "../../src/sev/create.ts";
import { chipOf } from "../../src/sev/keys.ts";
import { done } from "../support/sev.ts";

const FOLDER = "sev/sim/";
const skip = missingVectors(`${FOLDER}vector.json`);

interface Vector {
  readonly policy: number;
  readonly api_major: number;
  readonly api_minor: number;
  readonly build: number;
  readonly mnonce: string;
  readonly ld: string;
  readonly measurement_b64: string;
  readonly z: string;
  readonly keys: Readonly<Record<"pdh" | "pek" | "oca" | "cek", string>>;
}

function load(): { readonly vector: Vector; readonly sev: SevProcessor } {
  const vector = readVectorJson(`${FOLDER}vector.json`) as Vector;
  const keyOf = (
    name: "pdh" | "pek" | "oca",
  ): { key: ReturnType<typeof ecKey>; certificate: Uint8Array } => {
    const { d } = createPrivateKey(vector.keys[name]).export({ format: "jwk" });
    const scalar = Uint8Array.from(Buffer.from(d ?? "", "base64url"));
    return { key: ecKey(scalar), certificate: readVector(`${FOLDER}${name}.bin`) };
  };
  const { api_major: major, api_minor: minor, build } = vector;
  const shared = {
    line: "Milan",
    seed: "greenlight",
    names: "simulator",
    chipId: new Uint8Array(64),
    api: { major, minor, build },
    es: true,
    // The only thing drawn in these tests is MNONCE.
    random: { ...systemRandom, bytes: () => Uint8Array.from(Buffer.from(vector.mnonce, "hex")) },
    faults: {},
  } as const;
  const keys = { oca: keyOf("oca"), pek: keyOf("pek"), pdh: keyOf("pdh") };
  const { processor } = createSevProcessor(shared, chipOf(shared), keys);
  done(processor.init());
  return { vector, sev: processor };
}

describe("the vector of a whole launch", { skip }, () => {
  test("is measured and gets its secret as published", () => {
    const { vector, sev } = load();
    const { handle } = done(
      sev.launchStart({
        handle: 0,
        policy: vector.policy,
        godh: readVector(`${FOLDER}godh.bin`),
        session: readVector(`${FOLDER}session.bin`),
      }),
    );
    done(sev.activate({ handle, asid: 1 }));
    const firmware = readVector(`${FOLDER}fw.bin`);
    done(sev.launchUpdateData({ handle, data: firmware }));
    assert.equal(createHash("sha256").update(firmware).digest("hex"), vector.ld);
    const { blob } = done(sev.launchMeasure({ handle }));
    assert.equal(Buffer.from(blob).toString("base64"), vector.measurement_b64);
    const header = readVector(`${FOLDER}secret_header.bin`);
    const payload = readVector(`${FOLDER}secret_payload.bin`);
    const { plaintext } = done(sev.launchSecret({ handle, header, payload }));
    assert.deepEqual(plaintext, readVector(`${FOLDER}secret_table.bin`));

    const published = readVector(`${FOLDER}attestation_report.bin`);
    const { report } = done(sev.attestation({ handle, mnonce: published.slice(0, 16) }));
    assert.deepEqual(report.subarray(0x10, 0x40), published.subarray(0x10, 0x40));
    const { signatureR, signatureS, signed } = parseSevAttestationReport(report);
    const { x = "", y = "" } = createPrivateKey(vector.keys.pek).export({ format: "jwk" });
    const point = Buffer.concat([Buffer.from(x, "base64url"), Buffer.from(y, "base64url")]);
    const signature = Buffer.concat([signatureR.toReversed(), signatureS.toReversed()]);
    assert.ok(verifyEcdsa(point, signed, signature, "sha256"));
  });

  test("is received as published", () => {
    const { vector, sev } = load();
    const { handle } = done(
      sev.receiveStart({
        handle: 0,
        policy: vector.policy,
        godh: readVector(`${FOLDER}godh.bin`),
        session: readVector(`${FOLDER}session.bin`),
      }),
    );
    done(sev.activate({ handle, asid: 1 }));
    const header = readVector(`${FOLDER}recv_header.bin`);
    const payload = readVector(`${FOLDER}recv_trans.bin`);
    const { plaintext } = done(sev.receiveUpdateData({ handle, header, payload }));
    assert.deepEqual(plaintext, readVector(`${FOLDER}page_plain.bin`));
  });

  test("its shared secret is the X coordinate, 48 bytes", () => {
    const { vector } = load();
    const { d } = createPrivateKey(vector.keys.pdh).export({ format: "jwk" });
    const godh = readVector(`${FOLDER}godh.bin`);
    const point = Buffer.concat([
      godh.slice(0x14, 0x14 + 48).toReversed(),
      godh.slice(0x5c, 0x5c + 48).toReversed(),
    ]);
    const z = ecKey(Uint8Array.from(Buffer.from(d ?? "", "base64url"))).sharedX(point);
    assert.equal(Buffer.from(z ?? []).toString("hex"), vector.z);
  });
});
