// SPDX-License-Identifier: Apache-2.0
// Real guests: firmware, kernel and initrd of this repository under an emulator, with disks that
// `makeImage` made. What they print is what is tested.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import {
  OWNER_HELLO,
  OWNER_PORT,
  REPORT_PORT,
  SHIM_LINES,
  attestInit,
  buildInitrd,
  sealForGuest,
  shimApplication,
  unlockInit,
  writeGuestRoot,
} from "../../src/guest/index.ts";
import { FAST_LUKS, makeImage } from "../../src/image/index.ts";
import { openToAnyone } from "../../../core/test/support/luks-header.ts";
import { bootPlainly, secretArea } from "../support/plain-boot.ts";
import type { PlainBoot, PlainEnd } from "../support/plain-boot.ts";
import { missingTools } from "../support/tools.ts";

const MIB = 1024 * 1024;
const PASSPHRASE = new TextEncoder().encode("correct horse battery");
const PROOF = "only the encrypted disk holds this line";
const skip = missingTools(
  "qemu-system-x86_64",
  "busybox",
  "cryptsetup",
  "mke2fs",
  "mkfs.vfat",
  "openssl",
  "qemu-img",
  "sfdisk",
);

let folder = "";
let root = 0;
let unlock: Uint8Array;
const path = (name: string): string => join(folder, name);

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "greenlight-guest-"));
  if (skip !== false) return;
  unlock = buildInitrd({ init: unlockInit });
  mkdirSync(path("root"));
  writeGuestRoot(path("root"), `${PROOF}\n`);
  const { layout } = await makeImage({
    out: path("disk.qcow2"),
    passphrase: PASSPHRASE,
    size: 48 * MIB,
    esp: { size: 4 * MIB },
    root: { folder: path("root") },
    luks: FAST_LUKS,
  });
  root = layout.root.offset;
});
after(() => rmSync(folder, { recursive: true, force: true }));

function boot(parameters: Omit<PlainBoot, "folder" | "initrd">): Promise<PlainEnd> {
  return bootPlainly({ folder, initrd: unlock, ...parameters });
}

/** No output may hold the passphrase. */
function assertSilent({ serial }: PlainEnd): void {
  assert.ok(!serial.includes("correct horse"), "the passphrase is not printed");
}

test("with its passphrase the disk is unlocked and the system on it runs", { skip }, async () => {
  const end = await boot({ disk: path("disk.qcow2"), passphrase: PASSPHRASE });
  assert.deepEqual(end.states, ["started", "wiped", "unlocked", "rootRuns", "powerOff"]);
  assert.deepEqual(end.proof, [PROOF]);
  assert.ok(end.powerOff);
  assertSilent(end);
});

test("a NUL behind the passphrase, as GRUB wants it, is not part of it", { skip }, async () => {
  const passphrase = Buffer.concat([PASSPHRASE, Buffer.alloc(1)]);
  const end = await boot({ disk: path("disk.qcow2"), passphrase });
  assert.ok(end.states.includes("rootRuns"));
});

test("another passphrase does not unlock it", { skip }, async () => {
  const passphrase = new TextEncoder().encode("correct horse batterie");
  const end = await boot({ disk: path("disk.qcow2"), passphrase });
  assert.deepEqual(end.states, ["started", "wiped", "wrongPassphrase", "powerOff"]);
  assert.deepEqual(end.proof, []);
});

test("without a secret the guest says so", { skip }, async () => {
  const end = await boot({ disk: path("disk.qcow2") });
  assert.deepEqual(end.states, ["started", "noSecret", "powerOff"]);
});

test("another disk, encrypted by somebody else, is not unlocked", { skip }, async () => {
  await makeImage({
    out: path("other.qcow2"),
    passphrase: new TextEncoder().encode("of the host's choice"),
    size: 48 * MIB,
    esp: { size: 4 * MIB },
    root: { folder: path("root") },
    luks: { kdf: "pbkdf2", iterations: 1000 },
  });
  const end = await boot({ disk: path("other.qcow2"), passphrase: PASSPHRASE });
  assert.deepEqual(end.states, ["started", "wiped", "wrongPassphrase", "powerOff"]);
  assert.deepEqual(end.proof, []);
  assertSilent(end);
});

test("a disk in clear, or none, is not taken for the encrypted one", { skip }, async () => {
  writeFileSync(path("plain.raw"), Buffer.alloc(8 * MIB, "in clear"));
  for (const disk of [{ disk: path("plain.raw") }, {}]) {
    const end = await boot({ ...disk, passphrase: PASSPHRASE });
    assert.deepEqual(end.states, ["started", "wiped", "noDisk", "powerOff"]);
  }
});

