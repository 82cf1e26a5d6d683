// SPDX-License-Identifier: Apache-2.0
// Interoperation with libvirt's virt-qemu-sev-validate, run as it is installed: it takes our sessions and
// measurements, and we take its secret packets.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { base64Encode, hexDecode, hexEncode } from "@greenlight/core/bytes";
import { openSecret, parseSecretTable } from "@greenlight/core/session";
import type { SessionKeys } from "@greenlight/core/session";
import { greenlight } from "../support/capture.ts";
import { enterExampleFolder } from "../support/folder.ts";
import type { ExampleFolder } from "../support/folder.ts";
import { API, API_OPTIONS, makePlatform, measure, unwrap } from "../support/launch-session.ts";

const TOOL = "/usr/bin/virt-qemu-sev-validate";

interface ToolRun {
  readonly status: number | null;
  readonly output: string;
}

/** Runs the tool with the distribution's own Python, which has the modules it needs. */
function validate(...args: readonly string[]): ToolRun {
  const { status, stdout, stderr } = spawnSync("/usr/bin/python3", [TOOL, ...args], {
    encoding: "utf8",
    timeout: 300_000,
  });
  return { status, output: `${stdout}${stderr}` };
}

const skip = validate("--help").status === 0 ? false : "virt-qemu-sev-validate is not installed";

describe("virt-qemu-sev-validate", { skip }, () => {
  const platform = makePlatform();
  let folder: ExampleFolder;
  before(async () => {
    folder = await enterExampleFolder();
    writeFileSync("own.pdh", platform.pdh);
  });
  after(() => folder.remove());

  /** A session made by the command, and what the platform would measure for a launch digest. */
  async function launch(policy: number, digest: Uint8Array) {
    const { code, err } = await greenlight(
      "session",
      "make",
      "own.pdh",
      "--unverified",
      "--policy",
      String(policy),
      "--form",
      "sev-tool",
      "--force",
    );
    assert.equal(code, 0, err);
    const file = (path: string): Uint8Array => new Uint8Array(readFileSync(path));
    const keys = unwrap(platform, file("godh.cert"), file("launch_blob.bin"), policy);
    return { keys, blob: measure(keys.tik, policy, digest) };
  }

  const state = (policy: number, blob: Uint8Array): readonly string[] => [
    "--measurement",
    base64Encode(blob),
    ...API_OPTIONS,
    "--policy",
    String(policy),
  ];

  async function digestOf(...args: readonly string[]): Promise<Uint8Array> {
    const { code, out, err } = await greenlight("measure", "--ovmf", "OVMF.fd", ...args);
    assert.equal(code, 0, err);
    return hexDecode(out.trim());
  }

  const DIRECT = ["--kernel", "vmlinuz", "--initrd", "initrd.img"];

  test("accepts a launch under our session, and refuses a changed one", async () => {
    const digest = await digestOf("--mode", "sev", ...DIRECT, "--append", "console=ttyS0");
    const { blob } = await launch(3, digest);
    const firmware = ["--firmware", "OVMF.fd", "--tk", "tmp_tk.bin"];
    const kernel = [...DIRECT, "--cmdline", "console=ttyS0"];
    const accepted = validate(...state(3, blob), ...firmware, ...kernel);
    assert.equal(accepted.status, 0, accepted.output);
    const refused = validate(
      ...state(3, blob),
      ...firmware,
      ...DIRECT,
      "--cmdline",
      "init=/bin/sh",
    );
    assert.equal(refused.status, 1, refused.output);
  });

  test("accepts a SEV-ES launch with several processors, keys in two files", async () => {
    const vcpu = [
      "--vcpus",
      "4",
      "--vcpu-family",
      "25",
      "--vcpu-model",
      "1",
      "--vcpu-stepping",
      "1",
    ];
    const profile = ["--vmsa-profile", "qemu-es-legacy"];
    const digest = await digestOf("--mode", "seves", ...vcpu, ...profile);
    const { keys, blob } = await launch(5, digest);
    writeFileSync("es_tik.bin", keys.tik);
    writeFileSync("es_tek.bin", keys.tek);
    const { status, output } = validate(
      ...state(5, blob),
      "--firmware",
      "OVMF.fd",
      "--tik",
      "es_tik.bin",
      "--tek",
      "es_tek.bin",
      "--num-cpus",
      "4",
      "--cpu-family",
      "25",
      "--cpu-model",
      "1",
      "--cpu-stepping",
      "1",
    );
    assert.equal(status, 0, output);
  });

  function opened(keys: SessionKeys, blob: Uint8Array, header: string, payload: string): string {
    const bytes = (path: string): Uint8Array =>
      new Uint8Array(Buffer.from(readFileSync(path, "latin1"), "base64"));
    const result = openSecret({
      keys,
      header: bytes(header),
      payload: bytes(payload),
      measure: blob.subarray(0, 32),
      api: API,
    });
    assert.ok(result.status === "ok", result.status);
    const [entry] = parseSecretTable(result.plaintext).entries;
    return Buffer.from(entry!.data).toString();
  }

  test("its secret packet is opened, and holds what ours holds", async () => {
    const digest = await digestOf("--mode", "sev");
    const { keys, blob } = await launch(1, digest);
    const made = validate(
      ...state(1, blob),
      "--firmware",
      "OVMF.fd",
      "--tk",
      "tmp_tk.bin",
      "--inject-secret",
      "luks-key:passphrase.txt",
      "--secret-header",
      "tool.header",
      "--secret-payload",
      "tool.payload",
    );
    assert.equal(made.status, 0, made.output);
    writeFileSync("blob.b64", base64Encode(blob));
    const version = ["--api-major", "1", "--api-minor", "55", "-m", "blob.b64"];
    const shown = await greenlight(
      "secret",
      "open",
      "tool.header",
      "tool.payload",
      "--tk",
      "tmp_tk.bin",
      ...version,
    );
    assert.equal(shown.code, 0, shown.out);
    assert.match(shown.out, /passphrase of the guest's disk/);
    const ours = await greenlight(
      "secret",
      "build",
      ...state(1, blob),
      "--tk",
      "tmp_tk.bin",
      "--digest",
      hexEncode(digest),
      "--secret",
      "luks-key:passphrase.txt",
      "--header-file",
      "our.header",
      "--payload-file",
      "our.payload",
    );
    assert.equal(ours.code, 0, ours.err);
    const theirs = opened(keys, blob, "tool.header", "tool.payload");
    assert.equal(theirs, readFileSync("passphrase.txt", "utf8"));
    assert.equal(opened(keys, blob, "our.header", "our.payload"), theirs);
  });

  test("a packet of its that was changed is refused", async () => {
    const { blob } = await launch(1, await digestOf("--mode", "sev"));
    validate(
      ...state(1, blob),
      "--firmware",
      "OVMF.fd",
      "--tk",
      "tmp_tk.bin",
      "--inject-secret",
      "luks-key:passphrase.txt",
      "--secret-header",
      "changed.header",
      "--secret-payload",
      "changed.payload",
    );
    const payload = Buffer.from(readFileSync("changed.payload", "latin1"), "base64");
    payload[5]! ^= 1;
    writeFileSync("changed.payload", payload.toString("base64"));
    const { code, out } = await greenlight(
      "secret",
      "open",
      "changed.header",
      "changed.payload",
      "--tk",
      "tmp_tk.bin",
      "--api-major",
      "1",
      "--api-minor",
      "55",
      "-m",
      base64Encode(blob),
    );
    assert.equal(code, 1);
    assert.match(out, /^Refused: it is not authentic/);
  });
});
