// SPDX-License-Identifier: Apache-2.0
// What the guest owner demands of a chain beyond its being genuine: owner, product line, firmware,
// and that the CEK is the one AMD knows the chip by.

import { hexEncode } from "../../bytes/index.ts";
import { sha256 } from "#crypto";
import { equalBytes } from "../../crypto/equal.ts";
import type { Finding } from "../../finding/index.ts";
import { skipped } from "../skipped.ts";
import { publicKeyField } from "./bundle.ts";
import type { SevChain } from "./bundle.ts";
import type { SevCertificate } from "./certificate.ts";
import { checked, undecided } from "./check.ts";
import type { SevProductLine, SevTrustRoot } from "./roots.ts";

/** A version of SEV firmware. Major and minor are one number in two parts, the build follows them. */
export interface SevFirmwareVersion {
  readonly major: number;
  readonly minor: number;
  readonly build?: number;
}

/** What is demanded. What is left out is not. */
export interface SevChainPolicy {
  /** Allowed product lines. */
  readonly products?: readonly SevProductLine[];
  /** Least firmware that PEK and PDH may have been made by. */
  readonly minimumApi?: SevFirmwareVersion;
  /**
   * The build that the host states for its firmware. Certificates do not hold it, and nothing proves it
   * before a launch measurement does.
   */
  readonly reportedBuild?: number;
  /** Allowed owners of the platform: {@link ownerFingerprint} of their OCA. */
  readonly owners?: readonly string[];
  /** The CEK that AMD's service has for the id of the chip. */
  readonly cekOfKds?: SevCertificate;
  /** Whether it has to be a certain chip: without `cekOfKds` that is then not known. */
  readonly chipDemanded?: boolean;
}

/** Firmware that checks the points it is given: CVE-2019-9836. */
const CHECKS_POINTS: SevFirmwareVersion = { major: 0, minor: 17, build: 22 };

/** The owner of a platform: SHA-256 of the public key of its OCA (1028 bytes), in hexadecimal. */
export function ownerFingerprint(oca: SevCertificate): string {
  return hexEncode(sha256(publicKeyField(oca)));
}

/** Whether the platform's owner is an expected one. */
export function checkOwner({ oca }: SevChain, { owners }: SevChainPolicy): Finding {
  const id = "sev.oca.not-allowed";
  if (owners === undefined) return skipped([id], "no owner is demanded")[0]!;
  if (oca === undefined) return skipped([id], "there is no OCA")[0]!;
  const owner = ownerFingerprint(oca);
  return checked(id, {
    ok: owners.some((allowed) => allowed.toLowerCase() === owner),
    title: ["The platform's owner is an expected one", "The platform's owner is not expected"],
    expected: owners.join(" or ") || "none is allowed",
    actual: owner,
    hint: "a platform that owns itself makes another OCA with every reset of its keys",
  });
}

/** The root that ASK and CEK are proved to hang on. */
type ProvedRoot = Pick<SevTrustRoot, "line">;

/** Product line, firmware and chip. */
export function checkRules(
  chain: SevChain,
  hanging: ProvedRoot | undefined,
  policy: SevChainPolicy,
): readonly Finding[] {
  return [checkProduct(hanging, policy), ...checkFirmware(chain, policy), checkChip(chain, policy)];
}

function checkProduct(hanging: ProvedRoot | undefined, { products }: SevChainPolicy): Finding {
  const id = "sev.platform.product-not-allowed";
  if (products === undefined) return skipped([id], "every product line is allowed")[0]!;
  if (hanging === undefined) return skipped([id], "the product line is not proved")[0]!;
  const { line } = hanging;
  return checked(id, {
    ok: line !== undefined && products.includes(line),
    title: [`${line} is an allowed product line`, "The product line is not an allowed one"],
    expected: products.join(" or ") || "none is allowed",
    actual: line ?? "a simulator that does not say which it plays",
  });
}

