// SPDX-License-Identifier: Apache-2.0
// Entry of the single-file binary, which brings its own runtime and needs no launcher.
import { run } from "../src/main.ts";

process.exitCode = await run(process.argv.slice(2));
