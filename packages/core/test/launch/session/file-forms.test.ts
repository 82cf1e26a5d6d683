// SPDX-License-Identifier: Apache-2.0
// Files of sessions: other tools' names and forms, and reading them whatever form they have.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { base64Encode, hexEncode } from "../../../src/bytes/index.ts";
import {
  joinKeys,
  readPayload,
  readSessionKeys,
  readSized,
  sessionFiles,
} from "../../../src/launch/session/index.ts";
import type { LaunchSession } from "../../../src/launch/session/index.ts";
import { anyKeys, bytesOf } from "./support.ts";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

const SESSION: LaunchSession = {
  godh: new Uint8Array(2084).fill(1),
  session: new Uint8Array(128).fill(2),
  policy: 3,
  keys: { tek: new Uint8Array(16).fill(4), tik: new Uint8Array(16).fill(5) },
};

test("sevctl's files: base64 for the host, raw keys that stay", () => {
  const files = sessionFiles(SESSION, "sevctl", "web");
  assert.deepEqual(
    files.map(({ name, secret }) => [name, secret]),
    [
      ["web_godh.b64", false],
      ["web_session.b64", false],
      ["web_tik.bin", true],
      ["web_tek.bin", true],
    ],
  );
  assert.equal(files[0]?.content, base64Encode(SESSION.godh));
  assert.equal(files[1]?.content, base64Encode(SESSION.session));
  assert.deepEqual(files[2]?.content, SESSION.keys.tik);
  assert.deepEqual(files[3]?.content, SESSION.keys.tek);
});

test("sev-tool's files: raw, and both keys in one, TEK first", () => {
  const files = sessionFiles(SESSION, "sev-tool");
  assert.deepEqual(
    files.map(({ name, secret }) => [name, secret]),
    [
      ["godh.cert", false],
      ["launch_blob.bin", false],
      ["tmp_tk.bin", true],
    ],
  );
  assert.deepEqual(files[0]?.content, SESSION.godh);
  assert.deepEqual(files[1]?.content, SESSION.session);
  assert.equal(hexEncode(joinKeys(SESSION.keys)), "04".repeat(16) + "05".repeat(16));
  assert.deepEqual(files[2]?.content, joinKeys(SESSION.keys));
});

test("no content of a file that stays appears in one that goes to the host", () => {
  for (const form of ["sevctl", "sev-tool"] as const) {
    for (const { content, secret, use } of sessionFiles(SESSION, form)) {
      assert.equal(use.startsWith("kept"), secret);
      const bytes = typeof content === "string" ? text(content) : content;
      const holdsKey = hexEncode(bytes).includes("04".repeat(16));
      if (!secret) assert.equal(holdsKey, false);
    }
  }
});

test("keys are read raw, in hexadecimal and in base64, from one file or two", () => {
  fc.assert(
    fc.property(anyKeys, (keys) => {
      const both = joinKeys(keys);
      for (const form of [
        both,
        text(hexEncode(both)),
        text(`${hexEncode(both).toUpperCase()}\r\n`),
        text(base64Encode(both)),
        text(`  ${base64Encode(both)}\n`),
      ]) {
        assert.deepEqual(readSessionKeys({ both: form }), keys);
      }
      const { tek, tik } = keys;
      assert.deepEqual(readSessionKeys({ tek, tik: text(hexEncode(tik)) }), keys);
      assert.deepEqual(readSessionKeys({ tek: text(base64Encode(tek)), tik }), keys);
    }),
  );
});

test("files that hold no keys are refused without showing them", () => {
  const content = text("this-is-my-secret-passphrase");
  for (const files of [
    { both: content },
    { both: new Uint8Array(16) },
    { both: new Uint8Array(0) },
    { tek: new Uint8Array(32), tik: new Uint8Array(16) },
    { tek: new Uint8Array(16), tik: content },
  ]) {
    assert.throws(
      () => readSessionKeys(files),
      (error) =>
        error instanceof Error &&
        error.name === "SessionError" &&
        !JSON.stringify(error, ["message", "hint"]).includes("passphrase"),
    );
  }
});

test("sized content is found in every form and named", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), (size) => {
      const bytes = new Uint8Array(size).fill(0xa5);
      const sizeForms = [bytes, text(base64Encode(bytes)), text(`0x${hexEncode(bytes)}`)];
      assert.deepEqual(readSized(sizeForms[0]!, size, "it"), { bytes, form: "binary" });
      assert.deepEqual(readSized(sizeForms[1]!, size, "it"), { bytes, form: "base64" });
      assert.deepEqual(readSized(text(hexEncode(bytes)), size, "it").form, "hexadecimal");
    }),
  );
  for (const content of [new Uint8Array(47), new Uint8Array(100_000), text("?".repeat(64))]) {
    assert.throws(() => readSized(content, 48, "measurement"), {
      name: "LayoutError",
      code: "bad-length",
      message: /measurement: has \d+ bytes/,
    });
  }
});

test("long base64 with line breaks is read", () => {
  const godh = new Uint8Array(2084).map((_, i) => i);
  const lines = base64Encode(godh).replaceAll(/.{76}/g, "$&\n");
  assert.deepEqual(readSized(text(lines), 2084, "certificate"), { bytes: godh, form: "base64" });
});

test("payloads: base64 where all of it is, raw otherwise", () => {
  fc.assert(
    fc.property(bytesOf(48), (payload) => {
      fc.pre(payload.some((byte) => byte > 0x7e));
      assert.deepEqual(readPayload(payload), { bytes: payload, form: "binary" });
      const encoded = text(`${base64Encode(payload)}\n`);
      assert.deepEqual(readPayload(encoded), { bytes: payload, form: "base64" });
    }),
  );
  assert.deepEqual(readPayload(new Uint8Array(0)), { bytes: new Uint8Array(0), form: "binary" });
});
