// SPDX-License-Identifier: Apache-2.0
// Initrds: complete, the same every time, with scripts that a shell takes.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import {
  DISK_PASSPHRASE_GUID,
  GUEST_STATES,
  GuestError,
  attestInit,
  buildInitrd,
  readGuestConsole,
  stateLine,
  unlockInit,
  writeGuestRoot,
} from "../../src/guest/index.ts";
import type { InitScript } from "../../src/guest/index.ts";
import { GUEST_PROGRAMS, findProgram } from "../../src/guest/programs.ts";
import { missingTools } from "../support/tools.ts";

const skip = missingTools("busybox", "cryptsetup", "openssl");

function paths(initrd: Uint8Array): readonly string[] {
  const { stdout } = spawnSync(findProgram(GUEST_PROGRAMS.busybox), ["cpio", "-t"], {
    input: initrd,
  });
  return stdout.toString().trim().split("\n");
}

test(
  "an initrd holds the programs with all their libraries, and is the same twice",
  { skip },
  () => {
    for (const init of [unlockInit, attestInit]) {
      const initrd = buildInitrd({ init });
      assert.ok(Buffer.from(initrd).equals(buildInitrd({ init })));
      const packed = buildInitrd({ init, compress: true });
      assert.ok(gunzipSync(packed).equals(initrd));
      const held = paths(initrd);
      for (const name of [
        "init",
        "bin/sh",
        "bin/cryptsetup",
        "dev/console",
        "proc",
        "root",
        "run",
      ]) {
        assert.ok(held.includes(name), name);
      }
      assert.equal(held.includes("bin/openssl"), init === attestInit);
      const libraries = new Set(held.map((path) => path.split("/").at(-1)!));
      for (const name of ["libc.so.6", "libcryptsetup.so.12", "libgcc_s.so.1"]) {
        assert.ok(libraries.has(name), name);
      }
    }
  },
);

test("what a program needs is found without running it", { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), "greenlight-initrd-"));
  try {
    const missing = join(folder, "cryptsetup");
    assert.throws(
      () => buildInitrd({ init: unlockInit, programs: { cryptsetup: missing } }),
      (error) => error instanceof GuestError && error.code === "missing-program",
    );
    // The name of a library is changed to one that nobody has.
    const program = readFileSync("/usr/sbin/cryptsetup");
    program.write("libcrypto_none", program.indexOf("libcryptsetup.so.12"));
    writeFileSync(missing, program);
    chmodSync(missing, 0o755);
    assert.throws(
      () => buildInitrd({ init: unlockInit, programs: { cryptsetup: missing } }),
      (error) => error instanceof GuestError && error.code === "missing-library",
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("the scripts are well-formed and use only what they bring along", { skip }, () => {
  for (const init of [unlockInit, attestInit]) {
    const { status, stderr } = spawnSync(findProgram(GUEST_PROGRAMS.busybox), ["sh", "-n"], {
      input: init.text,
    });
    assert.equal(status, 0, stderr.toString());
    for (const applet of init.applets) assert.ok(usedIn(init, applet), `${applet} is used`);
  }
  assert.ok(unlockInit.text.includes(DISK_PASSPHRASE_GUID));
});

function usedIn({ text }: InitScript, applet: string): boolean {
  return applet === "sh" || new RegExp(`(^|[\\s($|;])${applet}( |\n|$)`, "m").test(text);
}

test("what a guest prints is read, whatever is around it", () => {
  const said = readGuestConsole(
    [
      "\u001b[2J\u001b[01;01Hnoise" + stateLine("started"),
      "[    1.2] a kernel message",
      stateLine("wiped") + "\r",
      stateLine("unlocked") + "\r\r",
      "greenlight-guest: proof: line one",
      "greenlight-guest: proof: started",
      "greenlight-guest: cryptsetup: something",
      stateLine("powerOff"),
    ].join("\n"),
  );
  assert.deepEqual(said.states, ["started", "wiped", "unlocked", "powerOff"]);
  assert.deepEqual(said.proof, ["line one", "started"]);
  assert.deepEqual(said.remarks, ["cryptsetup: something"]);
  assert.equal(new Set(Object.values(GUEST_STATES)).size, Object.keys(GUEST_STATES).length);
});

test("a root file system has an init that runs", { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), "greenlight-root-"));
  try {
    writeGuestRoot(folder, "the proof\n");
    assert.deepEqual(readdirSync(folder).toSorted(), [
      "bin",
      "dev",
      "proc",
      "proof",
      "run",
      "sbin",
      "sys",
    ]);
    const init = readFileSync(join(folder, "sbin", "init"), "utf8");
    assert.ok(init.startsWith("#!/bin/busybox sh\n"));
    assert.equal(
      spawnSync(findProgram(GUEST_PROGRAMS.busybox), ["sh", "-n"], { input: init }).status,
      0,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
