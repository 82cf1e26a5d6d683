// SPDX-License-Identifier: Apache-2.0
// Images made and checked with the system's own tools.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openQcow2 } from "@greenlight/core/disk";
import type { Finding } from "@greenlight/core/finding";
import { FAST_LUKS, ImageError, checkImage, makeImage } from "../../src/image/index.ts";
import type { CheckedImage, MadeImage } from "../../src/image/index.ts";
import { decompressCluster } from "../../src/image/decompress.ts";
import { mustRun, runTool } from "../../src/image/tool.ts";
import { withFileSource } from "../../src/image/file-source.ts";
import { jsonOf, luksHeader, openToAnyone } from "../../../core/test/support/luks-header.ts";
import { missingVectors, readVector } from "../../../core/test/support/vectors.ts";
import { makeFifo } from "../support/fifo.ts";
import { missingTools } from "../support/tools.ts";

const MIB = 1024 * 1024;
const PASSPHRASE = new TextEncoder().encode("correct horse battery");
const TOOLS = ["cryptsetup", "mcopy", "mkfs.vfat", "mke2fs", "qemu-img", "sfdisk"] as const;
const skip = missingTools(...TOOLS);

let folder = "";
let made: MadeImage;
const path = (name: string): string => join(folder, name);

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "greenlight-image-test-"));
  if (skip !== false) return;
  mkdirSync(path("root/etc"), { recursive: true });
  writeFileSync(path("root/etc/secret"), "only the encrypted disk holds this line\n".repeat(500));
  mkdirSync(path("esp/EFI/BOOT"), { recursive: true });
  writeFileSync(path("esp/EFI/BOOT/BOOTX64.EFI"), "a loader, in clear");
  made = await makeImage({
    out: path("disk.raw"),
    format: "raw",
    passphrase: PASSPHRASE,
    size: 48 * MIB,
    root: { folder: path("root") },
    esp: { size: 4 * MIB, folder: path("esp") },
    luks: FAST_LUKS,
  });
});
after(() => rmSync(folder, { recursive: true, force: true }));

function open({ findings }: CheckedImage): readonly Finding["id"][] {
  return findings.flatMap(({ id, outcome }) =>
    outcome === "fail" || outcome === "unknown" ? [id] : [],
  );
}

/** A copy of the disk, changed. */
function changed(name: string, change: (disk: Buffer) => void): string {
  const disk = readFileSync(path("disk.raw"));
  change(disk);
  writeFileSync(path(name), disk);
  return path(name);
}

test("a disk is made, its passphrase opens it, and nothing stays behind", { skip }, async () => {
  assert.deepEqual(readdirSync(folder).toSorted(), ["disk.raw", "esp", "root"]);
  assert.equal(statSync(path("disk.raw")).size, 48 * MIB);
  const checked = await checkImage({
    path: path("disk.raw"),
    passphrase: PASSPHRASE,
    headerDigest: made.headerDigest,
  });
  assert.deepEqual(open(checked), []);
  assert.equal(checked.verdict, "accepted");
  assert.equal(
    checked.findings.find(({ id }) => id === "disk.content.other-key")!.actual,
    "ext file system",
  );
  assert.equal(checked.survey!.zeroBytes, 0);
  const disk = readFileSync(path("disk.raw"));
  assert.ok(disk.includes("a loader, in clear"));
  assert.ok(!disk.includes("only the encrypted disk"));
  const { code: verified } = await runTool("sfdisk", ["--verify", path("disk.raw")]);
  assert.equal(verified, 0);
});

test("another passphrase does not open it; one with a newline is another", { skip }, async () => {
  for (const passphrase of ["wrong", "correct horse battery\n"]) {
    const checked = await checkImage({
      path: path("disk.raw"),
      passphrase: new TextEncoder().encode(passphrase),
    });
    assert.deepEqual(open(checked), ["disk.passphrase.wrong"]);
    assert.equal(checked.verdict, "rejected");
  }
  const without = await checkImage({ path: path("disk.raw") });
  assert.equal(without.verdict, "accepted");
  assert.equal(without.findings.at(-1)!.outcome, "skipped");
});

