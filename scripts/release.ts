// SPDX-License-Identifier: Apache-2.0
// Makes what is published, in dist/release: the npm package of the command line as a tarball, the
// single-file binary for this platform, the explorer page, and their SHA-256. Publishes nothing.
//
//   node scripts/release.ts [--bun PATH]
//
// The binary is made by Bun: PATH, $GREENLIGHT_BUN, the one on the PATH, or a pinned one from npm.
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { fixtureFirmware } from "../fixtures/load.ts";
import { findBun, pinnedBun } from "./lib/bun.ts";
import { cliManifest, packageFolder } from "./lib/bundle.ts";
import { root, runTool } from "./lib/process.ts";

const releaseFolder = join(root, "dist", "release");

/** Runs a tool that must succeed; what it printed. */
async function must(command: string, args: readonly string[]): Promise<string> {
  const { ok, output } = await runTool(command, args);
  if (!ok) throw new Error(`${[command, ...args].join(" ")} failed:\n${output}`);
  return output;
}

/** Builds the npm package and packs it; the name of the tarball. */
async function makePackage(): Promise<string> {
  console.log(await must(process.execPath, ["scripts/build.ts"]));
  const options = ["--pack-destination", releaseFolder, "--ignore-scripts", "--loglevel=error"];
  const packed = await must("npm", ["pack", packageFolder, ...options]);
  return packed.split("\n").at(-1) ?? "";
}

/** Builds the evidence explorer; its name. */
async function makeExplorer(): Promise<string> {
  const name = "explorer.html";
  const file = join(releaseFolder, name);
  console.log(await must(process.execPath, ["scripts/build-explorer.ts", file]));
  return name;
}

/** Compiles the single-file binary; its name. */
async function makeBinary(bun: string): Promise<string> {
  const name = `greenlight-${cliManifest().version}-${process.platform}-${process.arch}`;
  const form = ["--compile", "--bytecode", "--splitting", "--minify", "--format=esm"];
  // Without these the binary runs code that a bunfig.toml in the current folder names.
  const closed = ["--no-compile-autoload-bunfig", "--no-compile-autoload-dotenv"];
  const paths = ["packages/cli/bin/standalone.ts", "--outfile", join(releaseFolder, name)];
  await must(bun, ["build", ...form, ...closed, ...paths]);
  return name;
}

/**
 * The binary must compute what the bundle computes, and take no code from the folder it is started in.
 * @throws Error when it does not.
 */
async function checkBinary(binary: string, folder: string): Promise<void> {
  const firmware = join(folder, "OVMF.fd");
  writeFileSync(firmware, fixtureFirmware("OVMF.amdsev-2026.08.fd"));
  const measure = ["measure", "--mode", "snp", "--vcpus", "2", "--vcpu-type", "EPYC-v4"];
  const args = [...measure, "--ovmf", firmware];
  const expected = await must(process.execPath, [join(packageFolder, "greenlight.js"), ...args]);
  writeFileSync(join(folder, "bunfig.toml"), `preload = ["./foreign.ts"]\n`);
  writeFileSync(join(folder, "foreign.ts"), `console.log("foreign code");\n`);
  // `env` is the program that starts another one in another folder.
  const actual = await must("env", ["-C", folder, binary, ...args]);
  if (actual !== expected) throw new Error(`the binary says ${actual}, the bundle ${expected}`);
}

/** Writes SHA256SUMS and shows size and SHA-256 of each file. */
function sum(names: readonly string[]): void {
  const lines = names.map((name) => {
    const bytes = readFileSync(join(releaseFolder, name));
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    console.log(`${String(bytes.length).padStart(11)} B  ${sha256}  ${name}`);
    return `${sha256}  ${name}\n`;
  });
  writeFileSync(join(releaseFolder, "SHA256SUMS"), lines.join(""));
  console.log(`in ${relative(root, releaseFolder)}, with SHA256SUMS`);
}

async function release(given: string | undefined, folder: string): Promise<void> {
  rmSync(releaseFolder, { recursive: true, force: true });
  mkdirSync(releaseFolder, { recursive: true });
  const tarball = await makePackage();
  const explorer = await makeExplorer();
  const { bun, version } = await findBun(given, folder);
  console.log(`compiling with Bun ${version}${version === pinnedBun ? "" : `, not ${pinnedBun}`}`);
  const binary = await makeBinary(bun);
  await checkBinary(join(releaseFolder, binary), folder);
  sum([tarball, binary, explorer]);
}

const { values } = parseArgs({ options: { bun: { type: "string" } } });
const folder = mkdtempSync(join(tmpdir(), "greenlight-release-"));
try {
  await release(values.bun, folder);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
