// SPDX-License-Identifier: Apache-2.0
// scripts/setup.js with a fake npm, in a folder of its own.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";

interface Tried {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

class Clone {
  readonly folder: string;

  constructor(t: TestContext) {
    this.folder = mkdtempSync(join(tmpdir(), "greenlight-setup-"));
    t.after(() => rmSync(this.folder, { recursive: true }));
    mkdirSync(join(this.folder, "scripts"));
    mkdirSync(join(this.folder, "path"));
    cpSync(new URL("../setup.js", import.meta.url), join(this.folder, "scripts", "setup.js"));
    writeFileSync(join(this.folder, "package.json"), `{ "type": "module" }`);
    this.lock("1");
  }

  lock(content: string): void {
    writeFileSync(join(this.folder, "package-lock.json"), content);
  }

  /** The npm that will be found, a shell script; it notes each call. */
  npm(script: string): void {
    const path = join(this.folder, "path", "npm");
    writeFileSync(path, `#!/bin/sh\necho "$@" >> calls\n${script}\n`);
    chmodSync(path, 0o755);
  }

  calls(): string[] {
    const file = join(this.folder, "calls");
    return existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n") : [];
  }

  setUp(): Tried {
    const env = { PATH: `${join(this.folder, "path")}:/usr/bin:/bin` };
    const script = join(this.folder, "scripts", "setup.js");
    return spawnSync(process.execPath, [script], { encoding: "utf8", env });
  }
}

test("installs once, and again when the lock file changed", (t) => {
  const clone = new Clone(t);
  clone.npm("mkdir -p node_modules; echo added 3 packages");
  const first = clone.setUp();
  assert.equal(first.status, 0);
  assert.match(
    first.stderr,
    /^setting up: first run: npm ci .*\nsetting up: npm packages installed in /,
  );
  assert.equal(first.stdout, "");
  assert.match(
    clone.calls()[0] ?? "",
    /^ci --ignore-scripts --include=dev --include=optional --loglevel=error/,
  );

  assert.equal(clone.setUp().stderr, "");
  assert.equal(clone.calls().length, 1);

  clone.lock("2");
  assert.match(
    clone.setUp().stderr,
    /^setting up: node_modules is not what package-lock\.json says/,
  );
  assert.equal(clone.calls().length, 2);
});

test("a failed installation is tried again", (t) => {
  const clone = new Clone(t);
  clone.npm(`mkdir -p node_modules; echo "npm error code EACCES" >&2; exit 243`);
  const failed = clone.setUp();
  assert.equal(failed.status, 1);
  assert.match(
    failed.stderr,
    /npm error code EACCES\nsetting up: failed: npm ci ended with exit code 243\n {2}hint: /,
  );
  clone.npm("true");
  assert.equal(clone.setUp().status, 0);
  assert.equal(clone.calls().length, 2);
});

test("an unreachable registry is one sentence, without npm's stack trace", (t) => {
  const clone = new Clone(t);
  const trace = "npm error FetchError: request failed\\nnpm error     at emit (node:events:1:1)";
  clone.npm(`printf 'npm error code ENOTFOUND\\n${trace}\\n' >&2; exit 1`);
  const { status, stderr } = clone.setUp();
  assert.equal(status, 1);
  assert.match(
    stderr,
    /failed: the npm registry is not reachable \(ENOTFOUND\)\n {2}hint: check the network/,
  );
  assert.doesNotMatch(stderr, / at /);
});

test("npm missing, and the lock file missing", (t) => {
  const clone = new Clone(t);
  const script = join(clone.folder, "scripts", "setup.js");
  const env = { PATH: join(clone.folder, "path") };
  const noNpm = spawnSync(process.execPath, [script], { encoding: "utf8", env });
  assert.equal(noNpm.status, 1);
  assert.match(noNpm.stderr, /failed: npm was not found\n {2}hint: install Node 20 or newer/);
  rmSync(join(clone.folder, "package-lock.json"));
  const noLock = clone.setUp();
  assert.equal(noLock.status, 1);
  assert.match(noLock.stderr, /failed: package-lock\.json cannot be read \(ENOENT\)/);
});

test("a brought Node that does not run here is said at once", (t) => {
  const clone = new Clone(t);
  clone.npm(
    "mkdir -p node_modules/.bin; printf '#!/nowhere\\n' > node_modules/.bin/node; chmod +x node_modules/.bin/node",
  );
  const { status, stderr } = clone.setUp();
  assert.equal(status, 1);
  assert.match(stderr, /failed: the Node in node_modules does not run here \(ENOENT\)/);
});

/** A clone that is installed, on a machine where nothing is on the PATH but what a test puts there. */
function bareMachine(t: TestContext): {
  readonly program: (name: string, script: string) => void;
  readonly setUp: (...packages: readonly string[]) => Tried;
  readonly calls: () => readonly string[];
} {
  const clone = new Clone(t);
  clone.npm("mkdir -p node_modules");
  assert.equal(clone.setUp().status, 0);
  const path = join(clone.folder, "path");
  const calls = join(clone.folder, "apt-calls");
  const script = join(clone.folder, "scripts", "setup.js");
  return {
    program(name, body) {
      const call = name === "apt-get" ? `echo "$@" >> ${calls}\n` : "";
      writeFileSync(join(path, name), `#!/bin/sh\n${call}${body}\n`);
      chmodSync(join(path, name), 0o755);
    },
    setUp: (...packages) =>
      spawnSync(process.execPath, [script, ...packages], { encoding: "utf8", env: { PATH: path } }),
    calls: () => (existsSync(calls) ? readFileSync(calls, "utf8").trimEnd().split("\n") : []),
  };
}

test("a Debian package that is missing is installed by root, and only then", (t) => {
  const { program, setUp, calls } = bareMachine(t);
  program("id", "echo 0");
  program("apt-get", "exit 0");
  const { status, stderr } = setUp("chromium");
  assert.equal(status, 0);
  assert.equal(stderr, "setting up: apt-get install chromium (a minute or two)\n");
  assert.equal(calls().length, 2);
  assert.match(calls()[0] ?? "", / update$/);
  assert.match(calls()[1] ?? "", / install -y --no-install-recommends chromium$/);
  program("chromium", "exit 0");
  assert.equal(setUp("chromium").stderr, "");
  assert.equal(calls().length, 2);
});

test("a Debian package that cannot be had is named, and nothing else stops", (t) => {
  const { program, setUp, calls } = bareMachine(t);
  const missing =
    /^setting up: missing: chromium; what needs it is skipped \(as root: apt-get install chromium\)\n$/;
  // No apt-get; then apt-get, but nobody who may use it.
  assert.match(setUp("chromium").stderr, missing);
  program("id", "echo 1000");
  program("apt-get", "exit 0");
  const asUser = setUp("chromium");
  assert.equal(asUser.status, 0);
  assert.match(asUser.stderr, missing);
  assert.deepEqual(calls(), []);
  program("id", "echo 0");
  program("apt-get", "echo 'E: Unable to locate package chromium' >&2; exit 100");
  const failed = setUp("chromium");
  assert.equal(failed.status, 0);
  assert.match(
    failed.stderr,
    /could not install chromium \(E: Unable to locate package chromium\); what needs it is skipped\n$/,
  );
});

test("a Debian package that nothing is known of is a mistake", (t) => {
  const { status, stderr } = bareMachine(t).setUp("emacs");
  assert.equal(status, 1);
  assert.match(stderr, /failed: unknown set emacs\n {2}hint: known are chromium/);
});
