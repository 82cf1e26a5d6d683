// SPDX-License-Identifier: Apache-2.0
// `greenlight image check`: whether a disk image is encrypted as it should be, and what is in clear.

import { checkImage } from "@greenlight/host/image";
import type { CheckedImage } from "@greenlight/host/image";
import { defineCommand } from "../../command/command.ts";
import type { Options } from "../../command/command.ts";
import { UsageError } from "../../command/usage-error.ts";
import { countFindings, formatFindings, sortFindings } from "../../output/findings.ts";
import { toJson } from "../../output/json.ts";
import { shownName } from "../../output/name.ts";
import { Progress } from "../../output/progress.ts";
import { paint } from "../../output/style.ts";
import { pairs, table } from "../../output/table.ts";
import { interruptible } from "../attest/interruption.ts";
import { asFileError } from "./file-error.ts";
import { readPassphrase } from "./passphrase.ts";
import { showSize } from "./size.ts";

const OPTIONS = {
  "passphrase-file": {
    kind: "value",
    placeholder: "FILE",
    brief: "the passphrase it must open with, to the last byte; - for standard input",
  },
  "header-digest": {
    kind: "value",
    placeholder: "HEX64",
    brief: "SHA-256 of the LUKS2 header, as image make printed it",
  },
  json: { kind: "flag", brief: "print JSON (schema greenlight/image-check/v1)" },
  verbose: { kind: "flag", short: "v", brief: "show everything about every check" },
} as const satisfies Options;

const EXIT_CODES = { accepted: 0, rejected: 1, undecided: 3 } as const;

export const command = defineCommand({
  name: "image check",
  brief: "check that a disk image is encrypted, and by what",
  description: [
    "Reads the whole image (qcow2 or raw) and judges its form, its partition tables, its LUKS2 " +
      "header and what the rest looks like. Everything but partition tables, headers and the EFI " +
      "system partition must look like noise; what does not is listed with its place. Compressed " +
      "data looks like noise too.",
    "A LUKS2 header says of itself how the disk is to be opened, and whoever has the disk can " +
      "write another one. With the passphrase it is tried, and the data behind it is looked at; " +
      "with --header-digest it must be the one that was made.",
    "Exit code 0: accepted; 1: rejected; 2: unreadable; 3: something needed is missing, such as " +
      "cryptsetup.",
  ],
  positionals: { usage: "IMAGE", brief: "the image", min: 1, max: 1 },
  options: OPTIONS,
  examples: [
    { line: "image check disk.img", brief: "what is in clear" },
    {
      line: "image check disk.img --passphrase-file passphrase --verbose",
      brief: "whether the passphrase opens it, with everything about every check",
    },
  ],
  async run({ options, positionals, io }) {
    const [path = ""] = positionals;
    const { "passphrase-file": file, "header-digest": headerDigest } = options;
    if (headerDigest !== undefined && !/^[0-9a-f]{64}$/i.test(headerDigest)) {
      throw new UsageError("bad-value", "--header-digest is not 64 hexadecimal digits");
    }
    const passphrase = file === undefined ? undefined : await readPassphrase(file, io);
    const progress = new Progress(io, { elsewhere: false });
    let checked: CheckedImage;
    try {
      checked = await interruptible(
        async (signal) =>
          checkImage({
            path,
            signal,
            ...(passphrase === undefined ? {} : { passphrase }),
            ...(headerDigest === undefined ? {} : { headerDigest }),
            progress: (done, total) =>
              progress.show(() => `${Math.floor((done / total) * 100)} percent looked at`),
          }),
        () => progress.clear(),
      );
    } catch (error) {
      throw asFileError(error, "read", path);
    } finally {
      progress.clear();
      passphrase?.fill(0);
    }
    const { verdict, findings } = checked;
    if (options.json) {
      io.out(toJson(asJson(path, checked)));
    } else {
      const word = paint(verdict === "accepted" ? "green" : "red", verdict, io.colour);
      const shown = options.verbose
        ? findings
        : findings.filter(({ outcome }) => outcome !== "pass" && outcome !== "skipped");
      const parts = [
        `${shownName(path)} ${word}: ${countFindings(findings)}`,
        ...(shown.length === 0
          ? []
          : [formatFindings(shown, { colour: io.colour, verbose: options.verbose })]),
        asText(checked),
      ];
      io.out(`${parts.join("\n\n")}\n`);
    }
    return EXIT_CODES[verdict];
  },
});

function asJson(path: string, checked: CheckedImage): unknown {
  const { verdict, findings, format, size, encrypted, survey } = checked;
  return {
    schema: "greenlight/image-check/v1",
    image: path,
    verdict,
    findings: sortFindings(findings),
    format,
    size,
    encrypted: encrypted ?? null,
    survey: survey ?? null,
  };
}

function asText({ format, size, encrypted, survey }: CheckedImage): string {
  const rows: (readonly [string, string])[] = [["disk", `${format}, ${showSize(size)}`]];
  if (encrypted !== undefined) {
    const { name, uuid, headerDigest } = encrypted;
    rows.push(
      ["encrypted", `${name}, LUKS2 ${shownName(uuid)}, ${showSize(encrypted.size)}`],
      ["header digest", headerDigest],
    );
  }
  if (survey === undefined) return pairs(rows);
  const { clear, clearCount } = survey;
  const columns = [
    { title: "in clear at", align: "right" },
    { title: "bytes", align: "right" },
    { title: "where" },
    { title: "looks like" },
  ] as const;
  const areas = clear.map(({ offset, size: bytes, region, content }) => [
    `0x${offset.toString(16)}`,
    String(bytes),
    region,
    content === region ? "" : content,
  ]);
  const more = clearCount > clear.length ? [`  and ${clearCount - clear.length} areas more`] : [];
  if (areas.length === 0) return pairs(rows);
  return [pairs(rows), "", table(columns, areas), ...more].join("\n");
}
