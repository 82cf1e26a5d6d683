// SPDX-License-Identifier: Apache-2.0
// Makes the npm package of the command line: the sources of `cli` and the parts of `core` it uses as
// minified JavaScript, in the files that start fastest, and the package.json to publish.
import { chmodSync, copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import type { CodeSplittingGroup, InputOptions, OutputChunk, PreRenderedChunk } from "rolldown";
import { licencesFile, thirdPartyLicences } from "./licences.ts";
import { root } from "./process.ts";

/** Where the package is built unless told otherwise; ignored by git. */
export const packageFolder = join(root, "packages", "cli", "dist");

const starter = "greenlight.js";

/** A file of the bundle. */
export interface BundledFile {
  readonly name: string;
  readonly bytes: number;
  readonly gzipped: number;
}

/** The fields of packages/cli/package.json that are published unchanged. */
interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
}

/** The manifest of packages/cli. */
export function cliManifest(): Manifest {
  return JSON.parse(readFileSync(join(root, "packages/cli/package.json"), "utf8")) as Manifest;
}

/** The oldest Node that runs the bundle, as packages/core declares it. */
function oldestNode(): string {
  const core = JSON.parse(readFileSync(join(root, "packages/core/package.json"), "utf8")) as {
    readonly engines: { readonly node: string };
  };
  return core.engines.node;
}

function publishedManifest(): string {
  const { name, version, description, license } = cliManifest();
  const manifest = {
    name,
    version,
    description,
    license,
    type: "commonjs",
    bin: { greenlight: starter },
    files: ["*.js", licencesFile],
    engines: { node: oldestNode() },
  };
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

/** The command a module belongs to alone: its folder in cli/src/commands. */
function commandOf(id: string): string | undefined {
  return /\/cli\/src\/commands\/([^/]+)\//.exec(id)?.[1];
}

/** A command's entries and the parts it loads later are called after the command. */
function chunkName({ name, facadeModuleId }: PreRenderedChunk): string {
  const command = facadeModuleId === null ? undefined : commandOf(facadeModuleId);
  return command === undefined ? "[name]-[hash].js" : `${command}.${name}-[hash].js`;
}

const mainFile = "packages/cli/src/main.ts";

const inputOptions: InputOptions = {
  cwd: root,
  platform: "node",
  // `#crypto` of core has a Node side and a portable one.
  resolve: {
    conditionNames: ["node", "import"],
    // Its modules instead of its CommonJS for Node: only what is used of them is bundled.
    alias: { yaml: join(root, "node_modules/yaml/browser/index.js") },
  },
  // A command that asks for the command table finds it loaded; that is no mistake.
  checks: { ineffectiveDynamicImport: false },
  onLog(level, log) {
    if (level === "warn") throw new Error(log.message);
  },
};

/** The modules that `file` needs as soon as it is loaded. */
async function neededAtOnce(file: string): Promise<ReadonlySet<string>> {
  const build = await rolldown({ ...inputOptions, input: { start: file } });
  const { output } = await build.generate({ format: "esm", entryFileNames: "[name].js" });
  await build.close();
  const chunks = new Map(
    output.filter((part) => part.type === "chunk").map((chunk) => [chunk.fileName, chunk]),
  );
  const files = new Set(["start.js"]);
  // A set that grows while it is walked is walked to its new end.
  for (const name of files) for (const next of chunks.get(name)?.imports ?? []) files.add(next);
  return new Set([...files].flatMap((name) => chunks.get(name)?.moduleIds ?? []));
}

/**
 * Every file more costs start-up time, more than code that is not needed. So what a command line needs
 * in any case is one file, and what a plain `measure` or `verify` needs beyond it another. The rest: one for what
 * several commands use, and one for what several parts of a command use.
 */
async function sharedChunks(): Promise<CodeSplittingGroup[]> {
  const main = await neededAtOnce(mainFile);
  const options = await neededAtOnce("packages/cli/src/commands/measure/command.ts");
  const measure = await neededAtOnce("packages/cli/src/commands/measure/run.ts");
  const verify = await neededAtOnce("packages/cli/src/commands/verify/run.ts");
  const isMain = (id: string): boolean => main.has(id) || options.has(id) || id.startsWith("\0");
  return [
    { name: "main", priority: 5, test: isMain },
    { name: "measure", priority: 4, test: (id) => measure.has(id) },
    { name: "verify", priority: 3, test: (id) => verify.has(id) },
    // Large, and needed by a part of a command only: to read a policy, to sign a result.
    { name: "policy", priority: 2, test: /\/node_modules\/zod\/|\/core\/src\/appraisal\/policy\// },
    { name: "result", priority: 2, test: /\/node_modules\/jose\/|\/attestation-result\// },
    { name: "shared", minShareCount: 2, priority: 1, test: (id) => commandOf(id) === undefined },
    { name: (id) => commandOf(id) ?? null, debugName: "command", minShareCount: 2 },
  ];
}

/** Writes the command line itself; the files, the main one first. */
async function bundleSources(folder: string): Promise<readonly OutputChunk[]> {
  const groups = await sharedChunks();
  const build = await rolldown({
    ...inputOptions,
    input: { main: mainFile },
    preserveEntrySignatures: "allow-extension",
  });
  const { output } = await build.write({
    dir: folder,
    // Not ES modules: importing `node:crypto` or `node:fs` as one reads every property of it, and some
    // load much on their first use.
    format: "cjs",
    dynamicImportInCjs: false,
    minify: true,
    // Only what a group asks for: an index.ts depends on all of its folder, needed or not.
    codeSplitting: { groups, includeDependenciesRecursively: false },
    entryFileNames: "[name]-[hash].js",
    chunkFileNames: chunkName,
  });
  await build.close();
  const chunks = output.filter((part) => part.type === "chunk");
  return chunks.toSorted((a, b) => Number(b.isEntry) - Number(a.isEntry));
}

/** Writes what starts the command line, whose main file is `main`. */
async function bundleStarter(folder: string, main: string): Promise<readonly OutputChunk[]> {
  const build = await rolldown({
    ...inputOptions,
    input: { starter: "packages/cli/bin/packaged.js" },
    transform: { define: { MAIN_FILE: JSON.stringify(`./${main}`) } },
  });
  const { output } = await build.write({
    dir: folder,
    format: "cjs",
    minify: true,
    codeSplitting: false,
    entryFileNames: starter,
  });
  await build.close();
  chmodSync(join(folder, starter), 0o755);
  return output.filter((part) => part.type === "chunk");
}

/**
 * Bundles the command line into `folder`, which is emptied first.
 * @returns the JavaScript files with their sizes, the one that starts it first.
 * @throws Error when the sources do not bundle without a warning.
 */
export async function bundle(folder: string): Promise<BundledFile[]> {
  rmSync(folder, { recursive: true, force: true });
  const chunks = await bundleSources(folder);
  const main = chunks[0]?.fileName ?? "";
  const files = [...(await bundleStarter(folder, main)), ...chunks];
  writeFileSync(join(folder, "package.json"), publishedManifest());
  const licences = thirdPartyLicences(chunks.flatMap(({ moduleIds }) => moduleIds));
  writeFileSync(join(folder, licencesFile), licences);
  for (const name of ["LICENSE", "README.md"]) copyFileSync(join(root, name), join(folder, name));
  return files.map(({ fileName, code }) => ({
    name: fileName,
    bytes: Buffer.byteLength(code),
    gzipped: gzipSync(code).length,
  }));
}
