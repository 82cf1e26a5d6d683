// SPDX-License-Identifier: Apache-2.0
// `greenlight secret`: packets that a platform opens, released only for a named digest, and never a
// secret in what is printed.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { base64Encode, hexEncode } from "@greenlight/core/bytes";
import { sha256 } from "@greenlight/core/crypto";
import { DISK_PASSPHRASE_GUID, openSecret, parseSecretTable } from "@greenlight/core/session";
import type { SecretEntry } from "@greenlight/core/session";
import { fixtureFirmware } from "../../../../fixtures/load.ts";
import { greenlight } from "../support/capture.ts";
import type { Captured } from "../support/capture.ts";
import { API, API_OPTIONS, measure } from "../support/launch-session.ts";
import { assertTidy } from "../support/lines.ts";
import { enterTemporaryFolder } from "../support/temporary.ts";

const OTHER = "736869e5-aaaa-4973-92ec-06879ce3da0b";
const PASSPHRASE = "correct horse battery staple";
const KEYS = { tek: new Uint8Array(randomBytes(16)), tik: new Uint8Array(randomBytes(16)) };
const FIRMWARE = fixtureFirmware("OVMF.amdsev-2026.08.fd");
const DIGEST = sha256(FIRMWARE);
const BLOB = measure(KEYS.tik, 1, DIGEST);

let leave: () => void;
before(() => {
  leave = enterTemporaryFolder();
  writeFileSync("tik.bin", KEYS.tik);
  writeFileSync("tek.bin", KEYS.tek);
  writeFileSync("tk.hex", hexEncode(new Uint8Array([...KEYS.tek, ...KEYS.tik])));
  writeFileSync("blob.bin", BLOB);
  writeFileSync("pass.txt", PASSPHRASE);
  writeFileSync("line.txt", `${PASSPHRASE}\n`);
  writeFileSync("other.bin", new Uint8Array(20).fill(9));
  writeFileSync("OVMF.fd", FIRMWARE);
  writeFileSync("no-area.fd", fixtureFirmware("OVMF-2022.11.fd"));
});
after(() => leave());

const MEASURED = ["-m", "blob.bin", ...API_OPTIONS, "--policy", "1"];
const OWN_KEYS = ["--tik", "tik.bin", "--tek", "tek.bin"];
const WANTED = ["--digest", hexEncode(DIGEST)];

function build(...args: readonly string[]): Promise<Captured> {
  return greenlight("secret", "build", ...MEASURED, ...OWN_KEYS, ...args);
}

/** The secrets that the platform takes out of files in base64. */
function opened(header: string, payload: string): readonly SecretEntry[] {
  const bytes = (path: string): Uint8Array =>
    new Uint8Array(Buffer.from(readFileSync(path, "latin1"), "base64"));
  const result = openSecret({
    keys: KEYS,
    header: bytes(header),
    payload: bytes(payload),
    measure: BLOB.subarray(0, 32),
    api: API,
  });
  assert.ok(result.status === "ok", result.status);
  return parseSecretTable(result.plaintext).entries;
}

test("build: the platform gets the secrets, the passphrase last", async () => {
  const { code, out, err } = await build(
    ...WANTED,
    "--secret",
    "luks-key:pass.txt",
    "--secret",
    `${OTHER}:other.bin`,
    "--header-file",
    "h.b64",
    "--payload-file",
    "p.b64",
  );
  assert.equal(code, 0, err);
  assertTidy(out);
  assert.match(out, /^Encrypted for the guest with launch digest\n {2}3e4fd0b3fe3b2dbe/);
  assert.match(err, /hint: GRUB needs a NUL .*--nul-for-grub/);
  const entries = opened("h.b64", "p.b64");
  assert.deepEqual(
    entries.map(({ guid }) => guid),
    [OTHER, DISK_PASSPHRASE_GUID],
  );
  assert.equal(Buffer.from(entries[1]!.data).toString(), PASSPHRASE);
  for (const text of [PASSPHRASE, hexEncode(KEYS.tek), base64Encode(KEYS.tik)]) {
    assert.ok(!(out + err).includes(text));
  }
});

