// SPDX-License-Identifier: Apache-2.0
// Brings a bare clone to the state in which `npm start` and `npm test` can run: the locked npm
// packages, among them the Node this project runs on. Plain JavaScript without dependencies,
// because it is started by whatever Node (20 or newer) the machine has. When there is nothing to
// do it only compares one hash.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, "node_modules");
/** Written last, so that an interrupted installation is started again. */
const stampFile = join(modules, ".greenlight-setup");
/** Where npm links the Node of the one optional dependency that fits this platform. */
const broughtNode = join(modules, ".bin", "node");
const oldestNode = [24, 15];

/** npm error codes that mean "no answer from the registry", not "something is wrong here". */
const networkError =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ERR_SOCKET_TIMEOUT|EIDLETIMEOUT|UNABLE_TO_GET_ISSUER_CERT_LOCALLY|E5\d\d)\b/;

function say(text) {
  process.stderr.write(`setting up: ${text}\n`);
}

/** Ends the set-up with one sentence and what to do about it; never a stack trace. */
function fail(message, hint) {
  process.stderr.write(`setting up: failed: ${message}\n  hint: ${hint}\n`);
  process.exit(1);
}

function isNewEnough(version) {
  const [major, minor] = version.replace(/^v/, "").split(".").map(Number);
  return major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
}

function lockHash() {
  let lock;
  try {
    lock = readFileSync(join(root, "package-lock.json"));
  } catch (error) {
    fail(`package-lock.json cannot be read (${error.code})`, "restore it from the repository");
  }
  return createHash("sha256").update(lock).digest("hex");
}

function isInstalled(hash) {
  return existsSync(stampFile) && readFileSync(stampFile, "utf8").trim() === hash;
}

/**
 * The npm to call, as command and leading arguments: the one that started this script, with the
 * Node that runs it, or the one on the PATH.
 */
function npmCommand() {
  const cli = process.env.npm_execpath;
  if (cli?.endsWith("npm-cli.js") && existsSync(cli)) {
    return [process.env.npm_node_execpath ?? process.execPath, [cli]];
  }
  return ["npm", []];
}

/** What npm said, without stack frames and the 80 lines of usage that follow some of its errors. */
function essence(text) {
  return text
    .replace(/^npm error Clean install a project$[^]*$/m, "")
    .replaceAll(/^npm error {5}at .*\n/gm, "");
}

function install() {
  const why = existsSync(modules) ? "node_modules is not what package-lock.json says" : "first run";
  say(`${why}: npm ci (about 350 MB, up to a minute)`);
  const started = performance.now();
  const [command, leading] = npmCommand();
  // No package may run a script of its own at installation; nothing here needs one.
  const options = ["--ignore-scripts", "--include=dev", "--include=optional"];
  const quiet = ["--loglevel=error", "--no-audit", "--no-fund"];
  // An unreachable registry is reported after seconds; npm's own retries take more than a minute.
  const retries = ["--fetch-retry-mintimeout=2000", "--fetch-retry-factor=3"];
  const result = spawnSync(command, [...leading, "ci", ...options, ...quiet, ...retries], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "ignore", "pipe"],
    shell: process.platform === "win32",
  });
  if (result.error?.code === "ENOENT") {
    fail("npm was not found", "install Node 20 or newer together with npm (Debian: nodejs, npm)");
  }
  if (result.error) {
    fail(`npm could not be started (${result.error.code})`, "check that npm runs: npm --version");
  }
  if (result.signal) fail(`npm ci was ended by ${result.signal}`, "run the same command again");
  if (result.status !== 0) {
    const network = networkError.exec(result.stderr);
    if (network !== null) {
      fail(
        `the npm registry is not reachable (${network[1]})`,
        "check the network, the proxy (npm config get proxy) and npm config get registry",
      );
    }
    process.stderr.write(essence(result.stderr));
    fail(`npm ci ended with exit code ${result.status}`, "npm's own words are above");
  }
  say(`npm packages installed in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

/** After an installation: the Node that came with it must really run on this machine. */
function checkBroughtNode() {
  const result = spawnSync(broughtNode, ["--version"], { encoding: "utf8" });
  if (result.status !== 0 || !isNewEnough(result.stdout)) {
    fail(
      `the Node in node_modules does not run here (${result.error?.code ?? result.stderr.trim()})`,
      "it needs glibc (on musl systems use a glibc container)",
    );
  }
}

const hash = lockHash();
const installed = isInstalled(hash);
if (!installed) install();
if (existsSync(broughtNode)) {
  if (!installed) checkBroughtNode();
} else if (!isNewEnough(process.version)) {
  fail(
    `no Node ${oldestNode.join(".")} or newer for ${process.platform}-${process.arch}: this is ${process.version}`,
    `npm brings none for this platform: install Node ${oldestNode.join(".")} or newer`,
  );
}
if (!installed) writeFileSync(stampFile, `${hash}\n`);
