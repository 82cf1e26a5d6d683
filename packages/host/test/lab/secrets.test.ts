// SPDX-License-Identifier: Apache-2.0
// Where secrets must not be: in what the lab says, on command lines, in files, in errors.

import assert from "node:assert/strict";
import { readFile, readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { QmpError, connectQmp, qemuHypervisor } from "../../src/qmp/index.ts";
import {
  BOOT_MS,
  guestFiles,
  labOf,
  labPlatform,
  missingForBoot,
  ownerSession,
  packetFor,
  sevArguments,
} from "../support/lab.ts";

const SECRET = "a passphrase that nobody may see";

test(
  "keys and secrets are in no note, error, command line or file",
  { skip: missingForBoot(), timeout: BOOT_MS },
  async (context) => {
    const files = await guestFiles(context);
    const { folder } = files;
    const platform = labPlatform();
    const session = await ownerSession(platform, folder, 1);
    const seen: string[] = [];
    const lab = await labOf(context, {
      args: sevArguments(files, session),
      platform,
      folder,
      onStderr: (text) => seen.push(text),
      onNote: (note) => seen.push(JSON.stringify(note)),
    });
    const host = qemuHypervisor(await connectQmp(files.qmp));
    const blob = await host.launchMeasurement();
    const packet = packetFor(session, blob, SECRET);
    const broken = { ...packet, payload: packet.payload.map((byte) => byte ^ 1) };
    await host.injectSecret(broken).catch((error: unknown) => {
      assert.ok(error instanceof QmpError);
      seen.push(`${error.message} ${error.desc} ${error.stack}`);
    });
    await host.injectSecret(packet);
    const commandLine = await readFile(`/proc/${lab.pid}/cmdline`, "latin1");
    seen.push(commandLine);
    const qmp = /unix:([^,]*)\/qmp,/.exec(commandLine.slice(commandLine.indexOf("tcg")))?.[1];
    assert.ok(qmp !== undefined);
    // Sockets that open the guest's memory lie in a folder of the owner's alone.
    assert.equal((await stat(qmp)).mode & 0o777, 0o700);
    for (const place of [qmp, dirname(files.firmware)]) {
      for (const name of await readdir(place)) {
        const path = join(place, name);
        if ((await stat(path)).isFile()) seen.push(await readFile(path, "latin1"));
      }
    }
    const { tek, tik } = session.keys;
    const forms = [Buffer.from(SECRET), tek, tik].flatMap((secret) => {
      const bytes = Buffer.from(secret);
      return [bytes.toString("latin1"), bytes.toString("hex"), bytes.toString("base64")];
    });
    assert.ok(seen.length > 8);
    for (const text of seen) {
      for (const form of forms) assert.equal(text.includes(form), false);
    }
    await lab.stop();
    await assert.rejects(stat(qmp), { code: "ENOENT" });
    await assert.rejects(stat(files.qmp), { code: "ENOENT" });
  },
);
