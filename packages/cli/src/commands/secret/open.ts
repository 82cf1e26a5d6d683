// SPDX-License-Identifier: Apache-2.0
// `greenlight secret open`: whether a packet is authentic, and which secrets are in it. Their content is
// not shown; it can be written to files of a folder of its own.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import {
  PACKET_HEADER,
  knownSecret,
  openSecret,
  parseSecretTable,
  readPayload,
  readSized,
} from "@greenlight/core/session";
import type { PacketRefusal, SecretEntry } from "@greenlight/core/session";
import { defineCommand } from "../../command/command.ts";
import { UsageError } from "../../command/usage-error.ts";
import { readBounded } from "../../input/file.ts";
import { naming } from "../../input/named-error.ts";
import { KEY_OPTIONS, readNamedKeys } from "../../input/session-keys.ts";
import { systemErrorCode } from "../../input/system-error.ts";
import { toJson } from "../../output/json.ts";
import { unwritable } from "../../output/file.ts";
import { writePrivateFiles } from "../../output/private-file.ts";
import { hang } from "../../output/style.ts";
import { table } from "../../output/table.ts";
import { MEASURED_OPTIONS, measuredOf } from "./measured.ts";

/** The largest payload in base64, and line breaks. */
const MAX_FILE = 0x8000;

const SCHEMA = "greenlight/secret-open/v1";

const REASONS: Readonly<Record<PacketRefusal, string>> = {
  "bad-length": "header or payload has a length that no packet has",
  "bad-flags": "the header has flags set, and none are in use",
  "bad-mac": "it is not authentic: other keys, another measurement, or it was changed",
};

const { measurement, "api-major": apiMajor, "api-minor": apiMinor } = MEASURED_OPTIONS;

export const command = defineCommand({
  name: "secret open",
  brief: "check a packet and list what is in it",
  description: [
    "Opens a packet with the session's keys as the platform's processor does: length, flags and MAC " +
      "first. Takes the output of secret build, sevctl and virt-qemu-sev-validate, base64 or raw. " +
      "Exit code 1 when the packet would be refused.",
  ],
  positionals: { usage: "HEADER PAYLOAD", brief: "files of the packet", min: 2, max: 2 },
  options: {
    measurement,
    "api-major": apiMajor,
    "api-minor": apiMinor,
    ...KEY_OPTIONS,
    "write-to": {
      kind: "value",
      placeholder: "FOLDER",
      brief: "write every secret to a file in this new folder (mode 0700)",
    },
    json: { kind: "flag", brief: `print JSON (schema ${SCHEMA})` },
  },
  examples: [
    {
      line:
        "secret open header.b64 payload.b64 --tk launch_tk.bin -m measurement.b64 " +
        "--api-major 1 --api-minor 55",
      brief: "what secret build has made",
    },
  ],
  async run({ options, positionals, io }) {
    const [headerFile = "", payloadFile = ""] = positionals;
    const measured = await measuredOf({ ...options, "build-id": undefined, policy: undefined });
    const header = await naming(headerFile, () =>
      readSized(readBounded(headerFile, MAX_FILE), PACKET_HEADER.size, PACKET_HEADER.name),
    );
    const payload = readPayload(readBounded(payloadFile, MAX_FILE));
    const opened = openSecret({
      keys: readNamedKeys(options),
      header: header.bytes,
      payload: payload.bytes,
      ...measured,
    });
    if (opened.status !== "ok") {
      const { status } = opened;
      io.out(
        options.json
          ? toJson({ schema: SCHEMA, verdict: "rejected", reason: status, secrets: [] })
          : `${hang("", `Refused: ${REASONS[status]}.`)}\n`,
      );
      return 1;
    }
    const { entries } = await naming("the packet", () => parseSecretTable(opened.plaintext));
    if (options["write-to"] !== undefined) writeSecrets(options["write-to"], entries);
    io.out(options.json ? jsonOf(entries) : textOf(entries));
    return 0;
  },
});

function writeSecrets(folder: string, entries: readonly SecretEntry[]): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    const reason = systemErrorCode(error);
    if (reason === undefined) throw error;
    if (reason !== "EEXIST") throw unwritable(folder, reason, "make the folder");
    const hint = "name a folder that does not exist yet";
    throw new UsageError("file-exists", `${JSON.stringify(folder)} exists`, hint);
  }
  const files = entries.map(({ guid, data }, i) => ({
    // A GUID may stand in a foreign table twice.
    path: join(folder, entries.findIndex((e) => e.guid === guid) === i ? guid : `${guid}.${i}`),
    content: data,
    secret: true,
  }));
  writePrivateFiles(files, false);
}

function jsonOf(entries: readonly SecretEntry[]): string {
  const secrets = entries.map(({ guid, data }) => ({
    guid,
    name: knownSecret(guid)?.alias ?? null,
    size: data.length,
  }));
  return toJson({ schema: SCHEMA, verdict: "accepted", reason: null, secrets });
}

function textOf(entries: readonly SecretEntry[]): string {
  const rows = entries.map(({ guid, data }) => [
    guid,
    String(data.length),
    knownSecret(guid)?.meaning ?? "",
  ]);
  const columns = [
    { title: "secret" },
    { title: "bytes", align: "right" },
    { title: "what it is" },
  ] as const;
  const count = entries.length === 1 ? "1 secret" : `${entries.length} secrets`;
  return `The packet is authentic: ${count}\n${table(columns, rows)}\n`;
}