test(
  "a header of another disk with the same passphrase is told by what it decrypts",
  { skip },
  async () => {
    await makeImage({
      out: path("other.raw"),
      format: "raw",
      passphrase: PASSPHRASE,
      size: 48 * MIB,
      esp: { size: 4 * MIB },
      luks: { kdf: "pbkdf2", iterations: 1000 },
    });
    const { offset } = made.layout.root;
    const swapped = changed("swapped.raw", (disk) => {
      disk.set(readFileSync(path("other.raw")).subarray(offset, offset + 16 * MIB), offset);
    });
    const checked = await checkImage({ path: swapped, passphrase: PASSPHRASE });
    assert.deepEqual(open(checked), ["disk.content.other-key"]);
    const known = await checkImage({ path: swapped, headerDigest: made.headerDigest });
    assert.deepEqual(open(known), ["disk.luks.other-header"]);
  },
);

test("headers with the cipher that does nothing are never tried", { skip }, async () => {
  const { offset } = made.layout.root;
  const forged = changed("null.raw", (disk) => {
    const header = disk.subarray(offset, offset + 16 * MIB);
    disk.set(openToAnyone(header, randomBytes(64), "cipher_null-ecb"), offset);
  });
  const checked = await checkImage({ path: forged, passphrase: new TextEncoder().encode("any") });
  assert.ok(open(checked).includes("disk.luks.null-cipher"));
  const tried = checked.findings.find(({ id }) => id === "disk.passphrase.wrong")!;
  assert.equal(tried.outcome, "skipped");
});

test("a header that wants more memory than there is, is not tried either", { skip }, async () => {
  const { offset } = made.layout.root;
  const costly = changed("costly.raw", (disk) => {
    const json = jsonOf(disk.subarray(offset)).replace('"memory":32768', '"memory":4294967295');
    disk.set(luksHeader(json), offset);
  });
  const checked = await checkImage({ path: costly, passphrase: PASSPHRASE });
  assert.deepEqual(open(checked), ["disk.luks.kdf-costly"]);
});

test("qcow2 of qemu-img reads as the disk, also compressed", { skip }, async () => {
  const raw = createHash("sha256")
    .update(readFileSync(path("disk.raw")))
    .digest("hex");
  for (const options of [
    [],
    ["-c"],
    ["-c", "-o", "compression_type=zstd"],
    ["-o", "cluster_size=4k"],
  ]) {
    const out = path("converted.qcow2");
    const args = ["convert", "-f", "raw", "-O", "qcow2", ...options, path("disk.raw"), out];
    await mustRun("qemu-img", args);
    await withFileSource(out, undefined, async (file) => {
      const disk = await openQcow2(file, decompressCluster);
      const digest = createHash("sha256");
      for await (const { offset, length } of disk.extents()) {
        digest.update(await disk.read(offset, length));
      }
      assert.equal(digest.digest("hex"), raw, options.join(" "));
      assert.deepEqual(await disk.leftovers(), []);
    });
    const checked = await checkImage({ path: out, passphrase: PASSPHRASE });
    assert.deepEqual(open(checked), [], options.join(" "));
  }
});

const VECTORS = ["firmware/disk/disk-argon2id.qcow2", "firmware/disk/disk-argon2id.zstd.qcow2"];

test(
  "images of qemu-img 7.2 open with their passphrase",
  { skip: skip || missingVectors(...VECTORS) },
  async () => {
    for (const vector of VECTORS) {
      writeFileSync(path("vector.qcow2"), readVector(vector));
      const given = (text: string): Promise<CheckedImage> =>
        checkImage({ path: path("vector.qcow2"), passphrase: new TextEncoder().encode(text) });
      // What they hold is no file system.
      const [wrong] = open(await given("wrong"));
      assert.equal(wrong, "disk.passphrase.wrong");
      assert.ok(!open(await given("correct horse")).includes("disk.passphrase.wrong"));
    }
  },
);

const code =
  (expected: ImageError["code"]) =>
  (error: unknown): boolean =>
    error instanceof ImageError && error.code === expected;

