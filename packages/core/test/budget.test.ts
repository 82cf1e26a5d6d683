// SPDX-License-Identifier: Apache-2.0
// What the browser build may contain, and how large the measuring entry may be.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Script, createContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { bundleForBrowser } from "./support/browser-bundle.ts";

/** The measuring entry, minified and compressed with gzip -9, stays below this many bytes. */
const MEASURE_BUDGET = 12 * 1024;

const PACKAGE = new URL("../package.json", import.meta.url);

/** Names a browser does not have. A method of such a name is no use of the name. */
const OF_NODE = /(?<![\w.$#])(?:process\s*[.[]|Buffer\b|require\s*\(|__dirname\b|__filename\b)/;

/** What the package exports to browsers, as subpath and file. */
function browserExports(): readonly (readonly [subpath: string, file: URL])[] {
  const { exports } = JSON.parse(readFileSync(PACKAGE, "utf8")) as {
    readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
  };
  return Object.entries(exports).map(([subpath, target]) => [
    subpath,
    new URL(typeof target === "string" ? target : target.default, PACKAGE),
  ]);
}

test("every export bundles for browsers without anything of Node", async (t) => {
  const all = browserExports();
  assert.ok(all.length >= 6);
  for (const [subpath, file] of all) {
    await t.test(subpath, async () => {
      const { code, imports } = await bundleForBrowser(file, { minify: true, global: "core" });
      assert.deepEqual(imports, []);
      assert.doesNotMatch(code, /["'`]node:/);
      assert.doesNotMatch(code, OF_NODE);
      // It also loads where there is nothing but ECMAScript and what every browser has.
      const realm = createContext({ TextEncoder, TextDecoder, crypto });
      new Script(`${code}\nglobalThis.names = Object.keys(core);`).runInContext(realm);
      assert.ok((realm as { readonly names: readonly string[] }).names.length > 0);
    });
  }
});

test("the pattern finds uses of Node's names and leaves methods alone", () => {
  for (const code of [
    "process.env",
    "x(process.argv)",
    "Buffer.from(a)",
    "a instanceof Buffer",
    "require('a')",
  ]) {
    assert.match(code, OF_NODE, code);
  }
  for (const code of [
    "this.process(view,0)",
    "class A{process(e,t){}}",
    "a.Buffer",
    "ArrayBuffer",
    "_process.x",
  ]) {
    assert.doesNotMatch(code, OF_NODE, code);
  }
});

test("the measuring entry stays under 12 kB gzipped", async (t) => {
  const entry = new URL("../src/measure.ts", import.meta.url);
  const { code, modules } = await bundleForBrowser(entry, { minify: true });
  const size = gzipSync(code, { level: 9 }).length;
  const largest = [...modules]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, 8)
    .map(([path, bytes]) => `${bytes} ${path.split(/\/(?:core|node_modules)\//).at(-1)}`);
  t.diagnostic(`measuring entry: ${size} bytes gzipped, ${code.length} minified`);
  assert.ok(
    size < MEASURE_BUDGET,
    `${size} bytes, allowed are ${MEASURE_BUDGET}; before minification, the largest modules are\n  ${largest.join("\n  ")}`,
  );
});
