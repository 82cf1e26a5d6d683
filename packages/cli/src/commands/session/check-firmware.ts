// SPDX-License-Identifier: Apache-2.0
// `greenlight session check-firmware`: a firmware against the statement that came with it, as the first
// program of an exported guest checks it.

import { outcomeOf } from "@greenlight/core/appraisal";
import { importPublicKey, publicKeyFromAmd } from "@greenlight/core/id-block";
import { checkFirmwareStatement } from "@greenlight/core/session";
import { defineCommand } from "../../command/command.ts";
import { UsageError } from "../../command/usage-error.ts";
import { MAX_FIRMWARE_SIZE, readBounded } from "../../input/file.ts";
import { naming } from "../../input/named-error.ts";
import { parseNumber } from "../../input/number.ts";
import { formatFindings } from "../../output/findings.ts";
import { toJson } from "../../output/json.ts";

const SCHEMA = "greenlight/session-check-firmware/v1";

const MAX_KEY_FILE = 0x10000;

export const command = defineCommand({
  name: "session check-firmware",
  brief: "check a firmware against its signed statement",
  description: [
    "Checks signature, name, least version and hash: what the first program of an exported guest asks " +
      "before it starts a firmware that the host brought. Exit code 1 when anything fails.",
  ],
  positionals: { usage: "FIRMWARE STATEMENT", brief: "the two files", min: 2, max: 2 },
  options: {
    name: { kind: "value", placeholder: "NAME", brief: "name that the firmware must have" },
    "minimum-version": {
      kind: "value",
      placeholder: "N",
      brief: "lowest version that is taken",
      default: "0",
    },
    key: { kind: "list", placeholder: "KEY", brief: "public P-384 key that may sign" },
    json: { kind: "flag", brief: `print JSON (schema ${SCHEMA})` },
    verbose: { kind: "flag", short: "v", brief: "show sources of findings" },
  },
  examples: [
    {
      line:
        "session check-firmware OVMF.fd OVMF.statement --name amdsev --minimum-version 12 " +
        "--key id-public.pem",
      brief: "is it the owner's, and recent enough",
    },
  ],
  async run({ options, positionals, io }) {
    const [firmwareFile = "", statementFile = ""] = positionals;
    const { name, key: keyFiles } = options;
    if (name === undefined || keyFiles.length === 0) {
      throw new UsageError(
        "missing-option",
        `${name === undefined ? "--name" : "--key"} is missing`,
        "add --name NAME and --key KEY, as the statement was made",
      );
    }
    const keys = await Promise.all(keyFiles.map(readPoint));
    const statement = readBounded(statementFile, 4096);
    const firmware = readBounded(firmwareFile, MAX_FIRMWARE_SIZE);
    const findings = await naming(statementFile, () =>
      checkFirmwareStatement(statement, firmware, {
        name,
        minimumVersion: parseNumber(
          options["minimum-version"] ?? "0",
          "--minimum-version",
          0xffff_ffff,
        ),
        keys,
      }),
    );
    const verdict = outcomeOf(findings);
    const list = formatFindings(findings, { colour: io.colour, verbose: options.verbose });
    io.out(
      options.json
        ? toJson({ schema: SCHEMA, verdict, findings })
        : `The firmware is ${verdict}.\n\n${list}\n`,
    );
    return verdict === "accepted" ? 0 : 1;
  },
});

async function readPoint(path: string): Promise<Uint8Array> {
  return publicKeyFromAmd(
    await naming(path, () => importPublicKey(readBounded(path, MAX_KEY_FILE))),
  );
}
