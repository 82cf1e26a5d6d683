// SPDX-License-Identifier: Apache-2.0
// Whether a passphrase opens an encrypted partition, and whether header and data belong together.
// cryptsetup sees only a copy of the header: the partition need not be a device.

import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { diskFinding, fileSystemName } from "@greenlight/core/disk";
import type { Disk, EncryptedPartition } from "@greenlight/core/disk";
import type { Finding, FindingId } from "@greenlight/core/finding";
import { ImageError } from "./error.ts";
import { inSecretFolder } from "./folders.ts";
import { runTool } from "./tool.ts";
import { xtsDecrypt } from "./xts.ts";

const PASSPHRASE = "disk.passphrase.wrong" satisfies FindingId;
const CONTENT = "disk.content.other-key" satisfies FindingId;

/** cryptsetup's exit code for a passphrase that opens no keyslot. */
const NO_PERMISSION = 2;

/** A header may have many keyslots, each of which is tried. */
const DEADLINE = 10 * 60_000;

/** As much of the data as the marks of all file systems need. */
const BEGINNING = 128 * 1024;

/** Checks whose failure makes trying a passphrase pointless, or lets a header say what is tried. */
const NEEDED: ReadonlySet<FindingId> = new Set<FindingId>([
  "disk.luks.header",
  "disk.luks.metadata",
  "disk.luks.null-cipher",
  "disk.luks.cipher",
  "disk.luks.keyslot-cipher",
  "disk.luks.segment",
  "disk.luks.digest",
  "disk.luks.requirements",
  "disk.luks.kdf-costly",
]);

/**
 * Tries the passphrase, and decrypts the beginning of the data with the key it opens. Neither is done
 * with a header that is not sound.
 * @param findings What was found about the disk.
 * @throws {ImageError} `interrupted`, `tool-hangs`.
 */
export async function checkPassphrase(
  disk: Disk | undefined,
  encrypted: EncryptedPartition | undefined,
  findings: readonly Finding[],
  passphrase: Uint8Array | undefined,
  signal: AbortSignal | undefined,
): Promise<readonly Finding[]> {
  if (passphrase === undefined) return skipped("no passphrase is given");
  const unsound = findings.some(({ id, outcome }) => outcome === "fail" && NEEDED.has(id));
  if (disk === undefined || encrypted === undefined || unsound) {
    return skipped("there is no sound LUKS2 header to try it on");
  }
  return inSecretFolder(async (folder) => {
    const header = join(folder, "header");
    await copyHeader(disk, encrypted, header);
    const options = { input: passphrase, signal, deadline: DEADLINE };
    // Tokens of the header come before the passphrase, and plugins for them may do anything: ask a
    // server of the header's choice, or open the disk with another key.
    const key = ["--disable-external-tokens", "--disable-keyring", "--key-file", "-"];
    try {
      const opened = await runTool(
        "cryptsetup",
        ["open", "--type", "luks2", "--test-passphrase", ...key, header],
        options,
      );
      if (opened.code !== 0) return refused(opened.code, opened.said);
      const keyFile = join(folder, "volume-key");
      const dump = ["luksDump", "--batch-mode", "--dump-volume-key", "--volume-key-file", keyFile];
      const dumped = await runTool("cryptsetup", [...dump, ...key, header], options);
      const passed = diskFinding(PASSPHRASE, "pass");
      if (dumped.code !== 0) {
        return [passed, diskFinding(CONTENT, "unknown", { actual: `cryptsetup: ${dumped.said}` })];
      }
      return [passed, await checkContent(disk, encrypted, await readFile(keyFile))];
    } catch (error) {
      if (!(error instanceof ImageError) || error.code !== "missing-tool") throw error;
      const why = {
        actual: error.message,
        ...(error.hint === undefined ? {} : { hint: error.hint }),
      };
      return [diskFinding(PASSPHRASE, "unknown", why), diskFinding(CONTENT, "unknown", why)];
    }
  });
}

function skipped(why: string): readonly Finding[] {
  const title = `Not tried: ${why}`;
  return [
    diskFinding(PASSPHRASE, "skipped", { title }),
    diskFinding(CONTENT, "skipped", { title }),
  ];
}

function refused(code: number, said: string): readonly Finding[] {
  if (code === NO_PERMISSION) {
    const hint =
      "another passphrase, or another header: the file must hold the passphrase and nothing else, " +
      "no newline at its end either";
    return [
      diskFinding(PASSPHRASE, "fail", { hint }),
      diskFinding(CONTENT, "skipped", { title: "Not looked at: the passphrase does not open it" }),
    ];
  }
  const why = { actual: `cryptsetup (${code}): ${said}` };
  return [diskFinding(PASSPHRASE, "unknown", why), diskFinding(CONTENT, "unknown", why)];
}

/** The header in a file as long as cryptsetup wants the data to be at least. */
async function copyHeader(
  disk: Disk,
  { offset, dataOffset, sectorSize }: EncryptedPartition,
  path: string,
): Promise<void> {
  const handle = await open(path, "wx", 0o600);
  try {
    const piece = 1024 * 1024;
    for (let at = 0; at < dataOffset; at += piece) {
      const bytes = await disk.read(offset + at, Math.min(piece, dataOffset - at));
      await handle.write(bytes, 0, bytes.length, at);
    }
    await handle.truncate(dataOffset + sectorSize);
  } finally {
    await handle.close();
  }
}

async function checkContent(
  disk: Disk,
  { offset, size, dataOffset, sectorSize }: EncryptedPartition,
  key: Uint8Array,
): Promise<Finding> {
  const there = Math.min(BEGINNING, size - dataOffset);
  const length = there - (there % sectorSize);
  const data = await disk.read(offset + dataOffset, length);
  const plain = xtsDecrypt(data, { key, sectorSize, offset: 0 });
  key.fill(0);
  const name = fileSystemName(plain);
  plain.fill(0);
  if (name !== undefined) return diskFinding(CONTENT, "pass", { actual: name });
  return diskFinding(CONTENT, "fail", {
    expected: "a file system, a swap area or a volume group",
    actual: "nothing that is known",
    hint: "the header may be that of another disk, put in front of this one's data",
  });
}
