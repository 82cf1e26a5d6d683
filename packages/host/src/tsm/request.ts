// SPDX-License-Identifier: Apache-2.0
// What is asked of the kernel, and what makes it impossible to ask.

import { LayoutError, guidEncode } from "@greenlight/core/bytes";
import type { Guid } from "@greenlight/core/bytes";
import type { ReportEntry } from "./entry.ts";
import { TsmError } from "./error.ts";

/** What is asked for. */
export interface EvidenceRequest {
  /** REPORT_DATA, 64 bytes: what binds the report to a nonce, a key, or both. */
  readonly reportData: Uint8Array;
  /** VMPL of the report, from the kernel's own to 3. The kernel's own unless given. */
  readonly privlevel?: number;
  /** Whose services are attested too: `svsm` (AMD 58019, section 7). Linux 6.10 or later. */
  readonly serviceProvider?: string;
  /** One service; all unless given. */
  readonly serviceGuid?: Guid;
  /** Version of the service's manifest, for one service; 0 unless given. */
  readonly serviceManifestVersion?: number;
}

/** Size of REPORT_DATA. */
const REPORT_DATA_SIZE = 64;

/** TSM_REPORT_PRIVLEVEL_MAX: VMPLs end at 3. */
const MAX_PRIVLEVEL = 3;

/** The only provider whose reports are SEV-SNP's (`KBUILD_MODNAME` of the driver). */
const SEV_GUEST = "sev_guest";

/** What other providers' reports are. */
const OTHER_PROVIDERS: Readonly<Record<string, string>> = {
  arm_cca_guest: "an Arm CCA realm",
  tdx_guest: "an Intel TDX guest",
};

/**
 * Refuses what the kernel would refuse later and with less to say.
 * @throws {TsmError} `bad-report-data`, `bad-privlevel`, `bad-service`.
 */
export function checkRequest(request: EvidenceRequest): void {
  const { length } = request.reportData;
  if (length !== REPORT_DATA_SIZE) {
    throw new TsmError("bad-report-data", `report data has ${length} bytes, it must have 64`, {
      hint: "fill shorter data with zeros, or hash it with SHA-512",
    });
  }
  if (request.privlevel !== undefined) checkPrivlevel(request.privlevel, 0);
  const { serviceProvider, serviceGuid, serviceManifestVersion } = request;
  if (serviceProvider === undefined) {
    if (serviceGuid === undefined && serviceManifestVersion === undefined) return;
    throw badService("a service is asked for, and no service provider", "the only one is svsm");
  }
  if (!/^[\x21-\x7e]{1,64}$/.test(serviceProvider)) {
    throw badService(
      `the service provider is ${JSON.stringify(serviceProvider.slice(0, 64))}`,
      "the only one is svsm",
    );
  }
  if (serviceGuid !== undefined) checkGuid(serviceGuid);
  if (serviceManifestVersion === undefined) return;
  if (serviceGuid === undefined) {
    throw badService("a manifest version is asked for, and no service", "versions are a service's");
  }
  const inRange = serviceManifestVersion >= 0 && serviceManifestVersion <= 0xffff_ffff;
  if (!Number.isInteger(serviceManifestVersion) || !inRange) {
    throw badService(`the manifest version is ${serviceManifestVersion}`, "it has 32 bits");
  }
}

/**
 * Refuses a provider that is not SEV-SNP's, and says what it is.
 * @throws {TsmError} `other-provider`.
 */
export function checkProvider(provider: string): void {
  if (provider === SEV_GUEST) return;
  const known = Object.hasOwn(OTHER_PROVIDERS, provider) ? OTHER_PROVIDERS[provider] : undefined;
  throw new TsmError(
    "other-provider",
    known === undefined
      ? `reports here come from ${JSON.stringify(provider.slice(0, 60))}, not from ${SEV_GUEST}`
      : `this is ${known} (provider ${provider}), not an SEV-SNP guest`,
    { hint: "evidence of SEV-SNP guests is all that is read here" },
  );
}

/**
 * @throws {TsmError} `bad-privlevel` for a VMPL below that of the kernel's key, which the firmware would
 * refuse, or above the last.
 */
export function checkPrivlevel(privlevel: number, floor: number): void {
  if (!Number.isInteger(privlevel) || privlevel < 0 || privlevel > MAX_PRIVLEVEL) {
    throw new TsmError("bad-privlevel", `privilege level ${privlevel} does not exist`, {
      hint: "VMPLs are 0, 1, 2 and 3",
    });
  }
  if (privlevel >= floor) return;
  throw new TsmError(
    "bad-privlevel",
    `privilege level ${privlevel} is below ${floor}, the lowest this kernel may ask for`,
    { hint: `leave it out, or ask for ${floor} or more; lower ones belong to the SVSM` },
  );
}

/** An error of the kernel with what is known of the request added. */
export async function sharpened(
  error: unknown,
  entry: ReportEntry,
  request: EvidenceRequest,
  floor: number,
): Promise<unknown> {
  if (!(error instanceof TsmError)) return error;
  const { code, errno } = error;
  const asked = request.serviceProvider;
  if (code === "no-services") {
    return new TsmError(code, `this guest has no services to attest (${error.message})`, {
      errno,
      cause: error,
      hint:
        floor === 0
          ? "the kernel runs at VMPL 0, so there is no SVSM below it; leave the service out"
          : "service attestation needs an SVSM, and Linux 6.10 or later",
    });
  }
  if (code === "refused" && asked !== undefined) {
    const hint =
      asked === "svsm"
        ? "the SVSM refused: it may not know the service or the version, or not attest at all"
        : `the kernel knows one service provider, svsm, and not ${JSON.stringify(asked)}`;
    return new TsmError(code, error.message, { errno, cause: error, hint });
  }
  if (errno === "ENXIO" && (await hasProvider(entry))) {
    return new TsmError("firmware-refused", "the firmware refused to make a report (ENXIO)", {
      errno,
      cause: error,
      hint: "see the guest's kernel log (dmesg) and the host's for the firmware's status",
    });
  }
  return error;
}

/** The kernel says ENXIO both without a provider and for a status of the firmware it has no name for. */
async function hasProvider(entry: ReportEntry): Promise<boolean> {
  try {
    await entry.read("provider");
    return true;
  } catch (error) {
    if (error instanceof TsmError) return false;
    throw error;
  }
}

function checkGuid(guid: Guid): void {
  try {
    guidEncode(guid);
  } catch (error) {
    if (!(error instanceof LayoutError)) throw error;
    // The kernel counts the write before it parses the text; better not to let it come to that.
    throw badService(`the service is ${JSON.stringify(guid.slice(0, 60))}`, "give its GUID");
  }
}

function badService(message: string, hint: string): TsmError {
  return new TsmError("bad-service", message, { hint });
}
