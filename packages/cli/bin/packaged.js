#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Starts the command line as it is published. The files of the bundle are loaded here, and not by
// require(), to keep what V8 made of them in the user's cache after they ran. Node's own compile cache
// is written before, without the functions compiled at their first call: a tenth of a short command.
import { lstatSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { Script } from "node:vm";
import { isNodeTooOld, startUnderNewerNode } from "./older-node.js";

/** Modules by the names they are required by. */
const modules = new Map();
/** Scripts whose compiled code was not in the cache. */
const uncached = [];
const cacheFolder = findCacheFolder();

/**
 * A folder of the user's own: compiled code that someone else has put there would be run. The folders
 * above it count as well, since whoever can write to one can put another folder in its place.
 */
function findCacheFolder() {
  const { HOME, XDG_CACHE_HOME } = process.env;
  const base = XDG_CACHE_HOME || (HOME && `${HOME}/.cache`);
  if (!base) return undefined;
  const ours = `${base}/greenlight`;
  const folder = `${ours}/node-${process.version}-${process.arch}`;
  return [base, ours, folder].every(isOwnOrAbsent) ? folder : undefined;
}

/** Whether a path is a folder that only this user can write to, or is not there yet. */
function isOwnOrAbsent(path) {
  const found = orUndefined(() => lstatSync(path));
  if (found === undefined) return true;
  const isOwn = process.getuid === undefined || found.uid === process.getuid();
  return found.isDirectory() && isOwn && (found.mode & 0o022) === 0;
}

/** What `use` returns, or undefined where it fails: without the cache a start only takes longer. */
function orUndefined(use) {
  try {
    return use();
  } catch {
    return undefined;
  }
}

/** What stands for `require` in the files of the bundle; they use Node's modules and one another. */
function load(name) {
  if (!name.startsWith("./")) return process.getBuiltinModule(name);
  let module = modules.get(name);
  if (module === undefined) {
    module = { exports: {} };
    // Before it runs: files may need one another.
    modules.set(name, module);
    compile(name.slice(2))(module.exports, load);
  }
  return module.exports;
}

/** The function that runs a file of the bundle. Its name changes with its content. */
function compile(file) {
  const filename = `${import.meta.dirname}/${file}`;
  const source = `(function (exports, require) {${readFileSync(filename, "utf8")}\n})`;
  const cachedData = cacheFolder && orUndefined(() => readFileSync(`${cacheFolder}/${file}`));
  const script = new Script(source, { filename, cachedData });
  if (cachedData === undefined || script.cachedDataRejected) uncached.push({ file, script });
  return script.runInThisContext();
}

/** Keeps the compiled code; a file that is there is replaced as a whole. */
function writeCache() {
  mkdirSync(cacheFolder, { recursive: true, mode: 0o700 });
  for (const { file, script } of uncached) {
    const path = `${cacheFolder}/${file}`;
    writeFileSync(`${path}.${process.pid}`, script.createCachedData(), { flag: "wx" });
    renameSync(`${path}.${process.pid}`, path);
  }
}

async function start() {
  // The bundler puts the name of the main file here.
  const { run } = load(MAIN_FILE);
  process.exitCode = await run(process.argv.slice(2));
  // After a failure most of the functions that the next start needs were not called.
  const isWorthKeeping = process.exitCode === 0 && uncached.length > 0;
  if (isWorthKeeping && cacheFolder !== undefined) orUndefined(writeCache);
}

void (isNodeTooOld() ? startUnderNewerNode(import.meta.url) : start());
