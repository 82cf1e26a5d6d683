// SPDX-License-Identifier: Apache-2.0
// Keys and secrets are nowhere: not in records, results, events or errors, whatever a launch comes to,
// and in no file but the one of mode 0600 that is removed at its end.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { buildSecretTable } from "@greenlight/core/session";
import { runLaunch } from "../../src/launch/run.ts";
import { ImitationHost, STEPS, testPlatform } from "./imitation.ts";
import type { ImitationOptions } from "./imitation.ts";
import { POLICY, context, materials, measuredPieces, temporaryFolder } from "./support.ts";
import { appearances } from "../support/appearances.ts";

const platform = testPlatform();

const cases: readonly (readonly [string, Partial<ImitationOptions>])[] = [
  ["accepted", {}],
  ["refused", { pieces: measuredPieces("evil") }],
  ["another policy", { policy: 1 }],
  ["a changed packet", { tamper: (payload) => payload.map((byte) => byte ^ 1) }],
  ...STEPS.map((step) => [`failing at ${step}`, { failures: { [step]: "error" } }] as const),
  ...STEPS.map((step) => [`dying at ${step}`, { failures: { [step]: "death" } }] as const),
];

for (const [what, options] of cases) {
  test(`a launch that is ${what}`, async () => {
    const folder = temporaryFolder();
    try {
      // Nonce and counter block of the session are no secrets; its keys come last of 16 bytes each.
      const drawn: Uint8Array[] = [];
      const random = (length: number): Uint8Array => {
        const bytes = Uint8Array.from(randomBytes(length));
        drawn.push(Uint8Array.from(bytes));
        return bytes;
      };
      const told: unknown[] = [];
      const host = new ImitationHost({
        platform,
        pieces: measuredPieces(),
        policy: POLICY,
        ...options,
      });
      const given = materials(platform);
      const result = await runLaunch(
        given,
        context(host, folder.path, { random, onEntry: (entry) => told.push(entry) }),
      );
      await host.close();
      const [, , , tek, tik] = drawn;
      const secrets = [
        ...given.secrets.map(({ data }) => data),
        buildSecretTable(given.secrets),
        ...(tek === undefined || tik === undefined ? [] : [tek, tik]),
      ];
      if (told.length > 3) assert.equal(secrets.length, 4);
      const { guest: _, ...rest } = result;
      const texts = [JSON.stringify(told), JSON.stringify(rest)].map((text) => Buffer.from(text));
      const session = join(folder.path, "session");
      const files = readdirSync(session).map((name) => readFileSync(join(session, name)));
      for (const bytes of [...texts, ...files]) {
        assert.deepEqual(appearances(bytes, secrets), []);
      }
    } finally {
      folder.remove();
    }
  });
}

test("what is looked for would be found in every form", () => {
  const secret = randomBytes(16);
  for (const form of ["hex", "base64", "base64url"] as const) {
    for (const before of ["", "a", "ab"]) {
      const text = Buffer.concat([Buffer.from(before), secret, Buffer.from("z")]).toString(form);
      assert.notDeepEqual(appearances(Buffer.from(text), [secret]), [], `${form} after ${before}`);
    }
  }
  assert.notDeepEqual(appearances(Buffer.concat([Buffer.from("x"), secret]), [secret]), []);
  assert.deepEqual(appearances(randomBytes(1000), [secret]), []);
});
