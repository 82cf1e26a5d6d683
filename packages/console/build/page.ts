// SPDX-License-Identifier: Apache-2.0
// Builds the explorer as one self-contained HTML file: scripts and styles inlined, and a content
// security policy that lets nothing in it reach the network.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import type { Sample } from "../src/model/sample.ts";
import { thirdPartyLicences } from "../../../scripts/lib/licences.ts";
import { withoutPolicyDocs } from "./without-policy-docs.ts";

/** The sources. */
const folder = fileURLToPath(new URL("..", import.meta.url));

/** A page that opens from a file or from any web server. */
export interface BuiltPage {
  readonly html: string;
  /** Bytes of the file, and of the same compressed with gzip -9. */
  readonly bytes: number;
  readonly gzipped: number;
}

/** What Vite makes of the sources. */
interface Parts {
  readonly script: string;
  readonly style: string;
  /** Licences of other projects' code in the script. */
  readonly licences: string;
}

/**
 * Builds the page.
 * @param samples What the empty page offers to look at.
 * @throws Error when the sources do not build without a warning, or not into one script and one style.
 */
export async function buildPage(samples: readonly Sample[]): Promise<BuiltPage> {
  const html = assemble(await bundle(), samples);
  const raw = Buffer.from(html);
  return { html, bytes: raw.length, gzipped: gzipSync(raw, { level: 9 }).length };
}

/** What core declares layouts with (core/bytes): each makes a value and does nothing else. */
const LAYOUT_FUNCTIONS = [
  "array",
  "at",
  "bits",
  "bytes",
  "documented",
  "enumeration",
  "gated",
  "labelled",
  "mbz",
  "struct",
];

async function bundle(): Promise<Parts> {
  const result = await build({
    root: folder,
    configFile: false,
    envFile: false,
    publicDir: false,
    logLevel: "silent",
    // core has a Node side; these conditions choose the other one.
    resolve: { conditions: ["browser", "import", "module", "default"] },
    plugins: [withoutPolicyDocs()],
    oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
    build: {
      write: false,
      target: "es2023",
      modulePreload: false,
      cssCodeSplit: false,
      assetsInlineLimit: 0,
      reportCompressedSize: false,
      rolldownOptions: {
        // Layouts that nothing on the page reads are left out.
        treeshake: { manualPureFunctions: LAYOUT_FUNCTIONS },
        output: { codeSplitting: false },
        onLog(level, log) {
          if (level === "warn") throw new Error(log.message);
        },
      },
    },
  });
  if (!("output" in result)) throw new Error("Vite did not answer with one build");
  let script: string | undefined;
  let style: string | undefined;
  let licences = "";
  for (const file of result.output) {
    if (file.type === "chunk" && script === undefined) {
      script = file.code;
      licences = thirdPartyLicences(file.moduleIds);
    } else if (file.fileName.endsWith(".css") && file.type === "asset" && style === undefined) {
      style = file.source.toString();
    } else if (!file.fileName.endsWith(".html")) {
      throw new Error(`the page would need ${file.fileName} beside it`);
    }
  }
  if (script === undefined || style === undefined)
    throw new Error("no script or no style was built");
  return { script, style, licences };
}

/** An icon of our own, so that no browser asks a server for one. */
const ICON =
  "data:image/svg+xml," +
  encodeURIComponent(
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7" fill="#1a7f37"/><path d="m4.5 8.5 2.5 2.5 4.5-5.5" fill="none" stroke="#fff" stroke-width="2"/></svg>`,
  );

function assemble({ script, style, licences }: Parts, samples: readonly Sample[]): string {
  const code = script.trim().replaceAll("</script", "<\\/script");
  const look = style.trim();
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(code)}`,
    `style-src ${hashOf(look)}`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
  ].join("; ");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="Greenlight explorer ${version()}">
<title>Greenlight evidence explorer</title>
<link rel="icon" href="${ICON}">
<style>${look}</style>
</head>
<body>
<div id="page"><noscript>This page decodes and verifies files in the browser, which needs JavaScript.</noscript></div>
<script type="application/json" id="samples">${JSON.stringify(samples).replaceAll("<", "\\u003c")}</script>
<script type="module">${code}</script>
<script type="text/plain" id="licences">${licences.replaceAll("</", "<\\/")}</script>
</body>
</html>
`;
}

function version(): string {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { readonly version: string }).version;
}

function hashOf(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}
