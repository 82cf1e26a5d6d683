// SPDX-License-Identifier: Apache-2.0
// What the lab's host does wrong on purpose, by name. What the secure processor itself does wrong is an
// option of the platform (psp/platform/faults.ts).

/** What happens to the answer of a QMP command on its way to the client. */
export interface MessageFault {
  /**
   * `drop`: it is never sent; `repeat`: sent twice; `reorder`: sent after the message that follows it;
   * `truncate`: half of it is sent, then the connection is closed; `delay`: sent `milliseconds` late;
   * `garbage`: a line that is no JSON is sent in its place.
   */
  readonly kind: "drop" | "repeat" | "reorder" | "truncate" | "delay" | "garbage";
  /** Whose answer: `query-sev-launch-measure`; `greeting` for the first message of a connection. */
  readonly command: string;
  /** Of a delay; 1000 unless given. */
  readonly milliseconds?: number;
}

/** The faults of a host; absent means as it should be. Paths are meant from the lab's folder. */
export interface LabFaults {
  /** This file is the firmware. */
  readonly firmware?: string;
  /** This file is the kernel; so QEMU's table of hashes lists it. */
  readonly kernel?: string;
  readonly initrd?: string;
  /** This is the command line. */
  readonly append?: string;
  /** The guest gets this kernel, and the table of hashes still lists the one that was asked for. */
  readonly kernelBehindTable?: string;
  /** The kernel's file as `etc/boot/shim`, which firmware since edk2-stable202502 starts unverified. */
  readonly shim?: string;
  /** This file is the first disk. */
  readonly disk?: string;
  /** Files of another session, say one of an earlier launch (base64, as QEMU reads them). */
  readonly session?: { readonly godhFile: string; readonly sessionFile: string };
  /** The launch is started with this policy. */
  readonly policy?: bigint;
  /** Bytes told as launch measurement (48), say those of an earlier launch. */
  readonly measurement?: Uint8Array;
  /** A bit of the secret packet is turned before the processor gets it. */
  readonly packet?: "header" | "payload";
  /** The secret goes to this guest physical address, whatever was asked for. */
  readonly secretGpa?: bigint;
  /** Told as the platform's certificates: PDH (2084 bytes) and PEK, OCA, CEK (6252). */
  readonly chain?: { readonly pdh: Uint8Array; readonly certChain: Uint8Array };
  /** An SEV-SNP guest gets this report, say one of an earlier launch, whatever it asks for. */
  readonly report?: Uint8Array;
  readonly messages?: readonly MessageFault[];
  /** QEMU is killed when this QMP command arrives; `start` kills it before the socket is served. */
  readonly killAt?: string;
}
