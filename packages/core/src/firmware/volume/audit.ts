// SPDX-License-Identifier: Apache-2.0
// What a firmware lets the host bring in beside the measured kernel: whether it imports files under any
// name from fw_cfg, starts one called shim, checks kernels at all, and can boot from a disk instead.
// Judged by constants in its programs, which builds for release keep. Where the programs cannot be read,
// nothing is known.

import { LayoutError } from "../../bytes/index.ts";
import type { Finding, FindingId } from "../../finding/index.ts";
import { KERNEL_HASHES_GUIDS } from "../../launch/kernel-hashes.ts";
import type { LaunchFirmware } from "../image.ts";
import { FILE_TYPES, SECTION_TYPES } from "./layout.ts";
import { asciiPattern, filesWith, guidPattern, widePattern } from "./search.ts";
import { readVolumes } from "./volume.ts";
import type { FirmwareFile, FirmwareVolume } from "./volume.ts";

const LOADER = "edk2-stable202502, OvmfPkg/QemuKernelLoaderFsDxe";
const VERIFIER = "edk2 OvmfPkg/AmdSev, BlobVerifierLibSevHashes";

/** GUID of the file that holds AmdSev's boot loader. */
const GRUB = "b5ae312c-bc8a-43b1-9c62-ebb826dd5d07";

/** fw_cfg folder of which newer loaders take every file, whatever its name. */
const NAMED_BLOBS = asciiPattern("etc/boot/");
/** Name of the file that the boot manager starts in place of the kernel. */
const SHIM = widePattern("shim");
/** Entry of the kernel in the hash table: only the verifier looks for it. */
const KERNEL_ENTRY = guidPattern(KERNEL_HASHES_GUIDS.kernel);

/**
 * What a firmware takes from the host without a check. Every finding is reported for every image; all
 * but the first are unknown when the programs in it cannot be read.
 */
export function auditKernelBlobs(image: LaunchFirmware): readonly Finding[] {
  const read = tryReadVolumes(image.bytes);
  if (read instanceof LayoutError) return unreadable(read.message);
  const files = read.flatMap((volume) => volume.files);
  if (!files.some(isProgram)) return unreadable("there are no programs in firmware volumes");
  // What imports, verifies and starts are drivers of this phase: without its core, the part of the image
  // that holds them is not there or was not found, and not finding them says nothing.
  if (!files.some((file) => file.type === FILE_TYPES["DXE core"] && isProgram(file))) {
    return unreadable("among the programs is no DXE core, so the drivers are somewhere else");
  }
  const importers = filesWith(files, NAMED_BLOBS);
  return [
    {
      id: "firmware.volumes.unreadable",
      outcome: "pass",
      title: "The programs in the firmware could be unpacked",
      actual: `${files.filter(isProgram).length} programs in ${read.length} volumes`,
      source: "UEFI PI Specification 1.8, volume 3",
    },
    checkNamedBlobs(importers),
    checkShim(importers, filesWith(files, SHIM)),
    checkVerifier(image, filesWith(files, KERNEL_ENTRY)),
    checkGrub(files.find(({ guid }) => guid === GRUB)),
  ];
}

function tryReadVolumes(bytes: Uint8Array): readonly FirmwareVolume[] | LayoutError {
  try {
    return readVolumes(bytes);
  } catch (error) {
    if (error instanceof LayoutError) return error;
    throw error;
  }
}

function unreadable(reason: string): readonly Finding[] {
  const ids: readonly FindingId[] = [
    "firmware.volumes.unreadable",
    "firmware.host-blobs.unverified",
    "firmware.host-shim.started",
    "firmware.kernel-hashes.not-enforced",
    "firmware.grub.empty",
  ];
  return ids.map((id, i) => ({
    id,
    outcome: "unknown",
    title: i === 0 ? "The programs in the firmware cannot be read" : UNKNOWN_TITLES[id]!,
    actual: reason,
    hint: "use an OVMF image as its builder made it, the whole file",
  }));
}

