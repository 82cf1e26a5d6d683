// SPDX-License-Identifier: Apache-2.0
// `greenlight session sign-firmware`: a signed statement of a firmware's name, version and hash.

import { hexEncode } from "@greenlight/core/bytes";
import { sha256 } from "@greenlight/core/crypto";
import { signFirmwareStatement } from "@greenlight/core/session";
import { defineCommand } from "../../command/command.ts";
import { UsageError } from "../../command/usage-error.ts";
import { MAX_FIRMWARE_SIZE, readBounded } from "../../input/file.ts";
import { parseNumber } from "../../input/number.ts";
import { writeFiles } from "../../output/file.ts";
import { toJson } from "../../output/json.ts";
import { shownName } from "../../output/name.ts";
import { pairs } from "../../output/table.ts";
import { readSigningKey } from "../idblock/inputs.ts";

const SCHEMA = "greenlight/session-sign-firmware/v1";

export const command = defineCommand({
  name: "session sign-firmware",
  brief: "sign name, version and hash of a firmware",
  description: [
    "Signs what an owner says of a firmware: its name, its version and its SHA-256. The first program " +
      "of an exported guest takes a firmware by such a statement, so that an update needs no new export.",
  ],
  positionals: { usage: "FIRMWARE", brief: "the firmware", min: 1, max: 1 },
  options: {
    name: { kind: "value", placeholder: "NAME", brief: "its name: 1 to 32 ASCII characters" },
    "firmware-version": {
      kind: "value",
      placeholder: "N",
      brief: "its version, 32 bits; a later one has a larger number",
    },
    key: { kind: "value", placeholder: "KEY", brief: "private P-384 key of the owner" },
    out: { kind: "value", short: "o", placeholder: "FILE", brief: "the file to write (176 bytes)" },
    force: { kind: "flag", brief: "overwrite an existing file" },
    json: { kind: "flag", brief: `print JSON (schema ${SCHEMA})` },
  },
  examples: [
    {
      line:
        "session sign-firmware OVMF.fd --name amdsev --firmware-version 12 --key id-key.pem " +
        "--out OVMF.statement",
      brief: "a statement about the carried firmware",
    },
  ],
  async run({ options, positionals, io }) {
    const name = needed(options.name, "--name NAME");
    const version = parseNumber(
      needed(options["firmware-version"], "--firmware-version N"),
      "--firmware-version",
      0xffff_ffff,
    );
    const key = await readSigningKey(needed(options.key, "--key KEY"));
    const out = needed(options.out, "--out FILE");
    const path = positionals[0]!;
    const firmware = readBounded(path, MAX_FIRMWARE_SIZE);
    if (firmware.length === 0) {
      throw new UsageError(
        "empty-file",
        `${JSON.stringify(path)} is empty`,
        "give a firmware image",
      );
    }
    const digest = sha256(firmware);
    const statement = await signFirmwareStatement({ name, version, sha256: digest }, key);
    writeFiles([{ path: out, content: statement }], options.force);
    io.out(
      options.json
        ? toJson({ schema: SCHEMA, name, version, sha256: digest, file: out })
        : `${pairs([
            ["name", name],
            ["version", String(version)],
            ["SHA-256", hexEncode(digest)],
            ["written", shownName(out)],
          ])}\n`,
    );
    return 0;
  },
});

function needed(value: string | undefined, how: string): string {
  if (value !== undefined) return value;
  throw new UsageError("missing-option", `${how.split(" ")[0]} is missing`, `add ${how}`);
}
