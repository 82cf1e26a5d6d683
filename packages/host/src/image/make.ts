// SPDX-License-Identifier: Apache-2.0
// Making an encrypted disk with the system's own tools, as an ordinary user: no loop devices, no device
// mapper, nothing mounted. The data is encrypted here, sector by sector, as dm-crypt will decrypt it.

import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { link, mkdir, open, readdir, rename, stat, truncate, writeFile } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join, resolve } from "node:path";
import { ImageError } from "./error.ts";
import { inFolderBeside, inSecretFolder } from "./folders.ts";
import { layOut, sfdiskScript } from "./layout.ts";
import type { DiskLayout, Place } from "./layout.ts";
import { DATA_OFFSET, SECTOR_SIZE, VOLUME_KEY_SIZE, luksFormatArguments } from "./luks-settings.ts";
import type { LuksSettings } from "./luks-settings.ts";
import { mustRun } from "./tool.ts";
import { xtsEncrypt } from "./xts.ts";

/** What an image is made of. */
export interface ImageParameters {
  /** The file to make. */
  readonly out: string;
  /** Whether a file of that name may be replaced. */
  readonly overwrite?: boolean;
  readonly format?: "qcow2" | "raw";
  /** Taken as it is, to the last byte. */
  readonly passphrase: Uint8Array;
  /** Bytes of the disk, in whole MiB. */
  readonly size: number;
  /** What the encrypted root file system holds; nothing unless given. */
  readonly root?: { readonly folder: string } | { readonly tar: string };
  /**
   * Whom the files in it belong to: `root`, whoever they belong to here (files of other users keep
   * their numbers only when root makes the image), or `as-is`. `root` unless given.
   */
  readonly owner?: "root" | "as-is";
  /** Bytes of the EFI system partition, in whole MiB, 0 for none, and a folder with its files. */
  readonly esp?: { readonly size: number; readonly folder?: string };
  readonly luks?: LuksSettings;
  readonly signal?: AbortSignal;
  readonly progress?: (step: ImageStep, done: number, total: number) => void;
}

/** What is being done. */
export type ImageStep = "file system" | "header" | "encryption" | "EFI system partition" | "image";

/** What was made. */
export interface MadeImage {
  readonly layout: DiskLayout;
  /** SHA-256, hexadecimal, of the LUKS2 header: all before the encrypted data. */
  readonly headerDigest: string;
}

/** An EFI system partition that holds a few kernels. */
export const DEFAULT_ESP_SIZE = 64 * 1024 * 1024;

/** Longer than any passphrase, and short enough for every way a guest is given one. */
const LONGEST_PASSPHRASE = 1024;
const PIECE = 4 * 1024 * 1024;

/**
 * Makes a disk image: GPT, an EFI system partition in clear, and a root file system (ext4) encrypted
 * with LUKS2. All of the file system is encrypted and written, also where it holds nothing, so that the
 * image does not show what is in use.
 * @throws {ImageError} every code but `not-a-file`; errors of the system, such as a full disk, as they come.
 */
export async function makeImage(parameters: ImageParameters): Promise<MadeImage> {
  const { out, passphrase, overwrite = false, signal, progress = () => {} } = parameters;
  const { size: espSize, folder: espFolder } = parameters.esp ?? { size: DEFAULT_ESP_SIZE };
  checkPassphrase(passphrase);
  const layout = layOut(parameters.size, espSize);
  const settings = luksFormatArguments(parameters.luks ?? { kdf: "default" });
  if (!overwrite && existsSync(out)) throw exists(out);
  return inFolderBeside(out, async (folder) => {
    const file = (name: string): string => join(folder, name);
    progress("file system", 0, 1);
    await makeFileSystem(parameters, layout.fileSystemSize, folder, file("root.ext4"));
    progress("header", 0, 1);
    const key = randomBytes(VOLUME_KEY_SIZE);
    try {
      await makeHeader(key, passphrase, settings, layout.root.size, file("root.luks"), signal);
      const disk = await open(file("disk.raw"), "wx+", 0o600);
      try {
        await disk.truncate(layout.size);
        const header = await headerOf(file("root.luks"));
        await disk.write(header, 0, header.length, layout.root.offset);
        await encryptInto(disk, layout, file("root.ext4"), key, parameters);
        if (layout.esp !== undefined) {
          progress("EFI system partition", 0, 1);
          await makeEsp(layout.esp, espFolder, file("esp.fat"), signal);
          await copyInto(disk, layout.esp, file("esp.fat"));
        }
        await disk.sync();
        await partition(layout, file("disk.raw"), signal);
        progress("image", 0, 1);
        await finish(parameters, file("disk.raw"), file("disk.out"));
        return { layout, headerDigest: createHash("sha256").update(header).digest("hex") };
      } finally {
        await disk.close();
      }
    } finally {
      key.fill(0);
    }
  });
}

function checkPassphrase(passphrase: Uint8Array): void {
  const { length } = passphrase;
  if (length === 0 || length > LONGEST_PASSPHRASE) {
    const message = `the passphrase has ${length} bytes, not 1 to ${LONGEST_PASSPHRASE}`;
    throw new ImageError("bad-parameter", message);
  }
  if (passphrase.at(-1) === 0) {
    // In launch secrets a NUL at the end is not part of the passphrase: GRUB wants it there.
    throw new ImageError(
      "bad-parameter",
      "the passphrase ends with a NUL byte",
      "it would be taken off where the guest reads it; take it off here as well",
    );
  }
}

