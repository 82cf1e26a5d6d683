// SPDX-License-Identifier: Apache-2.0
// Judging a legacy platform by what it exports and by the certificates that the plan brings along.

import { hexEncode } from "@greenlight/core/bytes";
import type { FirmwareApi } from "@greenlight/core/launch-appraisal";
import {
  SEV_USAGE,
  readSevChain,
  sevCertificateBytes,
  splitSevCertificates,
  verifySevChain,
} from "@greenlight/core/sev-endorsement";
import type {
  FoundSevCertificate,
  SevCertificate,
  SevProductLine,
  SevTrustRoot,
} from "@greenlight/core/sev-endorsement";
import type { PlatformExport } from "./hypervisor.ts";
import type { PlatformVerdict } from "./materials.ts";

/** A file with certificates. */
export interface CertificateFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What a platform is judged by. */
export interface PlatformRules {
  /** CEK of AMD's service, ASK, ARK. */
  readonly certificates: readonly CertificateFile[];
  /** Roots that are trusted: AMD's, and those of simulators that were named. */
  readonly roots: readonly SevTrustRoot[];
  readonly products?: readonly SevProductLine[];
  readonly minimum?: FirmwareApi;
  /** Fingerprints of owners (OCA) that are taken. */
  readonly owners?: readonly string[];
  /** Asks AMD's service for the CEK of a chip; undefined when it could not be had. */
  readonly fetchCek?: (chipId: Uint8Array) => Promise<SevCertificate | undefined>;
}

/**
 * What judges platforms by these rules.
 * @throws {LayoutError} for a file that holds no certificates.
 */
export function platformVerifier(
  rules: PlatformRules,
): (exported: PlatformExport) => Promise<PlatformVerdict> {
  const brought = rules.certificates.map(({ name, bytes }) => ({
    name,
    bytes,
    found: splitSevCertificates(sevCertificateBytes(bytes)),
  }));
  const ceks = brought.flatMap(({ found }) => found.flatMap(cekOf));
  const others = brought.filter(({ found }) => found.every((one) => cekOf(one).length === 0));
  const { products, minimum, owners } = rules;
  return async ({ pdh, certChain, cpu0Id }) => {
    const chain = readSevChain([
      { name: "PDH of the host", bytes: pdh },
      { name: "certificate chain of the host", bytes: certChain },
      ...others,
    ]);
    const given = ceks.find((cek) => isSameKey(cek, chain.cek)) ?? ceks[0];
    const fetched =
      given === undefined && cpu0Id !== undefined && !isSigned(chain.cek)
        ? await rules.fetchCek?.(cpu0Id)
        : undefined;
    const cekOfKds = given ?? fetched;
    const verdict = await verifySevChain({
      chain,
      roots: rules.roots,
      policy: {
        ...(products === undefined ? {} : { products }),
        // The build is not in certificates; the launch measurement proves it later.
        ...(minimum === undefined
          ? {}
          : { minimumApi: { major: minimum.major, minor: minimum.minor } }),
        ...(owners === undefined ? {} : { owners }),
        ...(cekOfKds === undefined ? {} : { cekOfKds }),
      },
    });
    return {
      findings: verdict.findings,
      ...(verdict.pdh === undefined ? {} : { pdh: verdict.pdh }),
      detail: {
        chain: hexEncode(verdict.chainDigest),
        ...(verdict.product === undefined ? {} : { product: verdict.product }),
        ...(chain.notes.length === 0 ? {} : { notes: chain.notes }),
      },
    };
  };
}

function cekOf(found: FoundSevCertificate): readonly SevCertificate[] {
  return found.kind === "SEV" && found.certificate.usage === SEV_USAGE.CEK
    ? [found.certificate]
    : [];
}

/** The CEK as the firmware exports it has no signature; AMD's service signs it. */
function isSigned(cek: SevCertificate | undefined): boolean {
  return cek?.signatures.some(({ usage }) => usage === SEV_USAGE.ASK) === true;
}

function isSameKey(a: SevCertificate, b: SevCertificate | undefined): boolean {
  return (
    a.publicKey.kind === "EC" &&
    b?.publicKey.kind === "EC" &&
    Buffer.compare(a.publicKey.point, b.publicKey.point) === 0
  );
}
