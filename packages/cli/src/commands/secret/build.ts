// SPDX-License-Identifier: Apache-2.0
// `greenlight secret build`: secrets, encrypted for one measured guest.

import { randomBytes } from "node:crypto";
import { base64Encode, hexEncode } from "@greenlight/core/bytes";
import { readFirmware } from "@greenlight/core/firmware";
import { apiForm, buildSecretTable, sealSecret } from "@greenlight/core/session";
import type { Packet } from "@greenlight/core/session";
import { defineCommand } from "../../command/command.ts";
import type { OptionValues } from "../../command/command.ts";
import { UsageError } from "../../command/usage-error.ts";
import { MAX_FIRMWARE_SIZE, readBounded } from "../../input/file.ts";
import { naming } from "../../input/named-error.ts";
import { parseNumber } from "../../input/number.ts";
import { KEY_OPTIONS, readNamedKeys } from "../../input/session-keys.ts";
import { writeFiles } from "../../output/file.ts";
import type { Io } from "../../output/io.ts";
import { toJson } from "../../output/json.ts";
import { hang } from "../../output/style.ts";
import { passphraseHints, readEntries } from "./entries.ts";
import { MEASURED_OPTIONS, measuredDigest, measuredOf } from "./measured.ts";

const TABLE = "What is sent";
const OUTPUT = "Output";

/** What firmware leaves open that does not have the measurement in the MAC of a secret. */
const UNBOUND =
  "warning: firmware before API 0.17 does not bind secrets to the measurement: the host can launch " +
  "another guest in the same session and give it this packet\n";

/** Room of AmdSev's secret area, where nothing else is said. */
const AMDSEV_ROOM = 0xc00;

const OPTIONS = {
  secret: {
    kind: "list",
    placeholder: "NAME:FILE",
    brief: "a secret: GUID or known word (luks-key), and the file it is in; - is standard input",
    group: TABLE,
  },
  "nul-for-grub": {
    kind: "flag",
    brief: "end the disk passphrase with a NUL, as GRUB needs it",
    group: TABLE,
  },
  "strip-newline": {
    kind: "flag",
    brief: "leave out a newline at the end of the disk passphrase",
    group: TABLE,
  },
  "keep-order": {
    kind: "flag",
    brief: "do not move the disk passphrase to the end of the table",
    group: TABLE,
  },
  firmware: {
    kind: "value",
    placeholder: "FILE",
    brief: "the firmware, for the size of its secret area",
    group: TABLE,
  },
  room: {
    kind: "value",
    placeholder: "BYTES",
    brief: "size of the secret area",
    default: `${AMDSEV_ROOM}, as in AmdSev firmware`,
    group: TABLE,
  },
  digest: {
    kind: "list",
    placeholder: "DIGEST",
    brief: "a launch digest that may have the secret, as `measure --mode sev` prints it",
    group: "Who may have it",
  },
  unchecked: {
    kind: "flag",
    brief: "the measurement was checked elsewhere: whatever it is, it gets the secret",
    group: "Who may have it",
  },
  ...MEASURED_OPTIONS,
  ...KEY_OPTIONS,
  "header-file": {
    kind: "value",
    placeholder: "FILE",
    brief: "write the packet's header, in base64",
    group: OUTPUT,
  },
  "payload-file": {
    kind: "value",
    placeholder: "FILE",
    brief: "write the packet's payload, in base64",
    group: OUTPUT,
  },
  binary: { kind: "flag", brief: "write files as raw bytes, as sevctl does", group: OUTPUT },
  force: { kind: "flag", brief: "overwrite existing files", group: OUTPUT },
  json: { kind: "flag", brief: "print JSON (schema greenlight/secret-build/v1)", group: OUTPUT },
} as const;

type BuildOptions = OptionValues<typeof OPTIONS>;

