// SPDX-License-Identifier: Apache-2.0
// A served platform: started, asked, changed and stopped by the commands of `simulate`.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { after, before, describe, test } from "node:test";
import { decodeReport } from "@greenlight/core/evidence";
import { PlatformFolder, servePlatform } from "@greenlight/psp/server";
import type { PspServer } from "@greenlight/psp/server";
import { greenlight } from "../../support/capture.ts";
import { enterTemporaryFolder } from "../../support/temporary.ts";

const BIN = fileURLToPath(new URL("../../../bin/greenlight.js", import.meta.url));

let leave: () => void;
before(() => {
  leave = enterTemporaryFolder();
});
after(() => leave());

const start = (folder: string, ...options: readonly string[]) =>
  greenlight("simulate", "start", "--folder", folder, "--stop-after", "0.05", ...options);

const status = async (folder: string): Promise<Readonly<Record<string, unknown>>> => {
  const { code, out, err } = await greenlight("simulate", "status", "--folder", folder, "--json");
  assert.equal(code, 0, err);
  return JSON.parse(out) as Readonly<Record<string, unknown>>;
};

describe("start", () => {
  test("makes a platform in a folder of its own, with the roots beside it", async () => {
    const { code, out, err } = await start("made", "--line", "Turin", "--json");
    assert.equal(code, 0, err);
    const { schema, line, socket, roots } = JSON.parse(out) as Record<string, unknown>;
    assert.deepEqual([schema, line], ["greenlight/simulate-start/v1", "Turin"]);
    assert.equal(statSync("made").mode & 0o777, 0o700);
    assert.equal(statSync("made/platform.json").mode & 0o777, 0o600);
    assert.ok(Array.isArray(roots) && roots.every((path) => existsSync(String(path))));
    assert.equal(existsSync(String(socket)), false, "the socket is gone when it is stopped");
    assert.equal((await status("made"))["line"], "Turin");
  });

  test("takes the one that is there, and no options of another one", async () => {
    await start("again");
    const stored = readFileSync("again/platform.json", "utf8");
    assert.equal((await start("again")).code, 0);
    assert.equal(readFileSync("again/platform.json", "utf8"), stored);
    for (const option of [["--line", "Milan"], ["--no-es"], ["--seed", "x"]]) {
      const { code, err } = await start("again", ...option);
      assert.equal(code, 2);
      assert.match(err, /has a platform already/);
    }
  });

  test("a folder that others may enter, and times that are none", async () => {
    writeFileSync("file", "");
    assert.equal((await start("file")).code, 2);
    const never = await greenlight("simulate", "start", "--folder", "t", "--stop-after", "0");
    assert.equal(never.code, 2);
    assert.equal(existsSync("t"), false);
  });
});