test(
  "a header that would leave everything in clear is refused before it is opened",
  { skip },
  async () => {
    await makeImage({
      out: path("null.raw"),
      format: "raw",
      passphrase: PASSPHRASE,
      size: 48 * MIB,
      esp: { size: 4 * MIB },
      luks: FAST_LUKS,
    });
    const disk = readFileSync(path("null.raw"));
    const header = disk.subarray(root, root + 16 * MIB);
    for (const cipher of ["cipher_null-ecb", "aes-xts-plain64"]) {
      disk.set(openToAnyone(header, randomBytes(64), cipher), root);
      writeFileSync(path("null.raw"), disk);
      const end = await boot({ disk: path("null.raw"), passphrase: PASSPHRASE });
      assert.deepEqual(end.states, ["started", "wiped", "unsafeHeader", "powerOff"]);
    }
  },
);

test(
  "firmware that is open to it runs a shim in place of the measured kernel",
  { skip },
  async () => {
    const shim = shimApplication({ secretArea: secretArea() });
    const end = await boot({ shim, passphrase: PASSPHRASE, disk: path("disk.qcow2") });
    assert.ok(end.serial.includes(SHIM_LINES.runs));
    assert.match(end.serial, new RegExp(`${SHIM_LINES.found}[0-9a-f]{8}\r\n`));
    assert.deepEqual(end.states, []);
    assert.ok(end.powerOff);
    assertSilent(end);
    const without = await boot({ shim });
    assert.ok(without.serial.includes(SHIM_LINES.notFound));
  },
);

/** A server on a socket that answers each line. */
async function serve(
  name: string,
  answer: (line: string, socket: Socket) => string | undefined,
): Promise<Server> {
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    createInterface(socket).on("line", (line) => {
      const text = answer(line, socket);
      if (text !== undefined) socket.write(`${text}\n`);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(path(name), resolve);
  });
  return server;
}

interface Owner {
  readonly end: PlainEnd;
  readonly operations: readonly string[];
  readonly bound: boolean;
}

/** A guest that asks for its passphrase while it runs; the owner answers as told. */
async function bootAsking(
  reply: (key: Uint8Array) => string | undefined,
  report?: (line: string) => string | undefined,
): Promise<Owner> {
  const nonce = randomBytes(32);
  const operations: string[] = [];
  let reportData: Buffer = Buffer.alloc(0);
  let bound = false;
  const host = await serve("report.sock", (line) => {
    const [operation = "", name = "", value = ""] = line.split(" ");
    operations.push(`${operation} ${name}`);
    if (operation === "write") reportData = Buffer.from(value, "base64");
    const own = report?.(line);
    if (own !== undefined) return own;
    if (line !== "read guest/outblob") return "ok";
    return `ok ${Buffer.concat([reportData, Buffer.alloc(1120)]).toString("base64")}`;
  });
  const owner = await serve("owner.sock", (line) => {
    if (line === OWNER_HELLO) return `nonce ${nonce.toString("base64")}`;
    const [, key = "", evidence = "", table] = line.split(" ");
    assert.equal(table, "-");
    const publicKey = Buffer.from(key, "base64");
    const expected = createHash("sha512").update(nonce).update(publicKey).digest();
    bound = Buffer.from(evidence, "base64").subarray(0, 64).equals(expected);
    return reply(publicKey);
  });
  try {
    const ports = { [REPORT_PORT]: path("report.sock"), [OWNER_PORT]: path("owner.sock") };
    const initrd = buildInitrd({ init: attestInit });
    const end = await bootPlainly({ folder, initrd, disk: path("disk.qcow2"), ports });
    return { end, operations, bound };
  } finally {
    host.close();
    owner.close();
  }
}

const sealed = (key: Uint8Array): string =>
  `secret ${Buffer.from(sealForGuest(key, PASSPHRASE)).toString("base64")}`;

test(
  "a guest asks for its passphrase, with a report that binds a key of its own",
  { skip },
  async () => {
    const { end, operations, bound } = await bootAsking(sealed);
    assert.ok(bound);
    assert.deepEqual(operations, [
      "mkdir guest",
      "write guest/inblob",
      "read guest/outblob",
      "read guest/auxblob",
      "rmdir guest",
    ]);
    const expected = ["started", "askedForSecret", "wiped", "unlocked", "rootRuns", "powerOff"];
    assert.deepEqual(end.states, expected);
    assert.deepEqual(end.proof, [PROOF]);
    assertSilent(end);
  },
);

test("a guest that is refused, or gets what is not for it, opens nothing", { skip }, async () => {
  const refused = await bootAsking(() => "refused");
  assert.deepEqual(refused.end.states, ["started", "askedForSecret", "refused", "powerOff"]);
  const other = await bootAsking(() => `secret ${randomBytes(384).toString("base64")}`);
  const expected = ["started", "askedForSecret", "noEvidence", "powerOff"];
  assert.deepEqual(other.end.states, expected);
});

test("a guest that gets no report does not ask", { skip }, async () => {
  const { end } = await bootAsking(sealed, (line) =>
    line.startsWith("read") ? "error EIO" : undefined,
  );
  assert.deepEqual(end.states, ["started", "noEvidence", "powerOff"]);
  assert.deepEqual(end.remarks, ["reason: the host answered error EIO"]);
});
