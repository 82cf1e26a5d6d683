// SPDX-License-Identifier: Apache-2.0
// The vectors of legacy SEV have no kind of case, and no file, that no test looks at.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { missingVectors, readVector, readVectorJson } from "../support/vectors.ts";

const [CASES, INDEX] = ["sev/cases.json", "sev/index.json"] as const;
const skip = missingVectors(CASES, INDEX);

/** Kinds of cases, and where every one of them is held to. */
const TESTED: Readonly<Record<string, string>> = {
  kdf: "session/session.test.ts",
  session: "session/session.test.ts",
  measurement: "measurement.test.ts",
  secret: "session/packet.test.ts",
  hash_table: "kernel-hashes.test.ts",
  chain: "../endorsement/sev/vectors.test.ts",
  idauth: "id-block/vectors.test.ts",
};

test("every kind of case has a test", { skip }, () => {
  const { note: _, ...cases } = readVectorJson(CASES) as Readonly<Record<string, unknown>>;
  assert.deepEqual(Object.keys(cases).toSorted(), Object.keys(TESTED).toSorted());
  for (const [kind, file] of Object.entries(TESTED)) {
    const text = readFileSync(new URL(file, import.meta.url), "utf8");
    assert.match(text, new RegExp(`\\b${kind}\\b`), file);
  }
});

test("the files are those of the index", { skip }, () => {
  const { files } = readVectorJson(INDEX) as {
    readonly files: Readonly<Record<string, { readonly sha256: string }>>;
  };
  assert.ok(Object.keys(files).length > 50);
  for (const [path, { sha256 }] of Object.entries(files)) {
    const found = createHash("sha256")
      .update(readVector(`sev/${path}`))
      .digest("hex");
    assert.equal(found, sha256, path);
  }
});
