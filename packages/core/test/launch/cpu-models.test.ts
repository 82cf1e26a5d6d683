// SPDX-License-Identifier: Apache-2.0
// CPU models by name, and signatures as family, model and stepping.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  CPU_MODELS,
  LaunchError,
  allEpycTypes,
  cpuFamilyModelStepping,
  cpuModel,
  cpuSignature,
} from "../../src/launch/index.ts";
import { missingVectors, readVectorJson } from "../support/vectors.ts";

const SIGNATURES = "measurement/qemu-11.1.3-cpu-signatures.json";

/** What QEMU answered about a model. */
interface QemuModel {
  readonly family: number;
  readonly model: number;
  readonly stepping: number;
  readonly sig: string;
  readonly alias: string | null;
  readonly vendor: string;
}

/** Names without a signature of their own, whatever QEMU answers where it was asked. */
const OF_THE_HOST = new Set(["base", "host", "max"]);

test(
  "every model of QEMU 11.1.3 has QEMU's signature",
  { skip: missingVectors(SIGNATURES) },
  () => {
    const models = readVectorJson(SIGNATURES) as Readonly<Record<string, QemuModel>>;
    const names = Object.keys(models);
    assert.equal(names.length, 188);
    for (const [name, { family, model, stepping, sig }] of Object.entries(models)) {
      if (OF_THE_HOST.has(name)) {
        assert.throws(() => cpuModel(name), { code: "host-cpu-model" }, name);
        continue;
      }
      assert.equal(cpuModel(name).signature, Number(sig), name);
      assert.equal(cpuModel(name).name, name);
      assert.equal(cpuModel(name.toUpperCase()).signature, Number(sig), name);
      assert.equal(cpuSignature(family, model, stepping), Number(sig), name);
      assert.deepEqual(cpuFamilyModelStepping(Number(sig)), { family, model, stepping }, name);
    }
  },
);

test("the table has no model that QEMU does not have", { skip: missingVectors(SIGNATURES) }, () => {
  const names = Object.keys(readVectorJson(SIGNATURES) as object);
  for (const [name] of CPU_MODELS) assert.ok(names.includes(name), name);
});

test(
  "a version newer than the table has the signature of its AMD or Hygon model",
  { skip: missingVectors(SIGNATURES) },
  () => {
    const models = readVectorJson(SIGNATURES) as Readonly<Record<string, QemuModel>>;
    for (const [name, { vendor, sig, alias }] of Object.entries(models)) {
      if (!/AMD|Hygon/.test(vendor) || alias === null || OF_THE_HOST.has(name)) continue;
      for (const version of [6, 9, 42]) {
        const { name: canonical, signature } = cpuModel(`${name}-v${version}`);
        assert.deepEqual([canonical, signature], [`${name}-v${version}`, Number(sig)]);
      }
    }
  },
);

// Signatures as QEMU 11.1.3 answers query-cpu-model-expansion; here also without the vectors.
const EXPECTED: readonly (readonly [name: string, signature: number])[] = [
  ["EPYC", 0x0080_0f12],
  ["EPYC-v5", 0x0080_0f12],
  ["EPYC-IBPB", 0x0080_0f12],
  ["EPYC-Rome", 0x0083_0f10],
  ["EPYC-Rome-v5", 0x0083_0f10],
  ["EPYC-Milan-v4", 0x00a0_0f11],
  ["EPYC-Genoa-v3", 0x00a1_0f10],
  ["EPYC-Turin-v2", 0x00b0_0f00],
  ["EPYC-Turin-v77", 0x00b0_0f00],
  ["epyc-milan", 0x00a0_0f11],
  ["Dhyana-v2", 0x0090_0f01],
  ["qemu64", 0x0006_0fb1],
  ["Opteron_G5-v1", 0x0060_0f20],
  ["phenom", 0x0010_0f23],
];

test("models and their versions have the signatures QEMU gives them", () => {
  for (const [name, signature] of EXPECTED) assert.equal(cpuModel(name).signature, signature, name);
});

test("all EPYC types are those with a signature of their own", () => {
  const types = allEpycTypes();
  assert.deepEqual(
    types.map(({ name }) => name),
    ["EPYC", "EPYC-Rome", "EPYC-Milan", "EPYC-Genoa", "EPYC-Turin"],
  );
  assert.equal(new Set(types.map(({ signature }) => signature)).size, types.length);
});

test("the host's own model has no signature to know", () => {
  for (const name of ["host", "max", "MAX", "base"]) {
    assert.throws(() => cpuModel(name), { name: "LaunchError", code: "host-cpu-model" });
  }
});

test("an unknown model is refused with the nearest known name", () => {
  assert.throws(
    () => cpuModel("EPYC-Mailand"),
    (error) =>
      error instanceof LaunchError &&
      error.code === "unknown-cpu-model" &&
      error.hint!.includes("EPYC-Milan"),
  );
  for (const name of [
    "",
    "-v1",
    "EPYC-v",
    "EPYC-v1-v2",
    "EPYC ",
    "__proto__",
    "x".repeat(10_000),
  ]) {
    assert.throws(() => cpuModel(name), { code: "unknown-cpu-model" }, name.slice(0, 20));
  }
});

test("any text is a known model or a LaunchError", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), (name) => {
      try {
        assert.ok(cpuModel(name).signature >= 0);
      } catch (error) {
        assert.ok(error instanceof LaunchError);
      }
    }),
  );
});

test("family, model and stepping come back out of a signature", () => {
  fc.assert(
    fc.property(fc.nat(15 + 255), fc.nat(255), fc.nat(15), (family, model, stepping) => {
      const signature = cpuSignature(family, model, stepping);
      assert.deepEqual(cpuFamilyModelStepping(signature), { family, model, stepping });
    }),
  );
});

test("a signature of a known family comes back out of family, model and stepping", () => {
  // Bits outside the six fields, and an extended family without base family 15, are not kept.
  fc.assert(
    fc.property(fc.nat(255), fc.nat(255), fc.nat(15), (extended, model, stepping) => {
      const models = ((model >> 4) << 16) | ((model & 15) << 4);
      const signature = ((extended << 20) | models | 0xf00 | stepping) >>> 0;
      const parts = cpuFamilyModelStepping(signature);
      assert.equal(cpuSignature(parts.family, parts.model, parts.stepping), signature);
    }),
  );
});