test("what cannot be made is refused before anything is done", { skip }, async () => {
  const good = { out: path("new.qcow2"), passphrase: PASSPHRASE, size: 48 * MIB };
  const empty = { size: 4 * MIB };
  const cases = [
    ["bad-parameter", { ...good, passphrase: new Uint8Array() }],
    ["bad-parameter", { ...good, passphrase: new Uint8Array(2000).fill(65) }],
    ["bad-parameter", { ...good, passphrase: Uint8Array.of(65, 0) }],
    ["bad-parameter", { ...good, size: 48 * MIB + 1 }],
    ["bad-parameter", { ...good, esp: empty, root: { folder: path("nothing") } }],
    ["bad-parameter", { ...good, esp: empty, luks: { kdf: "pbkdf2", iterations: 1 } }],
    ["too-small", { ...good, size: 24 * MIB, esp: empty }],
    ["file-exists", { ...good, out: path("disk.raw"), esp: empty }],
  ] as const;
  for (const [expected, parameters] of cases) {
    await assert.rejects(makeImage(parameters), code(expected), expected);
  }
  assert.ok(!readdirSync(folder).some((name) => name.startsWith(".greenlight")));
});

test(
  "content that does not fit is the tool's to refuse, and leaves nothing",
  { skip },
  async () => {
    mkdirSync(path("large"));
    writeFileSync(path("large/file"), randomBytes(20 * MIB));
    const parameters = {
      out: path("small.qcow2"),
      passphrase: PASSPHRASE,
      size: 32 * MIB,
      esp: { size: 0 },
      root: { folder: path("large") },
      luks: FAST_LUKS,
    };
    await assert.rejects(makeImage(parameters), code("tool-failed"));
    assert.ok(!readdirSync(folder).some((name) => /^\.greenlight|^small/.test(name)));
  },
);

test("work that is interrupted leaves nothing", { skip }, async () => {
  const controller = new AbortController();
  const work = makeImage({
    out: path("never.qcow2"),
    passphrase: PASSPHRASE,
    size: 64 * MIB,
    esp: { size: 4 * MIB },
    luks: FAST_LUKS,
    signal: controller.signal,
    progress: (step) => {
      if (step === "encryption") controller.abort();
    },
  });
  await assert.rejects(work, code("interrupted"));
  assert.ok(!readdirSync(folder).some((name) => /^\.greenlight|^never/.test(name)));
});

test("what is no file is refused at once", async () => {
  const fifo = makeFifo(path("fifo"));
  for (const each of [fifo, folder])
    await assert.rejects(checkImage({ path: each }), code("not-a-file"));
});

/** Command lines of all processes there are. */
function commandLines(): string {
  const lines = readdirSync("/proc").map((name) => {
    try {
      return /^[0-9]+$/.test(name) ? readFileSync(`/proc/${name}/cmdline`, "latin1") : "";
    } catch {
      // It has ended meanwhile.
      return "";
    }
  });
  return lines.join("\n");
}

test("secrets are in no command line, and in no file that others may read", { skip }, async () => {
  mkdirSync(path("secrets"));
  const passphrase = "a passphrase that nobody else has";
  const seen: string[] = [];
  const readable: string[] = [];
  const timer = setInterval(() => {
    seen.push(commandLines());
    for (const parent of [path("secrets"), "/dev/shm"]) {
      for (const name of readdirSync(parent)) {
        if (!/^\.?greenlight-/.test(name)) continue;
        const status = statSync(join(parent, name), { throwIfNoEntry: false });
        if (status !== undefined && (status.mode & 0o077) !== 0) readable.push(name);
      }
    }
  }, 2);
  const out = path("secrets/disk.qcow2");
  const bytes = new TextEncoder().encode(passphrase);
  try {
    await makeImage({
      out,
      passphrase: bytes,
      size: 48 * MIB,
      esp: { size: 4 * MIB },
      luks: FAST_LUKS,
    });
    const checked = await checkImage({ path: out, passphrase: bytes });
    assert.equal(checked.verdict, "accepted");
    await assert.rejects(
      makeImage({ out, passphrase: bytes, size: 48 * MIB, esp: { size: 4 * MIB } }),
      (error) => error instanceof ImageError && !error.message.includes(passphrase),
    );
  } finally {
    clearInterval(timer);
  }
  assert.ok(
    seen.some((lines) => lines.includes("cryptsetup")),
    "the tools were seen",
  );
  assert.ok(seen.every((lines) => !lines.includes(passphrase)));
  // A header's tokens come before the passphrase, and what their plugins do is the header's choice.
  const opening = seen
    .flatMap((lines) => lines.split("\n"))
    .filter((line) => /cryptsetup.open.*test-passphrase/s.test(line));
  assert.ok(opening.every((line) => line.includes("--disable-external-tokens")));
  assert.deepEqual(readable, []);
  assert.ok(!readFileSync(out).includes(passphrase));
});
