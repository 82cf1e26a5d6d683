// SPDX-License-Identifier: Apache-2.0
// What a lab is started with, and what it is once it runs.

import type { Platform } from "@greenlight/psp/platform";
import type { LabFaults } from "./faults.ts";

/** What a lab is made of. */
export interface LabOptions {
  /** QEMU's arguments, without the program, as they would be on a machine with SEV. */
  readonly args: readonly string[];
  /** `qemu-system-x86_64` unless given. */
  readonly binary?: string;
  /** The secure processor. The lab initialises it (INIT, SNP_INIT) where that was not done. */
  readonly platform: Platform;
  /** Working folder of QEMU, which relative paths of the command line are meant from. */
  readonly folder: string;
  readonly faults?: LabFaults;
  /** What becomes of the emulator's standard input and output; nothing unless given. */
  readonly stdio?: "ignore" | "inherit";
  /** Called with everything that comes to standard error, as it comes. */
  readonly onStderr?: (text: string) => void;
  /** Called with every note, as it is made. */
  readonly onNote?: (note: LabNote) => void;
}

/** Permanent ids of {@link LabNote}. */
export type LabNoteId =
  | "emulated"
  | "fault"
  | "firmware-refused"
  | "launched"
  | "measured"
  | "option-changed"
  | "resumed"
  | "secret-injected";

/** Something the lab did or saw that the imitated host would not tell. Never a secret. */
export interface LabNote {
  readonly id: LabNoteId;
  /** One sentence. */
  readonly text: string;
}

/** How the guest came to its end. */
export interface LabEnd {
  /** Exit code of QEMU; absent when a signal ended it. */
  readonly exitCode?: number;
  readonly signal?: string;
  /** What QEMU, or the lab in QEMU's words, wrote to standard error; bounded. */
  readonly stderr: string;
}

/** A running lab: one guest. */
export interface Lab {
  /** Of the emulator; undefined when the launch was refused before there was one. */
  readonly pid: number | undefined;
  /** Resolves when the guest is gone, whoever ended it. Never rejects. */
  readonly ended: Promise<LabEnd>;
  /** What came to standard error so far, bounded. */
  readonly stderr: () => string;
  /** In the order they were made. */
  readonly notes: readonly LabNote[];
  /**
   * Resolves with the note `firmware-refused` when the firmware stops for ever without a word, as it
   * does when kernel, initrd or command line are not those of the measured table; with undefined when
   * the guest ends without that.
   */
  readonly firmwareRefused: Promise<LabNote | undefined>;
  /** Ends the guest and waits until it is gone. */
  stop(): Promise<LabEnd>;
}