const UNKNOWN_TITLES: Readonly<Partial<Record<FindingId, string>>> = {
  "firmware.host-blobs.unverified": "Whether the firmware takes unverified files is not known",
  "firmware.host-shim.started": "Whether the host can have another program started is not known",
  "firmware.kernel-hashes.not-enforced": "Whether kernel hashes are enforced is not known",
  "firmware.grub.empty": "Whether the firmware holds a boot loader is not known",
};

function isProgram({ sections }: FirmwareFile): boolean {
  return sections.some(({ type }) => type === SECTION_TYPES.PE32 || type === SECTION_TYPES.TE);
}

function checkNamedBlobs(importers: readonly FirmwareFile[]): Finding {
  const isOpen = importers.length > 0;
  return {
    id: "firmware.host-blobs.unverified",
    outcome: isOpen ? "warn" : "pass",
    title: isOpen
      ? "The firmware takes every file of fw_cfg's etc/boot/ and verifies three names only"
      : "The firmware takes no files from fw_cfg's etc/boot/",
    ...(isOpen ? { actual: `imported by ${namesOf(importers)}` } : {}),
    source: LOADER,
    ...(isOpen ? { hint: "look at what it does with them: see the finding about the shim" } : {}),
  };
}

function checkShim(importers: readonly FirmwareFile[], starters: readonly FirmwareFile[]): Finding {
  const isOpen = importers.length > 0 && starters.length > 0;
  return {
    id: "firmware.host-shim.started",
    outcome: isOpen ? "fail" : "pass",
    title: isOpen
      ? "The host can have an unmeasured program started in place of the kernel (fw_cfg etc/boot/shim)"
      : "The firmware starts no program that the host calls shim",
    ...(isOpen ? { actual: `started by ${namesOf(starters)}` } : {}),
    source: "edk2-stable202502, OvmfPkg, GenericQemuLoadImageLib",
    ...(isOpen
      ? {
          hint:
            "the launch digest does not show it: use a firmware from before edk2-stable202502, or one " +
            "whose verifier covers the shim, or accept this finding by name",
        }
      : {}),
  };
}

function checkVerifier(image: LaunchFirmware, verifiers: readonly FirmwareFile[]): Finding {
  const id = "firmware.kernel-hashes.not-enforced";
  const { hashTable } = image;
  if (hashTable === null || hashTable.base === 0 || hashTable.size === 0) {
    return {
      id,
      outcome: "skipped",
      title: "The firmware has no room for a kernel-hashes table, so QEMU measures no kernel",
      source: VERIFIER,
    };
  }
  const isThere = verifiers.length > 0;
  return {
    id,
    outcome: isThere ? "pass" : "fail",
    title: isThere
      ? "The firmware verifies kernels against the measured hashes"
      : "The firmware has room for measured kernel hashes, but no program that verifies kernels",
    actual: isThere ? `verified by ${namesOf(verifiers)}` : "no program looks for the hashes",
    source: VERIFIER,
    ...(isThere
      ? {}
      : { hint: "kernel-hashes=on changes the digest and protects nothing: use OVMF.amdsev.fd" }),
  };
}

function checkGrub(grub: FirmwareFile | undefined): Finding {
  const program = grub?.sections.find(({ type }) => type === SECTION_TYPES.PE32);
  const isEmpty = program === undefined || program.data.length === 0;
  return {
    id: "firmware.grub.empty",
    outcome: grub === undefined ? "skipped" : isEmpty ? "warn" : "pass",
    title:
      grub === undefined
        ? "The firmware is not built with a boot loader of its own"
        : isEmpty
          ? "The boot loader inside is an empty file, so no encrypted disk boots without -kernel"
          : "The firmware holds a boot loader of its own",
    ...(grub === undefined ? {} : { actual: `${program?.data.length ?? 0} bytes` }),
    source: "edk2 OvmfPkg/AmdSev/Grub",
  };
}

function namesOf(files: readonly FirmwareFile[]): string {
  return files.map(({ name, guid }) => name ?? guid).join(", ");
}
