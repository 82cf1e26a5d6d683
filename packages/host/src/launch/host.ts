// SPDX-License-Identifier: Apache-2.0
// Who runs the guest, as a port: starts it stopped or attaches to it, and says how it is run. All that
// comes through it is the untrusted host's word.

import type { Duplex } from "node:stream";
import type { Finding } from "@greenlight/core/finding";
import type { JsonValue } from "@greenlight/core/launch-appraisal";
import type { Hypervisor, PlatformExport } from "./hypervisor.ts";

/** Files of a session that the host is given: base64 text. */
export interface OfferedFiles {
  /** The owner's Diffie-Hellman certificate. */
  readonly godhFile: string;
  readonly sessionFile: string;
}

/** A host that a launch goes to. */
export interface LaunchHost {
  readonly kind: "qemu" | "qmp" | "libvirt" | "lab" | "imitation";
  /** Whether `open` starts the guest; else it attaches to one that the host has started. */
  readonly starts: boolean;
  /** Whether the guest ends when we do, because its process is ours. */
  readonly ownsGuest: boolean;
  /**
   * What it is going to run, for the record: a command line, a domain. Never a secret.
   * @param files Where the session's files are going to be; absent for SEV-SNP.
   */
  describe(files: OfferedFiles | undefined): Readonly<Record<string, JsonValue>>;
  /**
   * What of it lets the host into the guest, of as much as is known before it is started.
   * @throws errors of the implementation's layer.
   */
  check(files: OfferedFiles | undefined): Promise<readonly Finding[]>;
  /** What the platform says of itself, before anything is started. */
  platformExport(): Promise<PlatformExport>;
  /** Starts the guest, stopped, or attaches to it. */
  open(files: OfferedFiles | undefined, signal: AbortSignal): Promise<Hypervisor>;
  /** What of it lets the host into the guest, as it runs now; absent where there is no more to see. */
  checkOpened?(): Promise<readonly Finding[]>;
  /** Connects to the guest's owner channel (SEV-SNP), once it is opened and before it runs. */
  channel(): Promise<Duplex>;
  /**
   * Leaves the guest to the host: `close` does not end it any more. Absent where it ends with us, or was
   * never started by us.
   */
  letGo?(): void;
  /** Ends whatever `open` left behind. Never rejects. */
  close(): Promise<void>;
}
