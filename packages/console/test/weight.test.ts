// SPDX-License-Identifier: Apache-2.0
// The built page: one file, light, and closed by its own policy.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { buildPage } from "../build/page.ts";
import { samples } from "../build/samples.ts";

/** The whole page, compressed with gzip -9, stays below this many bytes. */
const BUDGET = 120 * 1024;

const built = await buildPage(samples());

test("the page weighs less than 120 kB gzipped", (t) => {
  const { bytes, gzipped } = built;
  t.diagnostic(`explorer.html: ${gzipped} bytes gzipped, ${bytes} as it is`);
  assert.ok(gzipped < BUDGET, `${gzipped} bytes, allowed are ${BUDGET}`);
});

test("it names no other file and no server", () => {
  const { html } = built;
  const tags = html.replaceAll(/<(script|style)[^>]*>[^]*?<\/\1>/g, "");
  assert.deepEqual(tags.match(/\s(?:src|href)="(?!data:)[^"]*"/g), null);
  const style = /<style>([^]*?)<\/style>/.exec(html)?.[1] ?? "";
  assert.doesNotMatch(style, /@import|url\(/);
  // Addresses stand in texts only: the KDS, namespaces, certificates' own.
  const hosts = new Set([...html.matchAll(/https?:\/\/([\w.-]+)/g)].map(([, host]) => host));
  assert.deepEqual(
    [...hosts].filter((host) => !/^(kdsintf\.amd\.com|www\.w3\.org|json-schema\.org)$/.test(host!)),
    [],
  );
});

test("licences of other projects' code go with it", () => {
  const licences = /<script type="text\/plain" id="licences">([^]*?)<\/script>/.exec(
    built.html,
  )?.[1];
  for (const name of ["preact", "@preact/signals", "zod"]) {
    assert.match(licences ?? "", new RegExp(`^${name} \\d`, "m"));
  }
  assert.match(licences ?? "", /Copyright/);
});

test("its policy allows its own script and style, and no connection", () => {
  const { html } = built;
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? "";
  const directives = new Map(
    policy.split("; ").map((each) => {
      const [name = "", ...values] = each.split(" ");
      return [name, values.join(" ")] as const;
    }),
  );
  assert.equal(directives.get("default-src"), "'none'");
  assert.equal(directives.get("connect-src"), undefined);
  assert.equal(directives.get("form-action"), "'none'");
  const hash = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  const script = /<script type="module">([^]*?)<\/script>/.exec(html)?.[1] ?? "";
  const style = /<style>([^]*?)<\/style>/.exec(html)?.[1] ?? "";
  assert.equal(directives.get("script-src"), hash(script));
  assert.equal(directives.get("style-src"), hash(style));
});
