// SPDX-License-Identifier: Apache-2.0
// `greenlight image make`: an encrypted disk, made with the system's tools and without being root.

import { statSync } from "node:fs";
import { DEFAULT_ESP_SIZE, ImageError, makeImage } from "@greenlight/host/image";
import type { ImageParameters, LuksSettings, MadeImage } from "@greenlight/host/image";
import { defineCommand } from "../../command/command.ts";
import type { Options, OptionValues } from "../../command/command.ts";
import { UsageError } from "../../command/usage-error.ts";
import { parseNumber } from "../../input/number.ts";
import { reportFailure } from "../../output/failure.ts";
import { refuseExisting } from "../../output/file.ts";
import type { Io } from "../../output/io.ts";
import { toJson } from "../../output/json.ts";
import { shownName } from "../../output/name.ts";
import { Progress } from "../../output/progress.ts";
import { pairs } from "../../output/table.ts";
import { interruptible } from "../attest/interruption.ts";
import { asFileError } from "./file-error.ts";
import { readPassphrase } from "./passphrase.ts";
import { parseSize, showSize } from "./size.ts";

const CONTENT = "What is on it";
const GUESSING = "How slow guessing the passphrase is made";

const OPTIONS = {
  size: { kind: "value", placeholder: "SIZE", brief: "size of the disk: 512M, 8G" },
  "passphrase-file": {
    kind: "value",
    placeholder: "FILE",
    brief: "the passphrase, to the last byte; - for standard input",
  },
  format: {
    kind: "value",
    placeholder: "FORMAT",
    brief: "format of the image",
    choices: ["qcow2", "raw"],
    default: "qcow2",
  },
  force: { kind: "flag", brief: "replace a file of that name" },
  json: { kind: "flag", brief: "print JSON (schema greenlight/image-make/v1)" },
  root: {
    kind: "value",
    placeholder: "FOLDER|TAR",
    brief: "content of the encrypted root file system",
    default: "nothing",
    group: CONTENT,
  },
  owner: {
    kind: "value",
    placeholder: "OWNER",
    brief: "whom its files belong to",
    choices: ["root", "as-is"],
    default: "root",
    group: CONTENT,
  },
  esp: {
    kind: "value",
    placeholder: "FOLDER",
    brief: "content of the EFI system partition, in clear",
    default: "nothing",
    group: CONTENT,
  },
  "esp-size": {
    kind: "value",
    placeholder: "SIZE",
    brief: "size of the EFI system partition, 0 for none",
    default: `${DEFAULT_ESP_SIZE / 1024 / 1024}M`,
    group: CONTENT,
  },
  kdf: {
    kind: "value",
    placeholder: "KDF",
    brief: "key derivation; measured: what takes cryptsetup two seconds here",
    choices: ["measured", "argon2id", "pbkdf2"],
    default: "measured",
    group: GUESSING,
  },
  "kdf-memory": {
    kind: "value",
    placeholder: "SIZE",
    brief: "memory of argon2id, which the guest must have too: 64M",
    group: GUESSING,
  },
  "kdf-iterations": {
    kind: "value",
    placeholder: "N",
    brief: "passes of argon2id (4 unless given) or iterations of pbkdf2",
    group: GUESSING,
  },
} as const satisfies Options;

type MakeOptions = OptionValues<typeof OPTIONS>;

export const command = defineCommand({
  name: "image make",
  brief: "make an encrypted disk image",
  description: [
    "Makes a disk with a partition table, an EFI system partition in clear, and a root file system " +
      "(ext4) encrypted with LUKS2. Uses cryptsetup, mke2fs, mkfs.vfat, mcopy, sfdisk and qemu-img; " +
      "needs neither root nor loop devices. All of the file system is written, so that the image " +
      "does not show how much is in use.",
    "By default opening takes up to 1 GiB of memory in the guest. With a random passphrase of 128 " +
      "bits or more, which a guest that is given it by a program may well have, less does no harm: " +
      "--kdf argon2id --kdf-memory 32M.",
    "Keep the digest of the header that is printed: the host can write another header, and image " +
      "check --header-digest tells. Exit code 3 where a tool is missing.",
  ],
  positionals: { usage: "IMAGE", brief: "the file to make", min: 1, max: 1 },
  options: OPTIONS,
  examples: [
    {
      line:
        "image make new-disk.qcow2 --size 48M --passphrase-file passphrase --root rootfs " +
        "--esp-size 4M --kdf argon2id --kdf-memory 32M",
      brief: "a small disk that opens fast",
      needs: "a machine that has these tools",
    },
  ],
  async run({ options, positionals, io }) {
    const [out = ""] = positionals;
    const parameters = await parametersOf(out, options, io);
    if (!options.force) refuseExisting(parameters.out);
    const progress = new Progress(io, { elsewhere: false });
    let made: MadeImage;
    try {
      made = await interruptible(
        async (signal) =>
          makeImage({
            ...parameters,
            signal,
            progress: (step, done, total) =>
              progress.show(() => `${step}: ${Math.floor((done / total) * 100)} percent`),
          }),
        () => progress.clear(),
      );
    } catch (error) {
      progress.clear();
      if (!(error instanceof ImageError) || error.code !== "missing-tool") {
        throw asFileError(error, "write", parameters.out);
      }
      await reportFailure(error, "image make", options.json, io);
      return 3;
    } finally {
      parameters.passphrase.fill(0);
    }
    progress.clear();
    io.out(options.json ? toJson(asJson(parameters, made)) : asText(parameters, made));
    return 0;
  },
});