function checkFirmware(
  { pdh, pek }: SevChain,
  { minimumApi, reportedBuild }: SevChainPolicy,
): readonly Finding[] {
  const demanded = "sev.platform.api-below-minimum";
  const known = "sev.platform.weak-key-agreement";
  if (pdh === undefined || pek === undefined) {
    return skipped([demanded, known], "PEK and PDH are not both there");
  }
  const actual = `PEK by ${apiOf(pek)}, PDH by ${apiOf(pdh)}`;
  const compare = (minimum: SevFirmwareVersion): Comparison =>
    lower(compared(pek, minimum, reportedBuild), compared(pdh, minimum, reportedBuild));
  return [
    minimumApi === undefined
      ? skipped([demanded], "no firmware is demanded")[0]!
      : checkMinimum(compare(minimumApi), minimumApi, actual),
    checkWeakness(compare(CHECKS_POINTS), actual),
  ];
}

function checkMinimum(
  comparison: Comparison,
  minimum: SevFirmwareVersion,
  actual: string,
): Finding {
  const id = "sev.platform.api-below-minimum";
  const wanted = versionText(minimum);
  if (comparison === "unknown") {
    return undecided(
      id,
      `Certificates do not hold the build, and the least firmware is ${wanted}`,
      "give the build that the host states, or demand a version only",
    );
  }
  return checked(id, {
    ok: comparison === "enough",
    title: [
      "PEK and PDH were made by firmware that is new enough",
      "PEK or PDH was made by firmware that is older than demanded",
    ],
    expected: `at least ${wanted}`,
    actual,
    hint: "have the host update its firmware and then make its keys anew",
  });
}

/** Old firmware is told even where no version is demanded, and also where only the build would tell. */
function checkWeakness(comparison: Comparison, actual: string): Finding {
  const id = "sev.platform.weak-key-agreement";
  if (comparison === "enough") {
    const title = "PEK and PDH were made by firmware that checks points it is given";
    return { id, outcome: "pass", title };
  }
  const known = comparison === "below" ? "was" : "may have been";
  return {
    id,
    outcome: "warn",
    title: `PEK or PDH ${known} made by firmware whose keys can be found out by sending it bad points`,
    expected: `at least ${versionText(CHECKS_POINTS)}`,
    actual,
    source: "CVE-2019-9836",
    hint: "demand a least firmware version; the CEK of a chip that once ran such firmware may be known too",
  };
}

function checkChip({ cek }: SevChain, { cekOfKds, chipDemanded = false }: SevChainPolicy): Finding {
  const id = "sev.platform.cek-mismatch";
  if (cekOfKds === undefined && chipDemanded) {
    return undecided(
      id,
      "Whether it is the demanded chip is not known",
      "supply the CEK that AMD's service has for the chip's id",
    );
  }
  if (cekOfKds === undefined) return skipped([id], "no CEK of AMD's service is given")[0]!;
  if (cek === undefined) return skipped([id], "there is no CEK")[0]!;
  return checked(id, {
    ok: equalBytes(publicKeyField(cek), publicKeyField(cekOfKds)),
    title: [
      "The CEK is the one that AMD's service has for the chip",
      "The CEK is another than the one that AMD's service has for the chip",
    ],
    hint: "the chip's id and the certificates are of different machines",
  });
}

/** How a version stands to a minimum; `unknown` where only the build, which is not known, decides. */
type Comparison = "enough" | "below" | "unknown";

function compared(
  { apiMajor, apiMinor }: SevCertificate,
  { major, minor, build }: SevFirmwareVersion,
  actualBuild: number | undefined,
): Comparison {
  const difference = apiMajor === major ? apiMinor - minor : apiMajor - major;
  if (difference !== 0) return difference > 0 ? "enough" : "below";
  if (build === undefined || build === 0) return "enough";
  if (actualBuild === undefined) return "unknown";
  return actualBuild >= build ? "enough" : "below";
}

function lower(a: Comparison, b: Comparison): Comparison {
  if (a === "below" || b === "below") return "below";
  return a === "unknown" || b === "unknown" ? "unknown" : "enough";
}

function apiOf({ apiMajor, apiMinor }: SevCertificate): string {
  return `${apiMajor}.${apiMinor}`;
}

function versionText({ major, minor, build }: SevFirmwareVersion): string {
  return build === undefined ? `${major}.${minor}` : `${major}.${minor} build ${build}`;
}
