// SPDX-License-Identifier: Apache-2.0
// The launches of the demonstration with the software guest, which is all there is without QEMU; and
// that their secrets are nowhere but in the file they were in.

import assert from "node:assert/strict";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { launch } from "../launch.ts";
import type { Launched } from "../launch.ts";
import { SCENARIOS } from "../scenarios.ts";
import { PROOF, makeSetting } from "../setting.ts";
import type { Setting } from "../setting.ts";

describe("launches with the software guest", () => {
  let setting: Setting;
  const launched: Launched[] = [];

  before(async () => {
    setting = await makeSetting("software", () => undefined);
  });

  after(() => setting.remove());

  for (const scenario of SCENARIOS) {
    test(scenario.host, async () => {
      const result = await launch(setting, scenario);
      launched.push(result);
      const { observed, deviations, out, err } = result;
      assert.deepEqual(deviations, [], `${out}\n${err}\n${observed.serial}`);
      if (scenario.expected.proof === true) assert.deepEqual(observed.proof, [PROOF]);
    });
  }

  test("the passphrase is in no output, record or other file", () => {
    assert.equal(launched.length, SCENARIOS.length);
    const passphrase = Buffer.from(setting.passphrase);
    const forms = [
      passphrase,
      Buffer.from(passphrase.toString("hex")),
      Buffer.from(passphrase.toString("base64").replaceAll("=", "")),
    ];
    const holds = (bytes: Uint8Array): boolean =>
      forms.some((form) => Buffer.from(bytes).includes(form));
    for (const { out, err } of launched) assert.ok(!holds(Buffer.from(out + err)));
    const files = readdirSync(setting.folder, { recursive: true, encoding: "utf8" }).filter(
      (name) => statSync(join(setting.folder, name)).isFile(),
    );
    assert.ok(files.some((name) => name.endsWith("record.jsonl")));
    const holders = files.filter((name) => holds(readFileSync(join(setting.folder, name))));
    assert.deepEqual(holders, ["passphrase"]);
    assert.equal(statSync(join(setting.folder, "passphrase")).mode & 0o077, 0);
  });
});
