// SPDX-License-Identifier: Apache-2.0
// Brings a bare clone to the state in which `npm start` and `npm test` can run: the locked npm
// packages, among them the Node this project runs on, and the sets of Debian packages named as
// arguments. Plain JavaScript without dependencies, because it is started by whatever Node (20 or
// newer) the machine has. When there is nothing to do it only compares one hash.
//
//   node scripts/setup.js [chromium] [launch] [interoperation]
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
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

/** Debian packages that a step may need, by what for; each with the program or path it brings. */
const debianPackages = {
  chromium: { chromium: "chromium" },
  // Real guests: the machine, encrypted disks, and what the guest's initrd is made of.
  launch: {
    "qemu-system-x86": "qemu-system-x86_64",
    "qemu-utils": "qemu-img",
    "cryptsetup-bin": "cryptsetup",
    fdisk: "sfdisk",
    dosfstools: "mkfs.vfat",
    mtools: "mcopy",
    e2fsprogs: "mke2fs",
    "busybox-static": "busybox",
    openssl: "openssl",
  },
  // Other people's tools that the tests compare with.
  interoperation: {
    "libvirt-clients": "virsh",
    "libvirt-clients-qemu": "virt-qemu-sev-validate",
    "python3-cryptography": "/usr/lib/python3/dist-packages/cryptography",
    "python3-lxml": "/usr/lib/python3/dist-packages/lxml",
  },
};

function isThere(program) {
  if (program.startsWith("/")) return existsSync(program);
  // Debian keeps tools for disks where the PATH of ordinary users does not lead.
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  return folders.some((folder) => folder !== "" && existsSync(join(folder, program)));
}

function isRoot() {
  return spawnSync("id", ["-u"], { encoding: "utf8" }).stdout?.trim() === "0";
}

/**
 * Installs Debian packages that are missing, when it may. When it may not or cannot, it names them:
 * what needs them is skipped by name, and nothing else stops.
 */
function installDebianPackages(names) {
  const wanted = names.flatMap((name) => {
    if (Object.hasOwn(debianPackages, name)) return Object.entries(debianPackages[name]);
    return fail(`unknown set ${name}`, `known are ${Object.keys(debianPackages).join(", ")}`);
  });
  const missing = wanted.filter(([, program]) => !isThere(program)).map(([name]) => name);
  if (missing.length === 0) return;
  const list = missing.join(" ");
  if (!isThere("apt-get") || !isRoot()) {
    say(`missing: ${list}; what needs it is skipped (as root: apt-get install ${list})`);
    return;
  }
  say(`apt-get install ${list} (a minute or two)`);
  const quiet = ["-qq", "-o", "Acquire::Retries=2", "-o", "Dpkg::Use-Pty=0"];
  for (const step of [["update"], ["install", "-y", "--no-install-recommends", ...missing]]) {
    const result = spawnSync("apt-get", [...quiet, ...step], {
      encoding: "utf8",
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
      stdio: ["ignore", "ignore", "pipe"],
      timeout: 300_000,
    });
    // An update that fails for one source may still have found the packages.
    if (result.status !== 0 && step[0] === "install") {
      const why =
        result.stderr?.trim().split("\n").at(-1) || result.error?.code || "no reason given";
      say(`apt-get could not install ${list} (${why}); what needs it is skipped`);
    }
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
installDebianPackages(process.argv.slice(2));
