// SPDX-License-Identifier: Apache-2.0
// Imitation of the kernel's SEV guest driver as a provider of reports, with the host and the firmware
// behind it. Follows what drivers/virt/coco/sev-guest/sev-guest.c of Linux does, in its own words.

import { createHash } from "node:crypto";
import {
  SVSM_MANIFEST_ENTRY,
  SVSM_MANIFEST_GUID,
  SVSM_MANIFEST_HEADER,
} from "@greenlight/core/evidence";
import { Refusal } from "./tsm-core.ts";
import type { Blobs, Description, Provider } from "./tsm-core.ts";
import type { Errno } from "./system-error.ts";

/** What goes into a report here. */
export interface ReportRequest {
  readonly reportData: Uint8Array;
  readonly vmpl: number;
  /** How many reports were made before. */
  readonly serial: number;
}

/** How the host and the firmware answer a request. */
export type Answer = "ok" | "certificates-too-large" | Errno | { readonly status: number };

/** What the guest runs on. */
export interface SevGuestOptions {
  /** VMPL the kernel runs at. Above 0 there is an SVSM. */
  readonly vmpl?: number;
  /** Whether the kernel knows service attestation (Linux 6.10). */
  readonly services?: boolean;
  /** Makes a report; unsigned bytes unless given. */
  readonly report?: (request: ReportRequest) => Uint8Array;
  /** The host's certificate table for a report; none unless given. */
  readonly certificates?: (request: ReportRequest) => Uint8Array;
  /** Answers to the first requests; all others are answered well. */
  readonly answers?: readonly Answer[];
  /** Services the SVSM knows, by GUID, with their manifests. */
  readonly svsm?: Readonly<Record<string, Uint8Array>>;
}

const NIL_GUID = "00000000-0000-0000-0000-000000000000";

const SERVICE_ATTRIBUTES: ReadonlySet<string> = new Set([
  "service_provider",
  "service_guid",
  "service_manifest_version",
  "manifestblob",
]);

/** The driver. */
export class SevGuest implements Provider {
  readonly name = "sev_guest";
  readonly privlevelFloor: number;
  /** How many reports were made. */
  made = 0;
  /** Whether the key to the firmware is still there. */
  hasKey = true;
  readonly #options: SevGuestOptions;
  #requests = 0;

  constructor(options: SevGuestOptions = {}) {
    this.#options = options;
    this.privlevelFloor = options.vmpl ?? 0;
  }

  shows(attribute: string): boolean {
    const { services = true } = this.#options;
    return !SERVICE_ATTRIBUTES.has(attribute) || (services && this.privlevelFloor > 0);
  }

  async reportNew(description: Description): Promise<Blobs> {
    if (description.inblob.length !== 64) throw new Refusal("EINVAL");
    if (description.serviceProvider !== undefined) {
      if (description.serviceProvider !== "svsm") throw new Refusal("EINVAL");
      return this.#attestServices(description);
    }
    this.#send();
    // The firmware takes no request for a level below that of the key it came with.
    if (description.privlevel < this.privlevelFloor) throw new Refusal("EINVAL");
    return this.#make(description.inblob, description.privlevel);
  }

  /** A request to the host and the firmware. What fails on the way costs the key. */
  #send(): void {
    if (!this.hasKey) throw new Refusal("ENOTTY");
    const answer = this.#options.answers?.[this.#requests++] ?? "ok";
    if (answer === "ok") return;
    if (answer === "certificates-too-large") throw new Refusal("EIO");
    if (typeof answer === "string") {
      this.hasKey = false;
      throw new Refusal(answer);
    }
    // SEV_RET_INVALID_PARAM and SEV_RET_INVALID_KEY have a number of their own.
    throw new Refusal(answer.status === 0x16 || answer.status === 0x27 ? "EINVAL" : "ENXIO");
  }

  /** What an SVSM answers: a report of its own level over data and manifest. */
  #attestServices({ inblob, serviceGuid }: Description): Blobs {
    const services = this.#options.svsm ?? {};
    const single = serviceGuid !== NIL_GUID;
    if (single && !Object.hasOwn(services, serviceGuid)) throw new Refusal("EINVAL");
    const manifest = single ? services[serviceGuid]! : allServices(services);
    const reportData = createHash("sha512").update(inblob).update(manifest).digest();
    return { ...this.#make(reportData, 0), manifestblob: manifest };
  }

  #make(reportData: Uint8Array, vmpl: number): Blobs {
    const { report = unsignedReport, certificates } = this.#options;
    const request = { reportData, vmpl, serial: this.made++ };
    const outblob = report(request);
    return certificates === undefined ? { outblob } : { outblob, auxblob: certificates(request) };
  }
}

/** A report of version 2 that nobody signed, with its serial number as REPORT_ID. */
function unsignedReport({ reportData, vmpl, serial }: ReportRequest): Uint8Array {
  const report = Buffer.alloc(0x4a0);
  report.writeUInt32LE(2, 0);
  report.writeUInt32LE(vmpl, 0x30);
  report.writeUInt32LE(1, 0x34);
  report.set(reportData, 0x50);
  report.writeUInt32LE(serial, 0x140);
  return report;
}

/** The manifest of all services (AMD 58019, section 7). */
function allServices(services: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const all = Object.entries(services);
  const start = SVSM_MANIFEST_HEADER.size + all.length * SVSM_MANIFEST_ENTRY.size;
  const data = Buffer.concat(all.map(([, manifest]) => manifest));
  let offset = start;
  const entries = all.map(([guid, { length }]) => {
    const entry = SVSM_MANIFEST_ENTRY.encode({ guid, offset, length });
    offset += length;
    return entry;
  });
  const header = { guid: SVSM_MANIFEST_GUID, length: start + data.length, count: all.length };
  return Buffer.concat([SVSM_MANIFEST_HEADER.encode(header), ...entries, data]);
}