export const command = defineCommand({
  name: "secret build",
  brief: "encrypt secrets for one measured guest",
  description: [
    "Puts secrets into a table, encrypts it with the session's keys and binds it to the measurement. " +
      "Header and payload are what QMP's sev-inject-launch-secret and virsh domsetlaunchsecstate " +
      "take, in base64.",
    "The measurement is checked first: it must be the one of a digest that was named. One packet for " +
      "each launch: the same session must not serve a second one.",
  ],
  options: OPTIONS,
  examples: [
    {
      line:
        "secret build --tk launch_tk.bin -m measurement.b64 --api-major 1 --api-minor 55 " +
        "--build-id 24 --policy 0x1 --digest " +
        "3e4fd0b3fe3b2dbe481c3d9e99418a034174f26cbe1f55aa212b0f18c12d2d6f " +
        "--secret luks-key:passphrase.txt --header-file header.b64 --payload-file payload.b64",
      brief: "the disk passphrase, for a guest with that launch digest",
    },
  ],
  async run({ options, io }) {
    const measured = await measuredOf(options);
    requireJudge(options);
    const entries = await readEntries(options.secret, { stripNewline: options["strip-newline"] });
    const nulForGrub = options["nul-for-grub"];
    const table = buildSecretTable(entries, {
      maximum: await roomOf(options),
      nulForGrub,
      order: options["keep-order"] ? "as-given" : "passphrase-last",
    });
    const keys = readNamedKeys(options);
    const digest = options.unchecked
      ? undefined
      : measuredDigest(options.digest, measured, keys.tik, options);
    if (!options.unchecked && digest === undefined) return refuse(options, io);
    const packet = sealSecret({ keys, table, iv: new Uint8Array(randomBytes(16)), ...measured });
    write(packet, options);
    if (!apiForm(measured.api).bindsSecret) io.err(UNBOUND);
    for (const hint of passphraseHints(entries, nulForGrub)) io.err(`hint: ${hint}\n`);
    const names = entries.map(({ guid }) => guid);
    io.out(options.json ? jsonOf(packet, names, digest) : textOf(packet, names, digest, options));
    return 0;
  },
});

function requireJudge({ digest, unchecked }: BuildOptions): void {
  if (unchecked && digest.length > 0) {
    throw new UsageError("conflicting-options", "--digest and --unchecked exclude each other");
  }
  if (unchecked || digest.length > 0) return;
  throw new UsageError(
    "missing-option",
    "it is not said which guest may have the secret",
    "add --digest DIGEST (from `greenlight measure`), or --unchecked when something else checked it",
  );
}

async function roomOf({ firmware, room }: BuildOptions): Promise<number> {
  if (room !== undefined) return parseNumber(room, "--room", 0x4000);
  if (firmware === undefined) return AMDSEV_ROOM;
  const { secret } = await naming(firmware, () =>
    readFirmware(readBounded(firmware, MAX_FIRMWARE_SIZE)),
  );
  if (secret !== null && secret.size > 0) return Math.min(secret.size, 0x4000);
  throw new UsageError(
    "bad-value",
    `--firmware ${JSON.stringify(firmware)}: has no area for launch secrets`,
    "use a firmware made for it, such as OVMF.amdsev.fd",
  );
}

function write({ header, payload }: Packet, options: BuildOptions): void {
  const files = [
    { path: options["header-file"], bytes: header },
    { path: options["payload-file"], bytes: payload },
  ].flatMap(({ path, bytes }) =>
    path === undefined ? [] : [{ path, content: options.binary ? bytes : base64Encode(bytes) }],
  );
  if (files.length === 2 && files[0]?.path === files[1]?.path) {
    throw new UsageError("conflicting-options", "header and payload go to the same file");
  }
  writeFiles(files, options.force);
}

function refuse({ json, digest }: BuildOptions, io: Io): number {
  if (json) {
    io.out(toJson({ schema: SCHEMA, verdict: "rejected", header: null, payload: null }));
    return 1;
  }
  const count = digest.length === 1 ? "the digest" : `any of the ${digest.length} digests`;
  const refused = `Refused: the measurement is not that of ${count} with this session, API, build and policy.`;
  io.out(`${hang("", refused)}\n`);
  io.err("hint: `greenlight diagnose` finds out which part of a launch makes another digest\n");
  return 1;
}

const SCHEMA = "greenlight/secret-build/v1";

function jsonOf(
  packet: Packet,
  secrets: readonly string[],
  digest: Uint8Array | undefined,
): string {
  return toJson({
    schema: SCHEMA,
    verdict: digest === undefined ? "unchecked" : "accepted",
    digest: digest ?? null,
    secrets,
    header: base64Encode(packet.header),
    payload: base64Encode(packet.payload),
  });
}

function textOf(
  packet: Packet,
  secrets: readonly string[],
  digest: Uint8Array | undefined,
  options: BuildOptions,
): string {
  const first =
    digest === undefined
      ? "Encrypted for a measurement that was not checked here."
      : `Encrypted for the guest with launch digest\n  ${hexEncode(digest)}`;
  const lines = [first, `secrets  ${secrets.join("\n         ")}`];
  if (options["header-file"] === undefined) lines.push(`header   ${base64Encode(packet.header)}`);
  if (options["payload-file"] === undefined) lines.push(`payload  ${base64Encode(packet.payload)}`);
  return `${lines.join("\n")}\n`;
}
