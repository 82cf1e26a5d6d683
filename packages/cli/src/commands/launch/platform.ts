// SPDX-License-Identifier: Apache-2.0
// What a legacy platform is judged by, out of a plan, and what it exported beforehand.

import { AMD_SEV_ROOTS, ownerFingerprint, readSevChain } from "@greenlight/core/sev-endorsement";
import type { SevCertificate } from "@greenlight/core/sev-endorsement";
import type { FirmwareApi, LaunchPlan } from "@greenlight/core/launch-appraisal";
import type { PlatformExport, PlatformRules } from "@greenlight/host/launch";
import { UsageError } from "../../command/usage-error.ts";
import { readBounded } from "../../input/file.ts";
import { naming } from "../../input/named-error.ts";
import {
  DEFAULT_TIMEOUT,
  defaultCacheFolder,
  mirrorOf,
  parseSeconds,
  sayTo,
} from "../../kds/options.ts";
import type { KdsSettings } from "../../kds/options.ts";
import type { Io } from "../../output/io.ts";

/** Files of certificates are far smaller. */
const MAX_CERTIFICATES = 64 * 1024;

/**
 * The rules of a plan.
 * @throws {UsageError} {LayoutError} for files that cannot be used.
 */
export async function platformRules(
  { platform }: LaunchPlan,
  minimum: FirmwareApi | undefined,
  settings: KdsSettings,
  io: Io,
): Promise<PlatformRules> {
  const { certificates, simulatorRoots, products, owners } = platform;
  const { rootsOf } = await import("../verify/sev/inputs.ts");
  const fingerprints = await Promise.all(owners.map(ownerOf));
  return {
    certificates: certificates.map((path) => ({ name: path, bytes: certificateFile(path) })),
    roots: simulatorRoots.length === 0 ? AMD_SEV_ROOTS : await rootsOf(simulatorRoots),
    ...(products === "any" ? {} : { products }),
    ...(minimum === undefined ? {} : { minimum }),
    ...(fingerprints.length === 0 ? {} : { owners: fingerprints }),
    fetchCek: async (chipId) => cekOf(chipId, settings, io),
  };
}

/**
 * What the platform exported beforehand; undefined when the plan names no files.
 * @throws {UsageError} {LayoutError} when something is missing in them.
 */
export async function exportOf({ platform }: LaunchPlan): Promise<PlatformExport | undefined> {
  if (platform.export.length === 0) return undefined;
  const { readPlatform } = await import("../verify/sev/inputs.ts");
  const { chain, chipId } = await readPlatform(platform.export, { "chip-id": undefined });
  const { pdh, pek, oca, cek } = chain;
  const parts = [pek, oca, cek].flatMap((certificate) =>
    certificate === undefined ? [] : [certificate.bytes],
  );
  if (pdh === undefined || parts.length < 3) {
    throw new UsageError(
      "bad-value",
      "platform.export does not hold PDH, PEK, OCA and CEK",
      "sevctl export writes all of them; virsh nodesevinfo and query-sev-capabilities too",
    );
  }
  return {
    pdh: pdh.bytes,
    certChain: Buffer.concat(parts),
    ...(chipId === undefined ? {} : { cpu0Id: chipId }),
  };
}

async function ownerOf(path: string): Promise<string> {
  const { oca } = await naming(path, () =>
    readSevChain([{ name: path, bytes: certificateFile(path) }]),
  );
  if (oca !== undefined) return ownerFingerprint(oca);
  throw new UsageError("bad-value", `platform.owners: ${JSON.stringify(path)} holds no OCA`);
}

async function cekOf(
  chipId: Uint8Array,
  settings: KdsSettings,
  io: Io,
): Promise<SevCertificate | undefined> {
  const { offline = false, "kds-cache": cache, "kds-timeout": timeout } = settings;
  const { fetchCek } = await import("../../kds/cek.ts");
  try {
    return await fetchCek(chipId, {
      baseUrl: mirrorOf(settings),
      cacheFolder: cache ?? defaultCacheFolder(process.env),
      deadlineMs: parseSeconds(timeout ?? DEFAULT_TIMEOUT, "--kds-timeout"),
      offline,
      say: sayTo(io),
    });
  } catch (error) {
    const { KdsError } = await import("../../kds/error.ts");
    if (!(error instanceof KdsError)) throw error;
    io.err(`note: ${error.message}\n`);
    return undefined;
  }
}

function certificateFile(path: string): Uint8Array {
  return readBounded(path, MAX_CERTIFICATES);
}
