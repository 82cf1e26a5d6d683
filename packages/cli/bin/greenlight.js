#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Starts the command line from its sources. Written for any Node from 18 on.
import { isNodeTooOld, startUnderNewerNode } from "./older-node.js";

async function start() {
  // A directory of the user's own: compiled code from a shared /tmp could have been put there by
  // someone else.
  const { HOME, XDG_CACHE_HOME } = process.env;
  const cache = XDG_CACHE_HOME || (HOME && `${HOME}/.cache`);
  if (cache) process.getBuiltinModule("node:module").enableCompileCache(`${cache}/greenlight`);
  const { run } = await import("../src/main.ts");
  process.exitCode = await run(process.argv.slice(2));
}

if (isNodeTooOld()) await startUnderNewerNode(import.meta.url);
else await start();