describe("a served platform", () => {
  let server: PspServer;
  before(async () => {
    await start("lab", "--line", "Milan");
    server = await servePlatform(PlatformFolder.open("lab"));
  });
  after(() => server.stop());

  const command = (...words: readonly string[]) =>
    greenlight("simulate", "command", ...words, "--folder", "lab");

  /** Outputs of a command that must succeed. */
  async function outputs(...words: readonly string[]): Promise<Record<string, unknown>> {
    const { code, out, err } = await command(...words, "--json");
    assert.equal(code, 0, err);
    return (JSON.parse(out) as { return: Record<string, unknown> }).return;
  }

  test("launches a guest by commands, which then reports", async () => {
    writeFileSync("page.bin", Buffer.alloc(4096, 7));
    await outputs("snp-init");
    const gctx = String((await outputs("snp-gctx-create"))["gctx"]);
    await outputs("snp-launch-start", `gctx=${gctx}`, "policy=0x30000");
    await outputs("snp-activate", `gctx=${gctx}`, "asid=1");
    const update = ["snp-launch-update", `gctx=${gctx}`];
    await outputs(...update, "type=NORMAL", "gpa=0xfffff000", "page=@page.bin");
    await outputs(...update, "type=SECRETS", "gpa=0x80d000", "size=4096");
    await outputs("snp-launch-finish", `gctx=${gctx}`);
    const data = Buffer.alloc(64, 5).toString("base64");
    const asked = await command(
      "guest-report",
      `gctx=${gctx}`,
      `reportData=${data}`,
      "--out",
      "report=guest.bin",
    );
    assert.equal(asked.code, 0, asked.err);
    const { reportData } = decodeReport(readFileSync("guest.bin"));
    assert.deepEqual(Buffer.from(reportData), Buffer.alloc(64, 5));
    const { code } = await greenlight(
      "verify",
      "guest.bin",
      "--simulator-root",
      "lab/simulator-root.pem",
      "--offline",
      "-q",
      "--certs",
      await minted(),
    );
    assert.equal(code, 0);

    async function minted(): Promise<string> {
      await greenlight("simulate", "mint", "of-milan", "--only", "snp");
      return join("of-milan", "vcek.der");
    }
  });

  test("shows its state", async () => {
    const { served, sev, snp } = await status("lab");
    assert.equal(served, true);
    assert.equal((sev as { state: string }).state, "UNINIT");
    assert.equal((snp as { state: string }).state, "INIT");
    const { out } = await greenlight("simulate", "status", "--folder", "lab");
    assert.match(out, /reported tcb {2,}bootloader 4/);
  });

  test("refuses with AMD's status and exit code 1", async () => {
    const { code, err } = await command("pdh-cert-export");
    assert.equal(code, 1);
    assert.match(err, /INVALID_PLATFORM_STATE/);
    assert.equal((await command("no-such-command")).code, 1);
    assert.equal((await command("activate", "handle=1")).code, 1);
  });

  test("wrong arguments of ours are wrong usage", async () => {
    assert.equal((await command("nop", "handle")).code, 2);
    assert.equal((await command("nop", "x=@no-such-file")).code, 2);
    assert.equal((await command("nop", "--out", "x")).code, 2);
    assert.equal((await command("nop", "--out", "nothing=nothing.bin")).code, 2);
    assert.equal(existsSync("nothing.bin"), false);
  });

  test("is not worked on by others meanwhile", async () => {
    for (const words of [
      ["mint", "of-lab", "--folder", "lab"],
      ["start", "--folder", "lab", "--stop-after", "0.05"],
    ]) {
      const { code, err } = await greenlight("simulate", ...words);
      assert.equal(code, 2);
      assert.match(err, /served already/);
    }
  });
});

test("a platform that is not served is switched off; commands to it end with 3", async () => {
  await start("off");
  assert.equal((await status("off"))["served"], false);
  const { code, err } = await greenlight("simulate", "command", "nop", "--folder", "off");
  assert.equal(code, 3);
  assert.match(err, /hint: greenlight simulate start/);
  assert.equal((await greenlight("simulate", "command", "nop", "--folder", "none")).code, 3);
  assert.equal((await greenlight("simulate", "status", "--folder", "none")).code, 2);
});

test("Ctrl-C ends it in order: exit code 0, no socket left behind", async () => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    const child = spawn(process.execPath, [BIN, "simulate", "start", "--folder", signal]);
    const ended = once(child, "exit");
    await once(child.stdout, "data");
    assert.equal((await status(signal))["served"], true);
    child.kill(signal);
    assert.deepEqual(await ended, [0, null]);
    assert.equal(existsSync(join(signal, "psp.sock")), false);
    assert.equal((await status(signal))["served"], false);
  }
});

test("what is minted of a folder's platform is that platform's", async () => {
  await start("owner", "--line", "Genoa");
  for (const folder of ["first", "second"]) {
    const { code, err } = await greenlight("simulate", "mint", folder, "--folder", "owner");
    assert.equal(code, 0, err);
  }
  assert.deepEqual(readFileSync("first/pdh.cert"), readFileSync("second/pdh.cert"));
  const server = await servePlatform(PlatformFolder.open("owner"));
  try {
    const words = ["simulate", "command", "--folder", "owner"];
    await greenlight(...words, "init");
    await greenlight(...words, "pdh-cert-export", "--out", "pdh=served.cert");
    assert.deepEqual(readFileSync("served.cert"), readFileSync("first/pdh.cert"));
  } finally {
    await server.stop();
  }
});
