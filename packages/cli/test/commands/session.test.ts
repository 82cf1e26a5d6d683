// SPDX-License-Identifier: Apache-2.0
// `greenlight session`: sessions that a platform opens, files as other tools name them, nothing made for
// platforms that are not accepted, and nothing readable by others.

import assert from "node:assert/strict";
import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { openReceivePacket, parseExportedGuest } from "@greenlight/core/session";
import { fixtureSev } from "../../../../fixtures/load.ts";
import { greenlight } from "../support/capture.ts";
import { enterExampleFolder } from "../support/folder.ts";
import type { ExampleFolder } from "../support/folder.ts";
import { makePlatform, unwrap } from "../support/launch-session.ts";
import { assertTidy } from "../support/lines.ts";

const platform = makePlatform();

let folder: ExampleFolder;
before(async () => {
  folder = await enterExampleFolder();
  writeFileSync("own.pdh", platform.pdh);
});
after(() => folder.remove());

function base64File(path: string): Uint8Array {
  return new Uint8Array(Buffer.from(readFileSync(path, "latin1"), "base64"));
}

const bytesOf = (path: string): Uint8Array => new Uint8Array(readFileSync(path));

test("make: a session for a genuine platform, in sevctl's files", async () => {
  const { code, out, err } = await greenlight("session", "make", "platform.bin", "--name", "web");
  assert.equal(code, 0, err);
  assertTidy(out);
  assert.match(out, /^Session for a genuine Rome platform of AMD's\n {2}policy +0xf \(NODBG, /);
  assert.equal(err, "");
  const modes = ["web_godh.b64", "web_session.b64", "web_tik.bin", "web_tek.bin"].map(
    (path) => statSync(path).mode & 0o077,
  );
  assert.deepEqual(modes.slice(2), [0, 0]);
  assert.equal(base64File("web_godh.b64").length, 2084);
  assert.equal(base64File("web_session.b64").length, 128);
});

test("make: the platform gets the same keys out of it, and no output shows them", async () => {
  const made = await greenlight(
    "session",
    "make",
    "own.pdh",
    "--unverified",
    "--name",
    "own",
    "--policy",
    "NODBG,ES,api=1.55",
  );
  assert.equal(made.code, 0, made.err);
  assert.match(made.err, /^warning: the platform is not verified/);
  assert.match(made.out, /0x37010005 \(API 1\.55 or newer, NODBG, ES\)/);
  const keys = unwrap(
    platform,
    base64File("own_godh.b64"),
    base64File("own_session.b64"),
    0x37010005,
  );
  assert.deepEqual(keys, { tek: bytesOf("own_tek.bin"), tik: bytesOf("own_tik.bin") });
  for (const key of [keys.tek, keys.tik]) {
    for (const form of ["hex", "base64"] as const) {
      assert.ok(!(made.out + made.err).includes(Buffer.from(key).toString(form)));
    }
  }
});

test("make: sev-tool's files hold the same", async () => {
  const made = await greenlight("session", "make", "own.pdh", "--unverified", "--form", "sev-tool");
  assert.equal(made.code, 0, made.err);
  const { tek, tik } = unwrap(platform, bytesOf("godh.cert"), bytesOf("launch_blob.bin"), 0xf);
  assert.deepEqual(bytesOf("tmp_tk.bin"), new Uint8Array([...tek, ...tik]));
  assert.equal(statSync("tmp_tk.bin").mode & 0o777, 0o600);
});

test("convert: sev-tool's files in sevctl's form, and back", async () => {
  const made = await greenlight(
    "session",
    "make",
    "own.pdh",
    "--unverified",
    "--form",
    "sev-tool",
    "--folder",
    "reports",
  );
  assert.equal(made.code, 0, made.err);
  const files = ["reports/launch_blob.bin", "reports/godh.cert"];
  const keys = ["--tk", "reports/tmp_tk.bin"];
  const { code, out, err } = await greenlight("session", "convert", ...files, ...keys, "-n", "c");
  assert.equal(code, 0, err);
  assertTidy(out);
  assert.match(out, /reports\/launch_blob\.bin +session, binary/);
  assert.deepEqual(base64File("c_godh.b64"), bytesOf("reports/godh.cert"));
  assert.deepEqual(base64File("c_session.b64"), bytesOf("reports/launch_blob.bin"));
  assert.deepEqual(
    new Uint8Array([...bytesOf("c_tek.bin"), ...bytesOf("c_tik.bin")]),
    bytesOf("reports/tmp_tk.bin"),
  );
  for (const key of ["c_tek.bin", "c_tik.bin"]) assert.equal(statSync(key).mode & 0o777, 0o600);
  const back = ["--form", "sev-tool", "--folder", "rootfs", "--json"];
  const again = await greenlight("session", "convert", "c_godh.b64", "c_session.b64", ...back);
  assert.equal(again.code, 0, again.err);
  const { files: written } = JSON.parse(again.out) as { files: readonly { path: string }[] };
  assert.deepEqual(
    written.map(({ path }) => path),
    ["rootfs/godh.cert", "rootfs/launch_blob.bin"],
  );
  assert.deepEqual(bytesOf("rootfs/godh.cert"), bytesOf("reports/godh.cert"));
});

test("convert: files that are something else, or the same, or there already", async () => {
  const refusal = async (...args: readonly string[]): Promise<string> => {
    const refused = await greenlight("session", "convert", ...args);
    assert.equal(refused.code, 2, refused.out);
    return refused.err;
  };
  const [godh, session] = ["c_godh.b64", "c_session.b64"];
  assert.match(await refusal(godh, godh), /both files hold a certificate/);
  assert.match(await refusal(godh, "c_tik.bin"), /c_tik\.bin.*neither a certificate/s);
  assert.match(await refusal(godh, session, "-n", "c"), /c_godh\.b64/);
  assert.match(await refusal(godh, session, "--tik", "c_tik.bin"), /keys of the session/);
});

test("make: --json says what was written and why the platform was accepted", async () => {
  const { code, out } = await greenlight("session", "make", "platform.bin", "-n", "json", "--json");
  assert.equal(code, 0);
  const json = JSON.parse(out) as {
    readonly schema: string;
    readonly verdict: string;
    readonly policy: number;
    readonly files: readonly { readonly path: string; readonly secret: boolean }[];
    readonly findings: readonly unknown[];
  };
  assert.equal(json.schema, "greenlight/session-make/v1");
  assert.equal(json.verdict, "accepted");
  assert.equal(json.policy, 0xf);
  assert.deepEqual(
    json.files.map(({ path, secret }) => [path, secret]),
    [
      ["json_godh.b64", false],
      ["json_session.b64", false],
      ["json_tik.bin", true],
      ["json_tek.bin", true],
    ],
  );
  assert.ok(json.findings.length > 10);
});

test("make: nothing is written for platforms that are rejected or undecided", async () => {
  const cek = Uint8Array.from(fixtureSev("rome.cek.cert"));
  cek[0x20]! ^= 1;
  writeFileSync("changed.cek", cek);
  const certificates = ["pdh.cert", "pek.cert", "oca.cert"];
  const rows = [
    [1, "rejected", [...certificates, "changed.cek"]],
    [3, "undecided", ["own.pdh", "--offline"]],
    [1, "rejected", ["platform.bin", "--minimum-api", "1.55"]],
  ] as const;
  const before_ = readdirSync(".");
  for (const [expected, verdict, args] of rows) {
    const { code, out } = await greenlight("session", "make", ...args, "--name", "none");
    assert.equal(code, expected, out);
    assert.match(out, new RegExp(`^Not made: the platform is ${verdict}\\.\n`));
    assertTidy(out);
    const json = await greenlight("session", "make", ...args, "--name", "none", "--json");
    assert.equal(json.code, expected);
    const told = JSON.parse(json.out) as { readonly verdict: string; readonly files: unknown };
    assert.deepEqual([told.verdict, told.files], [verdict, []]);
  }
  assert.deepEqual(readdirSync("."), before_);
});

test("make: existing files stay unless told otherwise, and are replaced as private ones", async () => {
  writeFileSync("old_tek.bin", "old", { mode: 0o644 });
  const args = ["session", "make", "own.pdh", "--unverified", "--name", "old"];
  const refused = await greenlight(...args);
  assert.equal(refused.code, 2);
  assert.match(refused.err, /"old_tek.bin" exists/);
  assert.equal(readFileSync("old_tek.bin", "utf8"), "old");
  assert.ok(!readdirSync(".").includes("old_godh.b64"));
  const forced = await greenlight(...args, "--force");
  assert.equal(forced.code, 0, forced.err);
  assert.equal(statSync("old_tek.bin").mode & 0o777, 0o600);
  assert.equal(bytesOf("old_tek.bin").length, 16);
});

test("make: options and files that cannot be used are errors with a name", async () => {
  const rows: readonly (readonly [RegExp, readonly string[]])[] = [
    [/the policy is "SMT"/, ["own.pdh", "--unverified", "--policy", "SMT"]],
    [/reserved bits/, ["own.pdh", "--unverified", "--policy", "0x40"]],
    [/--name is/, ["own.pdh", "--unverified", "--name", "../up"]],
    [/hold no PDH/, ["pek.cert", "--unverified"]],
    [/another PDH than the files before/, ["own.pdh", "platform.bin", "--unverified"]],
    [/FILE\.\.\. is missing/, []],
    [/cannot read "absent"/, ["absent"]],
  ];
  for (const [message, args] of rows) {
    const { code, err } = await greenlight("session", "make", ...args);
    assert.equal(code, 2, err);
    assert.match(err, message);
  }
});

test("export: the platform takes in what was sent, in packets that stay inside their pages", async () => {
  const content = Uint8Array.from({ length: 9001 }, (_, i) => i);
  writeFileSync("program.bin", content);
  writeFileSync("vmsa.bin", new Uint8Array(4096).fill(7));
  const { code, err, out } = await greenlight(
    "session",
    "export",
    "own.pdh",
    "--unverified",
    "--policy",
    "NODBG,ES",
    "--part",
    "0x100800:program.bin",
    "--vmsa",
    "vmsa.bin",
    "--out",
    "own.glg",
  );
  assert.equal(code, 0, err);
  assert.match(err, /binds neither addresses nor order/);
  assert.doesNotMatch(err, /no save area is sent/);
  assert.match(out, /packets {2}4\n/);
  const { godh, session, policy, packets } = parseExportedGuest(bytesOf("own.glg"));
  assert.equal(policy, 5);
  const keys = unwrap(platform, godh, session, policy);
  const opened = packets.map(({ kind, gpa, header, payload }) => {
    const result = openReceivePacket({ keys, kind, header, payload });
    assert.ok(result.status === "ok");
    if (kind === "data") {
      assert.equal(gpa >> 12n, (gpa + BigInt(payload.length) - 1n) >> 12n);
    }
    return { kind, gpa, content: result.plaintext };
  });
  assert.deepEqual(
    opened.map(({ kind, gpa }) => [kind, gpa]),
    [
      ["data", 0x100800n],
      ["data", 0x101000n],
      ["data", 0x102000n],
      ["vmsa", 0n],
    ],
  );
  const memory = Buffer.concat(opened.slice(0, 3).map((part) => part.content));
  assert.deepEqual(new Uint8Array(memory.subarray(0, 9001)), content);
  assert.equal(memory.length, 9008);
});

test("export: parts that cannot be sent are errors with a name", async () => {
  writeFileSync("empty.bin", "");
  const part = (text: string): readonly string[] => ["--part", text];
  const rows: readonly (readonly [RegExp, readonly string[]])[] = [
    [/there is nothing to send/, []],
    [/--out is missing/, [...part("0x1000:shim.bin"), "--out="]],
    [/multiples of 16/, part("0x1001:shim.bin")],
    [/write ADDRESS:FILE/, part("shim.bin")],
    [/the file is empty/, part("0:empty.bin")],
    [/reaches into it/, [...part("0:shim.bin"), ...part("0x1000:shim.bin")]],
    [/has 5000 bytes|larger than 4096/, ["--vmsa", "shim.bin"]],
    [/the policy is without ES/, ["--policy", "NODBG", "--vmsa", "vmsa.bin"]],
  ];
  for (const [message, args] of rows) {
    const out = args.includes("--out=") ? [] : ["--out", "none.glg"];
    const { code, err } = await greenlight(
      "session",
      "export",
      "own.pdh",
      "--unverified",
      ...args.filter((each) => each !== "--out="),
      ...out,
    );
    assert.equal(code, 2, err);
    assert.match(err, message);
  }
  assert.ok(!readdirSync(".").includes("none.glg"));
  const args = ["session", "export", "own.pdh", "--unverified", "--part", "0x1000:shim.bin"];
  const started = await greenlight(...args, "--policy", "ES", "--out", "es.glg");
  assert.match(started.err, /warning: no save area is sent/);
});

test("sign-firmware and check-firmware: accepted as signed, rejected by name otherwise", async () => {
  const signed = await greenlight(
    "session",
    "sign-firmware",
    "OVMF.fd",
    "--name",
    "amdsev",
    "--firmware-version",
    "12",
    "--key",
    "id-key.pem",
    "--out",
    "OVMF.stm",
  );
  assert.equal(signed.code, 0, signed.err);
  const check = (firmware: string, ...args: readonly string[]) =>
    greenlight("session", "check-firmware", firmware, "OVMF.stm", ...args);
  const own = ["--key", "id-public.pem"];
  const good = await check("OVMF.fd", "--name", "amdsev", "--minimum-version", "12", ...own);
  assert.equal(good.code, 0, good.out);
  const rows = [
    ["firmware.statement.version-below-minimum", "OVMF.fd", "amdsev", "13"],
    ["firmware.statement.name", "OVMF.fd", "other", "0"],
    ["firmware.statement.digest", "OVMF-old.fd", "amdsev", "0"],
  ] as const;
  for (const [id, firmware, name, minimum] of rows) {
    const args = ["--name", name, "--minimum-version", minimum, ...own];
    const { code, out } = await check(firmware, ...args);
    assert.equal(code, 1);
    assert.ok(out.includes(`[${id}]`), out);
  }
  const missing = await check("OVMF.fd", "--name", "amdsev");
  assert.equal(missing.code, 2);
});
