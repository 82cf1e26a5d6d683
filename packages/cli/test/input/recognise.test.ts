// SPDX-License-Identifier: Apache-2.0
// Which kind a file is of, and what is said when it is of none.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { LayoutError } from "@greenlight/core/bytes";
import { KeyError } from "@greenlight/core/id-block";
import { kernelHashesPage } from "@greenlight/core/launch";
import { UsageError } from "../../src/command/usage-error.ts";
import { viewOf } from "../../src/commands/inspect/views.ts";
import { DETECTORS } from "../../src/input/artefact.ts";
import type { ArtefactKind } from "../../src/input/artefact.ts";
import { MAX_FIRMWARE_SIZE } from "../../src/input/file.ts";
import { describeLoaded, loadArtefact, recognise } from "../../src/input/recognise.ts";
import { missingVectors, readVector } from "../../../core/test/support/vectors.ts";
import { hashTable, newKey, oneOfEach, pemOf, vmsaPage } from "../support/artefacts.ts";

let samples: ReadonlyMap<ArtefactKind, Uint8Array>;
let folder: string;
before(async () => {
  samples = await oneOfEach();
  folder = mkdtempSync(join(tmpdir(), "greenlight-recognise-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

const kindOf = async (bytes: Uint8Array): Promise<string> =>
  (await recognise(bytes, "a file")).artefact.kind;

async function refusal(bytes: Uint8Array): Promise<UsageError> {
  let error: unknown;
  try {
    await recognise(bytes, "a file");
  } catch (thrown) {
    error = thrown;
  }
  assert.ok(error instanceof UsageError, String(error));
  return error;
}

test("one file of every kind is recognised as it", async () => {
  for (const [kind, bytes] of samples) assert.equal(await kindOf(bytes), kind);
  // A measurement is 48 bytes of anything, and has to be named.
  const tried = new Set([...samples.keys(), "svsm", "sev-measurement"]);
  assert.deepEqual(tried, new Set(DETECTORS.map(({ kind }) => kind)));
});

test("no kind is taken for another, whatever the order of detectors", () => {
  for (const [kind, bytes] of samples) {
    const fitting = DETECTORS.filter(({ refuse }) => refuse(bytes) === undefined);
    assert.deepEqual(
      fitting.map((detector) => detector.kind),
      [kind],
    );
  }
});

test("hexadecimal and base64 text of binary kinds is decoded, and said", async () => {
  for (const kind of ["kernel-hashes", "vmsa", "id-block", "id-auth", "sev-session"] as const) {
    const bytes = samples.get(kind)!;
    const raw = Buffer.from(bytes);
    const wrapped = raw.toString("base64").replaceAll(/.{64}/g, "$&\n");
    const texts = { base64: `${wrapped}\n`, hex: `0x${raw.toString("hex").toUpperCase()}` };
    for (const [encoding, text] of Object.entries(texts)) {
      const loaded = await recognise(Buffer.from(text), "a file");
      assert.equal(loaded.artefact.kind, kind);
      assert.equal(loaded.encoding, encoding);
      assert.deepEqual(Buffer.from(loaded.bytes), raw);
      assert.ok(describeLoaded(loaded).endsWith(`, ${encoding} text`));
    }
  }
});

test("a kernel-hashes table is found without padding and inside its page", async () => {
  const table = hashTable();
  assert.equal(await kindOf(table.subarray(0, 168)), "kernel-hashes");
  const page = new Uint8Array(4096);
  page.set(table, 0xc00);
  const { artefact } = await recognise(page, "a file");
  assert.ok(artefact.kind === "kernel-hashes");
  assert.equal(artefact.offset, 0xc00);
  assert.deepEqual(artefact.bytes, table);
  const made = kernelHashesPage(
    {
      kernel: table.subarray(0, 32),
      initrd: table.subarray(0, 32),
      cmdline: table.subarray(0, 32),
    },
    0x81_0c00,
  );
  assert.equal(await kindOf(made), "kernel-hashes");
  // A table that reaches over the end of the page is not there.
  const late = new Uint8Array(4096);
  late.set(table.subarray(0, 100), 3996);
  assert.equal((await refusal(late)).code, "unrecognised-file");
});

test("what a file looks like is said, with what to do", async () => {
  const text = (content: string): Uint8Array => Buffer.from(content);
  const at = (offset: number, magic: string): Uint8Array => {
    const bytes = new Uint8Array(offset + 64).fill(0x11);
    bytes.set(Buffer.from(magic, "latin1"), offset);
    return bytes;
  };
  const rows: readonly (readonly [bytes: Uint8Array, like: RegExp, hint: RegExp])[] = [
    [at(0, "\u007fELF"), /an ELF file/, /launched/],
    [at(0x202, "HdrS"), /a Linux kernel \(bzImage\)/, /measure --kernel/],
    [at(0, "MZ"), /a PE executable/, /--kernel/],
    [at(0x28, "_FVH"), /UEFI firmware volume without OVMF's footer/, /VARS/],
    [at(0, "IGVM"), /an IGVM file/, /version/],
    [at(0, "QFI\u00fb"), /a qcow2 disk image/, /not measured/],
    [at(512, "EFI PART"), /a GPT/, /not measured/],
    [gzipSync("text"), /a gzip file/, /unpack/],
    [at(0, "070701"), /a cpio archive/, /--initrd/],
    [new Uint8Array(4096), /nothing but zeros/, /right file/],
    [new Uint8Array(1184).fill(7), /an SEV-SNP attestation report/, /--as report/],
    [new Uint8Array(1184), /report of nothing but zeros/, /VMPL/],
    [new Uint8Array(48).fill(7), /a SHA-384 digest/, /diagnose/],
    [text("{}"), /JSON/, /descriptors/],
    [text("Dear reader,"), /text/, /right file/],
    [new Uint8Array(100).fill(0x91), /\(100 bytes\)\n/, /--as KIND/],
    [text(Buffer.alloc(100, 0x91).toString("hex")), /hex text of 100 bytes/, /--as KIND/],
  ];
  for (const [bytes, like, hint] of rows) {
    const error = await refusal(bytes);
    assert.equal(error.code, "unrecognised-file");
    assert.match(error.message, like);
    assert.match(error.hint!, hint);
    for (const { title } of DETECTORS) assert.ok(error.message.includes(`not ${title}: `));
  }
});

test("why each kind does not fit is said", async () => {
  const page = vmsaPage();
  page[0xd1] = 0;
  assert.match((await refusal(page)).message, /not VMSA page: EFER\.SVME is clear/);
  const block = Uint8Array.from(samples.get("id-block")!);
  block[0x50] = 2;
  assert.match((await refusal(block)).message, /not ID block: the version is 2, must be 1/);
  const auth = Uint8Array.from(samples.get("id-auth")!);
  auth[0x240] = 1;
  assert.match((await refusal(auth)).message, /ID key's curve is 1, must be 2/);
  assert.match(
    (await refusal(vmsaPage().subarray(1))).message,
    /VMSA page: 4095 bytes, must be 4096/,
  );
});

test("empty and huge files are refused by name, without reading the huge one", async () => {
  assert.equal((await refusal(new Uint8Array())).code, "empty-file");
  const path = join(folder, "huge");
  writeFileSync(path, Buffer.from("QFI\u00fb", "latin1"));
  truncateSync(path, MAX_FIRMWARE_SIZE * 1000);
  await assert.rejects(loadArtefact(path), {
    code: "file-too-large",
    message: /larger than 67108864 bytes.*; it looks like a qcow2 disk image$/,
  });
  await assert.rejects(loadArtefact(join(folder, "absent")), { code: "unreadable-file" });
  await assert.rejects(loadArtefact(folder), { code: "not-a-file" });
});

test("megabytes of text are looked at as text, in bounded time", async () => {
  const error = await refusal(Buffer.alloc(34_000_000, "a"));
  assert.match(error.message, /\(hex text of 17000000 bytes\)/);
  assert.match((await refusal(Buffer.alloc(34_000_000, "Z"))).message, /\(base64 text of 25500000/);
  assert.match((await refusal(Buffer.alloc(40_000_000, "Z"))).message, /; it looks like text\n/);
  assert.match((await refusal(Buffer.alloc(34_000_001, "a"))).message, /; it looks like text\n/);
});

test("--as takes bytes that would not be recognised, and refuses other sizes", async () => {
  const broken = vmsaPage();
  broken[0xd1] = 0;
  const loaded = await recognise(broken, "a file", { as: "vmsa" });
  assert.equal(loaded.artefact.kind, "vmsa");
  const asText = Buffer.from(Buffer.from(broken).toString("base64"));
  assert.equal((await recognise(asText, "a file", { as: "vmsa" })).encoding, "base64");
  await assert.rejects(recognise(broken.subarray(1), "a file", { as: "vmsa" }), {
    name: "LayoutError",
    code: "truncated",
    message: /^a file: VMSA: has 4095 bytes, must have 4096$/,
  });
  await assert.rejects(recognise(new Uint8Array(97), "a file", { as: "id-block" }), {
    code: "trailing-bytes",
  });
});

test("when only some kinds will do, another kind is named", async () => {
  await assert.rejects(recognise(vmsaPage(), "a file", { kinds: ["id-block", "id-auth"] }), {
    code: "unrecognised-file",
    message: '"a file" is VMSA page, needed is ID block or ID authentication information',
  });
});

test("a key that cannot be used is an error that names the file and not the key", async () => {
  const encrypted = newKey().export({
    type: "pkcs8",
    format: "pem",
    cipher: "aes-256-cbc",
    passphrase: "secret",
  });
  await assert.rejects(recognise(Buffer.from(encrypted), "a file"), {
    name: "KeyError",
    code: "encrypted-key",
    message: /^a file: /,
  });
  const pem = pemOf(newKey());
  const cut = Buffer.from(pem.slice(0, 120));
  await assert.rejects(recognise(cut, "a file"), { name: "LayoutError", message: /^a file: / });
});

/** Only errors that are told to people may come out. */
async function isTold(action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
  } catch (error) {
    const known = [UsageError, LayoutError, KeyError].some((kind) => error instanceof kind);
    if (!known) throw error;
  }
}

test("random bytes are recognised, shown or refused, never worse", async () => {
  const kinds = DETECTORS.map(({ kind }) => kind);
  const sizes = fc.constantFrom(0, 1, 49, 50, 64, 96, 168, 176, 4096, 8192);
  const random = sizes.chain((size) => fc.uint8Array({ minLength: size, maxLength: size }));
  await fc.assert(
    fc.asyncProperty(
      random,
      fc.option(fc.constantFrom(...kinds), { nil: undefined }),
      async (bytes, as) =>
        isTold(async () => {
          const loaded = await recognise(bytes, "a file", { as });
          await viewOf(loaded, { verbose: true });
        }),
    ),
    { numRuns: 300 },
  );
});

test("damaged artefacts are shown or refused, never worse", async () => {
  const small = [...samples].filter(([kind]) => kind !== "firmware");
  const tail = samples.get("firmware")!.subarray(-8192);
  const originals = [...small.map(([, bytes]) => bytes), tail];
  const damage = fc.record({
    original: fc.constantFrom(...originals),
    places: fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255)), {
      minLength: 1,
      maxLength: 6,
    }),
    cut: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: 0 }),
  });
  await fc.assert(
    fc.asyncProperty(damage, async ({ original, places, cut }) => {
      const bytes = Uint8Array.from(original);
      for (const [where, value] of places) {
        // Most of the places in the end, where a firmware's tables are.
        bytes[Math.floor(Math.sqrt(where) * (bytes.length - 1))] = value;
      }
      const left = bytes.subarray(Math.floor(cut * bytes.length));
      await isTold(async () => {
        const view = await viewOf(await recognise(left, "a file"), { verbose: false });
        assert.equal(typeof view.summary, "string");
      });
    }),
    { numRuns: 300 },
  );
});

const SVSM = "measurement/svsm.bin";
test("an SVSM binary is told from OVMF", { skip: missingVectors(SVSM) }, async () => {
  assert.equal(await kindOf(readVector(SVSM)), "svsm");
});
