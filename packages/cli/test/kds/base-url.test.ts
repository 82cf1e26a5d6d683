// SPDX-License-Identifier: Apache-2.0
// Which servers may be asked.

import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageError } from "../../src/command/usage-error.ts";
import { parseBaseUrl } from "../../src/kds/base-url.ts";

const strict = { allowHttp: false };

test("https servers and this host are taken, without slash at the end", () => {
  const taken: Readonly<Record<string, string>> = {
    "https://kds.example": "https://kds.example",
    "https://kds.example:8443/amd//": "https://kds.example:8443/amd",
    "http://127.0.0.1:8080/": "http://127.0.0.1:8080",
    "http://localhost/kds": "http://localhost/kds",
    "http://[::1]:1": "http://[::1]:1",
  };
  for (const [given, base] of Object.entries(taken)) {
    assert.equal(parseBaseUrl(given, "--kds", strict), base);
  }
});

test("other servers without encryption only when asked", () => {
  assert.throws(
    () => parseBaseUrl("http://kds.example", "--kds", strict),
    (error) => error instanceof UsageError && /--kds-allow-http/.test(error.hint ?? ""),
  );
  assert.throws(() => parseBaseUrl("http://127.0.0.1.example", "--kds", strict), UsageError);
  assert.equal(
    parseBaseUrl("http://kds.example", "--kds", { allowHttp: true }),
    "http://kds.example",
  );
});

test("everything else is refused, and a password is not repeated", () => {
  for (const given of [
    "",
    "kds.example",
    "ftp://kds.example",
    "file:///etc",
    "https://a/?q",
    "https://a/#f",
  ]) {
    assert.throws(() => parseBaseUrl(given, "--kds", strict), UsageError, given);
  }
  assert.throws(
    () => parseBaseUrl("https://me:secret@kds.example", "--kds", strict),
    (error) => error instanceof UsageError && !error.message.includes("secret"),
  );
});