async function parametersOf(out: string, options: MakeOptions, io: Io): Promise<ImageParameters> {
  const required = (name: "size" | "passphrase-file"): string => {
    const value = options[name];
    if (value !== undefined) return value;
    const example = name === "size" ? "--size SIZE, such as 8G" : "--passphrase-file FILE";
    throw new UsageError("missing-option", `--${name} is missing`, `add ${example}`);
  };
  const size = parseSize(required("size"), "--size");
  const espSize = parseSize(options["esp-size"] ?? OPTIONS["esp-size"].default, "--esp-size");
  const passphraseFile = required("passphrase-file");
  const { root, esp } = options;
  if (esp !== undefined && espSize === 0) {
    throw new UsageError("conflicting-options", "--esp is given and --esp-size is 0");
  }
  return {
    out,
    size,
    overwrite: options.force,
    format: options.format === "raw" ? "raw" : "qcow2",
    owner: options.owner === "as-is" ? "as-is" : "root",
    esp: { size: espSize, ...(esp === undefined ? {} : { folder: folder(esp, "--esp") }) },
    ...(root === undefined ? {} : { root: isFolder(root) ? { folder: root } : { tar: root } }),
    luks: luksOf(options),
    passphrase: await readPassphrase(passphraseFile, io),
  };
}

function luksOf(options: MakeOptions): LuksSettings {
  const { kdf = "measured", "kdf-memory": memory, "kdf-iterations": iterations } = options;
  const count = (least: number): number =>
    iterations === undefined ? least : parseNumber(iterations, "--kdf-iterations", 100_000_000);
  switch (kdf) {
    case "argon2id": {
      const bytes = memory === undefined ? undefined : parseSize(memory, "--kdf-memory");
      if (bytes === undefined) {
        const hint = "add --kdf-memory SIZE, such as 64M";
        throw new UsageError("missing-option", "--kdf argon2id needs its memory", hint);
      }
      return { kdf, memoryKib: bytes / 1024, passes: count(4) };
    }
    case "pbkdf2":
      if (memory !== undefined) {
        throw new UsageError("conflicting-options", "--kdf pbkdf2 has no --kdf-memory");
      }
      return { kdf, iterations: count(1_000_000) };
    default:
      if (memory !== undefined || iterations !== undefined) {
        const hint = "add --kdf argon2id or --kdf pbkdf2";
        throw new UsageError("conflicting-options", "costs are given and no --kdf", hint);
      }
      return { kdf: "default" };
  }
}

function isFolder(path: string): boolean {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status !== undefined) return status.isDirectory();
  throw new UsageError(
    "unreadable-file",
    `cannot read ${JSON.stringify(path)}: there is no such file`,
    "check the path",
  );
}

function folder(path: string, option: string): string {
  if (isFolder(path)) return path;
  throw new UsageError("bad-value", `${option}: ${JSON.stringify(path)} is no folder`);
}

function asJson({ out, format }: ImageParameters, { layout, headerDigest }: MadeImage): unknown {
  const { size, esp, root } = layout;
  return {
    schema: "greenlight/image-make/v1",
    image: out,
    format,
    size,
    efiSystemPartition: esp ?? null,
    encryptedPartition: root,
    headerDigest,
  };
}

function asText({ out, format }: ImageParameters, { layout, headerDigest }: MadeImage): string {
  const { size, esp, root } = layout;
  const rows: (readonly [string, string])[] = [
    ["format", format ?? "qcow2"],
    ["disk", showSize(size)],
    [
      "in clear",
      esp === undefined ? "partition tables" : `EFI system partition, ${showSize(esp.size)}`,
    ],
    ["encrypted", `LUKS2, ${showSize(root.size)}`],
    ["header digest", headerDigest],
  ];
  return `${shownName(out)} made\n${pairs(rows)}\n`;
}