test("build: NUL, newline and order as asked for", async () => {
  const files = ["--header-file", "n.h", "--payload-file", "n.p", "--force"];
  const rows = [
    [["--secret", "luks-key:line.txt"], `${PASSPHRASE}\n`, /ends with a newline/],
    [["--secret", "luks-key:line.txt", "--strip-newline"], PASSPHRASE, /GRUB needs a NUL/],
    [
      ["--secret", "luks-key:line.txt", "--strip-newline", "--nul-for-grub"],
      `${PASSPHRASE}\0`,
      /^$/,
    ],
  ] as const;
  for (const [args, expected, hint] of rows) {
    const { code, err } = await build(...WANTED, ...args, ...files);
    assert.equal(code, 0, err);
    assert.match(err, hint);
    assert.equal(Buffer.from(opened("n.h", "n.p")[0]!.data).toString(), expected);
  }
  const kept = ["--secret", "luks-key:pass.txt", "--secret", `${OTHER}:other.bin`, "--keep-order"];
  await build(...WANTED, ...kept, ...files);
  assert.equal(opened("n.h", "n.p")[0]!.guid, DISK_PASSPHRASE_GUID);
});

test("build: only a named digest gets the secret", async () => {
  const secret = ["--secret", "luks-key:pass.txt", "--header-file", "x.h", "--payload-file", "x.p"];
  const wrong = ["--digest", "00".repeat(32)];
  const rows: readonly (readonly string[])[] = [
    wrong,
    [...WANTED, "--policy", "3"],
    [...WANTED, "--build-id", "25"],
    [...WANTED, "--api-minor", "54"],
  ];
  for (const args of rows) {
    const { code, out } = await build(...args, ...secret);
    assert.equal(code, 1);
    assert.match(out, /^Refused: /);
    assert.equal(existsSync("x.h"), false);
  }
  const json = await build(...wrong, ...secret, "--json");
  assert.equal(json.code, 1);
  assert.equal((JSON.parse(json.out) as { readonly header: unknown }).header, null);
  const several = await build(...wrong, ...WANTED, ...secret);
  assert.equal(several.code, 0, several.err);
  const undecided = await build(...secret, "--force");
  assert.equal(undecided.code, 2);
  assert.match(undecided.err, /it is not said which guest may have the secret/);
  const unchecked = await build("--unchecked", ...secret, "--force");
  assert.equal(unchecked.code, 0);
  assert.match(unchecked.out, /not checked here/);
});

test("build: firmware that does not bind the secret to the measurement is told", async () => {
  const secret = ["--secret", `${OTHER}:other.bin`, "--unchecked"];
  const version = ["--api-major", "0", "--api-minor", "16"];
  const args = ["-m", "blob.bin", ...version, ...OWN_KEYS, ...secret];
  const old = await greenlight("secret", "build", ...args);
  assert.equal(old.code, 0, old.err);
  assert.match(old.err, /^warning: .* does not bind secrets to the measurement/);
  assert.equal((await build(...secret)).err, "");
});

test("build: the room is that of the firmware's secret area", async () => {
  writeFileSync("large.bin", new Uint8Array(3033));
  const secret = ["--secret", `${OTHER}:large.bin`];
  const tooLarge = await build(...WANTED, ...secret, "--firmware", "OVMF.fd");
  assert.equal(tooLarge.code, 2);
  assert.match(tooLarge.err, /need 3088 bytes, there is room for 3072/);
  assert.equal((await build(...WANTED, ...secret, "--room", "4096")).code, 0);
  const none = await build(...WANTED, ...secret, "--firmware", "no-area.fd");
  assert.equal(none.code, 2);
  assert.match(none.err, /has no area for launch secrets/);
});

