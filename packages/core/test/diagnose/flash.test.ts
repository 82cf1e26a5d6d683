// SPDX-License-Identifier: Apache-2.0
// Combined flash images and their parts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fixtureFirmware } from "../../../../fixtures/load.ts";
import {
  FLASH_LAYOUTS,
  codePart,
  isVariableStore,
  joinFlash,
  varsSizeFor,
} from "../../src/diagnose/index.ts";
import { readFirmware } from "../../src/firmware/index.ts";

test("a combined image is VARS and CODE, and the CODE part is firmware by itself", () => {
  for (const name of ["OVMF.amdsev-2026.08.fd", "OVMF-2022.11.fd"]) {
    const image = fixtureFirmware(name);
    const code = codePart(image);
    assert.ok(code !== undefined, name);
    const layout = FLASH_LAYOUTS.find(({ total }) => total === image.length);
    assert.equal(image.length - code.length, layout?.vars);
    assert.notEqual(readFirmware(code).footer, null);
    assert.equal(varsSizeFor(code.length), layout?.vars);
    const vars = image.subarray(0, layout?.vars);
    assert.ok(isVariableStore(vars));
    assert.deepEqual(joinFlash(vars, code), image);
  }
});

test("a CODE file is not split again", () => {
  const code = fixtureFirmware("OVMF_CODE_4M.secboot-2022.11.fd");
  assert.equal(codePart(code), undefined);
  assert.equal(varsSizeFor(code.length), 0x8_4000);
});

test("other sizes and contents are no combined image", () => {
  assert.equal(codePart(new Uint8Array(0x40_0000)), undefined);
  assert.equal(codePart(new Uint8Array(0)), undefined);
  assert.equal(varsSizeFor(4096), undefined);
  assert.equal(isVariableStore(new Uint8Array(10)), false);
});
