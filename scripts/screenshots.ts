// SPDX-License-Identifier: Apache-2.0
// Makes the pictures of docs/explorer: builds the page, opens it in Chromium with carried evidence, and
// saves what it looks like.
//
//   node scripts/screenshots.ts
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { buildPage } from "../packages/console/build/page.ts";
import { samples } from "../packages/console/build/samples.ts";
import { missingChromium, startChromium } from "../packages/console/test/support/chromium.ts";
import {
  ACCEPTED,
  FIRMWARE,
  REJECTED,
  textFile,
} from "../packages/console/test/support/evidence.ts";
import { open } from "../packages/console/test/support/explorer.ts";
import type { Explorer, TestFile } from "../packages/console/test/support/explorer.ts";
import { toPalette } from "./lib/palette-png.ts";
import { root } from "./lib/process.ts";

const pictures = join(root, "docs", "explorer");
/** What "now" is in the pictures. */
const INSTANT = new Date("2026-11-20T12:00:00Z");
const DESKTOP = { width: 1240, height: 860 };
const PHONE = { width: 360, height: 720 };

/** A policy that pins what ACCEPTED was made with. */
const POLICY = textFile(
  "policy.json",
  JSON.stringify({
    schema: "greenlight/policy/v1",
    name: "production",
    platform: { tcb: { Milan: { bootloader: 3, snp: 8, microcode: 115 } } },
    guest: {
      measurements:
        "7a1e5c266c0108dbc9bb94fa926951320940915d0aafb42464bd88b579ea158d3e1a0dc39b2c60bd95b9c480cd81841f",
    },
  }),
);

/** A picture: its name, how the page is opened, and what is done before it is taken. */
interface Shot {
  readonly name: string;
  readonly options?: Parameters<typeof open>[2];
  readonly prepare: (explorer: Explorer) => Promise<unknown>;
  /** The part of the page that is shown; all of the window when absent. */
  readonly part?: string;
}

const shots: readonly Shot[] = [
  { name: "empty", prepare: async () => undefined },
  { name: "accepted", prepare: async (explorer) => judge(explorer, ACCEPTED) },
  { name: "rejected", prepare: async (explorer) => judge(explorer, REJECTED) },
  {
    name: "undecided",
    prepare: async (explorer) => judge(explorer, [ACCEPTED[0]!]),
    part: "section.verdict",
  },
  { name: "chain", prepare: async (explorer) => judge(explorer, ACCEPTED), part: ".chain" },
  {
    name: "bytes",
    prepare: async (explorer) => {
      await judge(explorer, REJECTED);
      await pointAt(explorer, "policy");
    },
    part: "#bytes",
  },
  {
    name: "measurement",
    prepare: async (explorer) => {
      await judge(explorer, [...ACCEPTED, FIRMWARE]);
      await explorer.page.locator("section:has(> #measurement-title) .comparison").waitFor();
    },
    part: "section:has(> #measurement-title)",
  },
  {
    name: "dark",
    options: { colorScheme: "dark" },
    prepare: async (explorer) => {
      await judge(explorer, ACCEPTED);
      await pointAt(explorer, "measurement");
    },
  },
  {
    name: "phone",
    options: { viewport: PHONE },
    prepare: async (explorer) => judge(explorer, REJECTED),
  },
];

async function judge(explorer: Explorer, files: readonly TestFile[]): Promise<void> {
  await explorer.give(...files, POLICY);
  await explorer.verdict();
}

/** Points at a field, and takes the pointer away: scrolling would move another field under it. */
async function pointAt({ page }: Explorer, field: string): Promise<void> {
  await page.locator(".fieldrow", { hasText: field }).first().hover();
  await page.mouse.move(0, 0);
}

async function take(): Promise<void> {
  const missing = missingChromium();
  if (missing !== false) throw new Error(missing);
  const folder = mkdtempSync(join(tmpdir(), "greenlight-screenshots-"));
  const file = join(folder, "explorer.html");
  writeFileSync(file, (await buildPage(samples())).html);
  mkdirSync(pictures, { recursive: true });
  const browser = await startChromium();
  try {
    for (const { name, options, prepare, part } of shots) {
      const explorer = await open(browser, "about:blank", { viewport: DESKTOP, ...options });
      await explorer.page.clock.setFixedTime(INSTANT);
      await explorer.page.goto(pathToFileURL(file).href);
      await prepare(explorer);
      const target = part === undefined ? explorer.page : explorer.page.locator(part).first();
      const png = toPalette(await target.screenshot({ animations: "disabled" }));
      writeFileSync(join(pictures, `${name}.png`), png);
      console.log(`${String(png.length).padStart(7)} B  ${relative(root, pictures)}/${name}.png`);
    }
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true });
  }
}

try {
  await take();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
