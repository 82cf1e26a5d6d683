// SPDX-License-Identifier: Apache-2.0
// AMD's extensions of a VCEK or VLEK against its kind and the product line that issued it.

import { LayoutError, quote } from "../bytes/index.ts";
import { PRODUCT_LINES } from "../evidence/product.ts";
import type { ProductLine } from "../evidence/product.ts";
import type { Finding, FindingId } from "../finding/index.ts";
import type { Certificate } from "./certificate.ts";
import { CERTIFICATE_SOURCE } from "./check-certificate.ts";
import type { VekKind } from "./endorsement.ts";
import { skipped } from "./skipped.ts";
import { readVekExtensions } from "./vek-extensions.ts";
import type { VekExtensions } from "./vek-extensions.ts";

/** Ids of the checks that need the extensions. */
const OF_EXTENSIONS: readonly FindingId[] = [
  "snp.vek.struct-version",
  "snp.vek.product-name",
  "snp.vek.hwid",
  "snp.vek.csp-id",
];

/** All ids here. */
export const EXTENSION_CHECKS: readonly FindingId[] = ["snp.vek.extensions", ...OF_EXTENSIONS];

/** Extensions and what was found about them. */
export interface CheckedExtensions {
  /** Absent when they could not be read. */
  readonly extensions?: VekExtensions;
  readonly findings: readonly Finding[];
}

/** @param line The line of the issuer; undefined when it is not known. */
export function checkExtensions(
  kind: VekKind,
  certificate: Certificate,
  line: ProductLine | undefined,
): CheckedExtensions {
  let extensions: VekExtensions;
  try {
    extensions = readVekExtensions(certificate);
  } catch (error) {
    if (!(error instanceof LayoutError)) throw error;
    const broken: Finding = {
      id: "snp.vek.extensions",
      outcome: "fail",
      title: `AMD's extensions of the ${kind} are broken or incomplete`,
      actual: error.message,
      source: CERTIFICATE_SOURCE,
    };
    return { findings: [broken, ...skipped(OF_EXTENSIONS, "AMD's extensions cannot be read")] };
  }
  return {
    extensions,
    findings: [
      {
        id: "snp.vek.extensions",
        outcome: "pass",
        title: `The ${kind} has all of AMD's extensions`,
        source: CERTIFICATE_SOURCE,
      },
      ...checkLine(kind, extensions, line),
      checkHolder(kind, extensions, "hwID"),
      checkHolder(kind, extensions, "cspID"),
    ],
  };
}

function checkLine(
  kind: VekKind,
  { structVersion, productName }: VekExtensions,
  line: ProductLine | undefined,
): readonly Finding[] {
  if (line === undefined) {
    return skipped(
      ["snp.vek.struct-version", "snp.vek.product-name"],
      "the product line is not known",
    );
  }
  const wanted = PRODUCT_LINES[line].structVersion;
  const structOk = structVersion === wanted;
  // Behind the line stands a stepping that is not that of the silicon: Milan B1 says Milan-B0.
  const nameOk = productName === line || productName.startsWith(`${line}-`);
  return [
    {
      id: "snp.vek.struct-version",
      outcome: structOk ? "pass" : "fail",
      title: structOk
        ? `The ${kind} has the structVersion of ${line}`
        : `The ${kind} does not have the structVersion of ${line}`,
      expected: String(wanted),
      actual: String(structVersion),
      source: CERTIFICATE_SOURCE,
    },
    {
      id: "snp.vek.product-name",
      outcome: nameOk ? "pass" : "fail",
      title: nameOk
        ? `The ${kind} is for a product of the line ${line}`
        : `The ${kind} is for a product of another line than ${line}`,
      expected: `${line}, with or without stepping`,
      actual: quote(productName),
      source: CERTIFICATE_SOURCE,
    },
  ];
}

/** hwID stands in a VCEK and cspID in a VLEK, and neither in the other. */
function checkHolder(kind: VekKind, extensions: VekExtensions, name: "hwID" | "cspID"): Finding {
  const holder = name === "hwID" ? extensions.hwId : extensions.cspId;
  const wanted = (name === "hwID") === (kind === "VCEK");
  const who = name === "hwID" ? "chip" : "provider";
  // An empty text names nobody, and yet has no place in the other kind.
  const there = wanted ? holder !== undefined && holder.length > 0 : holder !== undefined;
  const ok = there === wanted;
  return {
    id: name === "hwID" ? "snp.vek.hwid" : "snp.vek.csp-id",
    outcome: ok ? "pass" : "fail",
    title: there
      ? `The ${kind} names a ${who} (${name})${ok ? "" : `, which a ${kind} does not`}`
      : `The ${kind} names no ${who} (${name})${ok ? "" : `, which a ${kind} must`}`,
    source: CERTIFICATE_SOURCE,
  };
}