test("build: what is missing or unusable is an error with a name", async () => {
  const secret = ["--secret", "luks-key:pass.txt"];
  const rows: readonly (readonly [RegExp, readonly string[]])[] = [
    [/there is no secret/, [...MEASURED, ...OWN_KEYS]],
    [/the keys of the session are missing/, [...MEASURED, ...secret]],
    [/the measurement is missing/, [...OWN_KEYS, ...secret]],
    [/--tk holds both keys/, [...MEASURED, ...OWN_KEYS, "--tk", "tk.hex", ...secret]],
    [/do not hold|does not hold/, [...MEASURED, "--tk", "pass.txt", ...secret]],
    [/the name is a GUID/, [...MEASURED, ...OWN_KEYS, "--secret", "disk:pass.txt"]],
    [/write NAME:FILE/, [...MEASURED, ...OWN_KEYS, "--secret", "pass.txt"]],
    [/given twice/, [...MEASURED, ...OWN_KEYS, ...secret, ...secret]],
    [/--api-minor is missing/, ["-m", "blob.bin", "--api-major", "1", ...OWN_KEYS, ...secret]],
  ];
  for (const [message, args] of rows) {
    const { code, err } = await greenlight("secret", "build", ...WANTED, ...args);
    assert.equal(code, 2, err);
    assert.match(err, message);
    assert.ok(!err.includes(PASSPHRASE));
  }
});

test("open: lists what is in a packet, whichever form it and the keys have", async () => {
  const secrets = ["--secret", "luks-key:pass.txt", "--secret", `${OTHER}:other.bin`];
  await build(...WANTED, ...secrets, "--header-file", "o.h", "--payload-file", "o.p");
  await build(...WANTED, ...secrets, "--header-file", "o.hb", "--payload-file", "o.pb", "--binary");
  const version = ["--api-major", "1", "--api-minor", "55"];
  for (const [header, payload] of [
    ["o.h", "o.p"],
    ["o.hb", "o.pb"],
  ] as const) {
    for (const keys of [OWN_KEYS, ["--tk", "tk.hex"]]) {
      const { code, out } = await greenlight(
        "secret",
        "open",
        header,
        payload,
        ...keys,
        ...version,
        "-m",
        base64Encode(BLOB),
      );
      assert.equal(code, 0, out);
      assert.match(out, /^The packet is authentic: 2 secrets\n/);
      assert.match(out, /736869e5-84f0-4973-92ec-06879ce3da0b +28 +passphrase of the guest's disk/);
      assert.ok(!out.includes(PASSPHRASE));
      assertTidy(out);
    }
  }
  const old = ["--api-major", "0", "--api-minor", "16"];
  const refused = await greenlight(
    "secret",
    "open",
    "o.h",
    "o.p",
    ...OWN_KEYS,
    ...old,
    "-m",
    "blob.bin",
  );
  assert.equal(refused.code, 1);
  assert.match(refused.out, /^Refused: it is not authentic/);
});

test("open: secrets go to a folder of their own, readable by nobody else", async () => {
  const secrets = ["--secret", "luks-key:pass.txt", "--secret", `${OTHER}:other.bin`];
  await build(...WANTED, ...secrets, "--header-file", "w.h", "--payload-file", "w.p");
  const args = [
    "secret",
    "open",
    "w.h",
    "w.p",
    ...OWN_KEYS,
    "--api-major",
    "1",
    "--api-minor",
    "55",
    "-m",
    "blob.bin",
    "--write-to",
    "out",
  ];
  const { code, out } = await greenlight(...args, "--json");
  assert.equal(code, 0, out);
  const json = JSON.parse(out) as { readonly secrets: readonly { readonly name: string }[] };
  assert.deepEqual(
    json.secrets.map(({ name }) => name),
    [null, "luks-key"],
  );
  assert.equal(statSync("out").mode & 0o777, 0o700);
  assert.deepEqual(readdirSync("out").toSorted(), [DISK_PASSPHRASE_GUID, OTHER].toSorted());
  const path = join("out", DISK_PASSPHRASE_GUID);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(readFileSync(path, "utf8"), PASSPHRASE);
  const again = await greenlight(...args);
  assert.equal(again.code, 2);
  assert.match(again.err, /name a folder that does not exist yet/);
});