async function makeFileSystem(
  parameters: ImageParameters,
  size: number,
  folder: string,
  file: string,
): Promise<void> {
  const { root, owner = "root", signal } = parameters;
  let source: string;
  if (root !== undefined && "folder" in root) {
    source = resolve(root.folder);
    if (!(await isFolder(source))) {
      throw new ImageError("bad-parameter", `${JSON.stringify(root.folder)} is no folder`);
    }
  } else {
    source = join(folder, "root");
    await mkdir(source, { mode: 0o755 });
    if (root !== undefined) {
      const keep = process.getuid?.() === 0 && owner === "as-is" ? [] : ["--no-same-owner"];
      const tar = ["--extract", "--preserve-permissions", ...keep, "--directory", source];
      await mustRun("tar", [...tar, "--file", resolve(root.tar)], { signal });
    }
  }
  const args = ["-q", "-F", "-t", "ext4", "-b", String(SECTOR_SIZE), "-m", "0", "-L", "root"];
  args.push("-d", source, file, `${size / 1024}k`);
  const hint = "is the disk large enough for what is to be in it?";
  // In a user namespace of their own, one's files are root's.
  if (owner === "root" && process.getuid?.() !== 0) {
    await mustRun("unshare", ["--map-root-user", "--", "mke2fs", ...args], {
      signal,
      hint: `${hint} Where user namespaces are forbidden, leave owners as they are`,
    });
  } else {
    await mustRun("mke2fs", args, { signal, hint });
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (status) => status.isDirectory(),
    () => false,
  );
}

/** A LUKS2 header for a volume key of ours, in a sparse file of the partition's size. */
async function makeHeader(
  key: Uint8Array,
  passphrase: Uint8Array,
  settings: readonly string[],
  size: number,
  file: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  await writeFile(file, "", { flag: "wx", mode: 0o600 });
  await truncate(file, size);
  await inSecretFolder(async (folder) => {
    const keyFile = join(folder, "volume-key");
    await writeFile(keyFile, key, { flag: "wx", mode: 0o600 });
    const args = ["luksFormat", "--batch-mode", ...settings, "--volume-key-file", keyFile];
    await mustRun("cryptsetup", [...args, "--key-file", "-", file], { input: passphrase, signal });
  });
}

async function headerOf(file: string): Promise<Uint8Array> {
  const handle = await open(file, "r");
  try {
    const header = new Uint8Array(DATA_OFFSET);
    const { bytesRead } = await handle.read(header, 0, header.length, 0);
    if (bytesRead === header.length) return header;
    throw new ImageError("system", "the LUKS2 header could not be read back");
  } finally {
    await handle.close();
  }
}

async function encryptInto(
  disk: FileHandle,
  layout: DiskLayout,
  file: string,
  key: Uint8Array,
  { signal, progress }: ImageParameters,
): Promise<void> {
  const total = layout.fileSystemSize;
  const source = await open(file, "r");
  try {
    const buffer = new Uint8Array(PIECE);
    for (let offset = 0; offset < total; offset += PIECE) {
      if (signal?.aborted === true) {
        throw new ImageError("interrupted", "the work was interrupted", undefined, signal.reason);
      }
      const piece = buffer.subarray(0, Math.min(PIECE, total - offset)).fill(0);
      await source.read(piece, 0, piece.length, offset);
      const data = xtsEncrypt(piece, { key, sectorSize: SECTOR_SIZE, offset });
      await disk.write(data, 0, data.length, layout.root.offset + DATA_OFFSET + offset);
      progress?.("encryption", offset + piece.length, total);
    }
  } finally {
    await source.close();
  }
}

async function makeEsp(
  { size }: Place,
  folder: string | undefined,
  file: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  await mustRun("mkfs.vfat", ["-n", "EFI", "-C", file, String(size / 1024)], { signal });
  if (folder === undefined) return;
  const names = await readdir(folder);
  if (names.length === 0) return;
  await mustRun("mcopy", ["-s", "-i", file, ...names.map((name) => resolve(folder, name)), "::/"], {
    signal,
    env: { MTOOLSRC: "/dev/null" },
    hint: "do the files fit the partition?",
  });
}

async function copyInto(disk: FileHandle, place: Place, file: string): Promise<void> {
  const source = await open(file, "r");
  try {
    const buffer = new Uint8Array(PIECE);
    for (let at = 0; at < place.size; at += PIECE) {
      const { bytesRead } = await source.read(buffer, 0, Math.min(PIECE, place.size - at), at);
      await disk.write(buffer, 0, bytesRead, place.offset + at);
    }
  } finally {
    await source.close();
  }
}

async function partition(
  layout: DiskLayout,
  file: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const args = ["--quiet", "--no-reread", "--no-tell-kernel", "--wipe", "never", file];
  await mustRun("sfdisk", args, { input: sfdiskScript(layout), signal });
}

/** Brings the disk into its format and to its place, whole or not at all. */
async function finish(parameters: ImageParameters, raw: string, made: string): Promise<void> {
  const { out, format = "qcow2", overwrite = false, signal } = parameters;
  let result = raw;
  if (format === "qcow2") {
    await mustRun("qemu-img", ["convert", "-f", "raw", "-O", "qcow2", raw, made], { signal });
    result = made;
  }
  if (overwrite) return rename(result, out);
  try {
    // Unlike a rename, this fails when somebody else made a file of that name meanwhile.
    await link(result, out);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") throw exists(out);
    throw error;
  }
}

function exists(path: string): ImageError {
  return new ImageError("file-exists", `${JSON.stringify(path)} exists`);
}
