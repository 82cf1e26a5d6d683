// SPDX-License-Identifier: Apache-2.0
// What runs in the software machine: what AmdSev OVMF does with kernel hashes and a shim, then what the
// demonstration's init does with the launch secret. Source: edk2 BlobVerifierLibSevHashes,
// QemuKernelLoaderFsDxe; guest/unlock-init.ts.

import { guidEncode } from "@greenlight/core/bytes";
import { sha256 } from "@greenlight/core/crypto";
import { KERNEL_HASHES_GUIDS, KERNEL_HASHES_TABLE, cmdlineHash } from "@greenlight/core/launch";
import { parseSecretTable } from "@greenlight/core/session";
import { DISK_PASSPHRASE_GUID, SHIM_LINES, stateLine } from "../guest/index.ts";
import type { GuestState } from "../guest/index.ts";
import { openSoftwareDisk } from "./disk.ts";
import type { Memory } from "./memory.ts";

/** What the guest is given. */
export interface SoftwareGuest {
  readonly memory: Memory;
  /** Areas of the firmware's footer table. */
  readonly secretArea: { readonly base: number; readonly size: number } | undefined;
  readonly hashTable: { readonly base: number; readonly size: number } | undefined;
  readonly kernel: Uint8Array | undefined;
  readonly initrd: Uint8Array | undefined;
  readonly append: string;
  /** fw_cfg etc/boot/shim. */
  readonly shim: Uint8Array | undefined;
  readonly disk: Uint8Array | undefined;
}

/** How a boot ended. */
export interface BootEnd {
  /** `dead-loop`: the firmware stopped for ever without a word. `idle`: nothing to boot. */
  readonly outcome: "power-off" | "dead-loop" | "idle";
  /** What was written to the serial port. */
  readonly printed: readonly string[];
}

/** Boots. */
export function boot(guest: SoftwareGuest): BootEnd {
  if (guest.kernel === undefined || guest.hashTable === undefined) return nothingToBoot();
  const table = guest.memory.read(guest.hashTable.base, KERNEL_HASHES_TABLE.size);
  const begins = guidEncode(KERNEL_HASHES_GUIDS.table);
  if (!equalBytes(table.subarray(0, begins.length), begins)) return nothingToBoot();
  if (!blobsMatch(guest, table)) return { outcome: "dead-loop", printed: [] };
  const printed = guest.shim === undefined ? init(guest) : shimRuns(guest);
  return { outcome: "power-off", printed };
}

function nothingToBoot(): BootEnd {
  return { outcome: "idle", printed: ["BdsDxe: No bootable option or device was found."] };
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** The blob verifier's question: are these the blobs of the table? */
function blobsMatch({ kernel, initrd, append }: SoftwareGuest, bytes: Uint8Array): boolean {
  const table = KERNEL_HASHES_TABLE.decode(bytes);
  const none = new Uint8Array();
  return [
    equalBytes(table.kernel, sha256(kernel ?? none)),
    equalBytes(table.initrd, sha256(initrd ?? none)),
    equalBytes(table.cmdline, cmdlineHash(append)),
  ].every(Boolean);
}

/** A shim that firmware starts unverified: whatever it is, it reads what the guest was given. */
function shimRuns(guest: SoftwareGuest): readonly string[] {
  const secret = secretTable(guest);
  const found =
    secret === undefined
      ? SHIM_LINES.notFound
      : `${SHIM_LINES.found}${parseSecretTable(secret).length.toString(16).padStart(8, "0")}`;
  return [SHIM_LINES.runs, found];
}

/** The init script of guest/unlock-init.ts, as far as it can be seen from outside. */
function init(guest: SoftwareGuest): readonly string[] {
  const lines: string[] = [];
  const tell = (state: GuestState): void => void lines.push(stateLine(state));
  tell("started");
  const passphrase = diskPassphrase(guest);
  if (passphrase === undefined) {
    tell("noSecret");
  } else {
    tell("wiped");
    const opened = openSoftwareDisk(guest.disk ?? new Uint8Array(), passphrase);
    if (opened.outcome === "open") {
      tell("unlocked");
      const proof = opened.proof.trimEnd().split("\n");
      lines.push(...proof.map((line) => `greenlight-guest: proof: ${line}`));
    } else {
      tell(opened.outcome === "no-disk" ? "noDisk" : "wrongPassphrase");
    }
  }
  tell("powerOff");
  return lines;
}

/** Takes the passphrase out of memory, and wipes the area. */
function diskPassphrase(guest: SoftwareGuest): Uint8Array | undefined {
  const table = secretTable(guest);
  if (table === undefined || guest.secretArea === undefined) return undefined;
  const { entries } = parseSecretTable(table);
  guest.memory.write(guest.secretArea.base, new Uint8Array(guest.secretArea.size));
  const data = entries.find(({ guid }) => guid === DISK_PASSPHRASE_GUID)?.data;
  return data?.at(-1) === 0 ? data.subarray(0, -1) : data;
}

/** The table of secrets in the firmware's area; undefined when there is none. */
function secretTable({ memory, secretArea }: SoftwareGuest): Uint8Array | undefined {
  if (secretArea === undefined) return undefined;
  const area = memory.read(secretArea.base, secretArea.size);
  return area.subarray(0, 16).every((byte) => byte === 0) ? undefined : area;
}
