// SPDX-License-Identifier: Apache-2.0
// The section `evidence` of a policy: which reports and endorsements count at all.

import * as z from "zod/mini";
import { PRODUCT_LINES } from "../../evidence/index.ts";
import type { ProductLine } from "../../evidence/index.ts";
import { DEFAULT_POLICY } from "./default.ts";
import { field } from "./field.ts";
import {
  anyOrEach,
  anyOrLabelled,
  anyOrTexts,
  each,
  guid,
  labelledList,
  numberList,
  wordList,
} from "./lists.ts";
import { duration, flag, wholeNumber, word } from "./values.ts";
import { answers, chosen, counted, listed } from "./words.ts";
import type { CpuDemand, OneOf } from "./types.ts";

const REPORT = "AMD 56860, table ATTESTATION_REPORT";
const KDS = "AMD 57230 (VCEK and VLEK certificates)";
const TABLE = "AMD 56421 (GHCB), section 4.1.8.1, and virtee's GUIDs";

/** What to do about something that one may tolerate. */
export const ANSWERS = ["refuse", "warn", "allow"] as const;

const LINES: readonly ProductLine[] = Object.values(PRODUCT_LINES).map(({ line }) => line);
const { evidence } = DEFAULT_POLICY;

/** CHIP_ID: 64 bytes, of which Turin and later use 8. */
const CHIP_ID = [64, 8];

const cpu = z.strictObject({
  family: wholeNumber(0, 255),
  model: z.exactOptional(wholeNumber(0, 255)),
  stepping: z.exactOptional(wholeNumber(0, 255)),
});

const tableEntry = z.strictObject({
  guid: guid(),
  required: z._default(flag(), true),
  sha256: z._default(anyOrLabelled([32]), "any"),
});

/** The section. */
export const EVIDENCE_SECTION = z.prefault(
  z.strictObject({
    reportVersions: field(numberList([2, 3, 4, 5]), [...evidence.reportVersions], {
      meaning: "Versions a report may have.",
      source: REPORT,
      demands: (versions) =>
        versions.length === 4 ? undefined : `The report has ${chosen("version", versions)}.`,
      open: "Reports of every known version, 2 to 5, are taken.",
    }),
    productLines: field(wordList(LINES), [...evidence.productLines], {
      meaning:
        "Product lines the processor may be of. Bergamo and Siena are Genoa. A line whose root is " +
        "not carried can be listed but never proved genuine.",
      source: KDS,
      demands: (lines) =>
        lines.length === LINES.length ? undefined : `The processor is a ${listed(lines, "or")}.`,
      open: "Processors of every product line are taken.",
    }),
    cpus: field(
      anyOrEach(cpu, ({ family, model, stepping }) => `${family}/${model}/${stepping}`),
      "any",
      {
        meaning:
          "CPUs by combined family, model and stepping; what is left out may be anything. Reports of " +
          "version 2 do not name their CPU and satisfy no such demand.",
        source: REPORT,
        demands: cpuSentence,
        open: "Every model and stepping is taken.",
      },
    ),
    signingKeys: field(wordList(["VCEK", "VLEK"]), [...evidence.signingKeys], {
      meaning:
        "Keys that may sign a report: the VCEK of a chip, or the VLEK that AMD lends a cloud provider.",
      source: REPORT,
      demands: (keys) =>
        keys.length === 2 ? undefined : `The report is signed by a ${listed(keys, "or")}.`,
      open: "A VCEK (one chip) and a VLEK (a cloud provider) may sign alike.",
    }),
    hostRequested: field(word(ANSWERS), evidence.hostRequested, {
      meaning:
        "Reports that the host asked for (VMPL 0xffffffff). Their report data is zero: they bind " +
        "neither nonce nor key.",
      source: "AMD 56860, SNP_HV_REPORT_REQ",
      ...answers(
        "Reports that the host asked for",
        "Reports that the host asked for, which nobody in the guest knows of, are taken.",
      ),
      grave: true,
    }),
    chips: z.prefault(
      z.strictObject({
        allow: field(anyOrLabelled(CHIP_ID), "any", {
          meaning:
            "Chips that may have made the report, by CHIP_ID: 64 bytes, or the 8 significant ones of " +
            "Turin and later. A masked chip is none of them.",
          source: REPORT,
          demands: (chips) =>
            chips === "any"
              ? undefined
              : `The chip is one of ${counted(chips.length, "known chip")}.`,
          open: "Any chip of AMD's is taken, in whoever's machine it is.",
        }),
        deny: field(labelledList(CHIP_ID), [], {
          meaning:
            "Chips that are refused, for example because their keys are known to have leaked. A " +
            "masked chip cannot be told from them, and is undecided.",
          source: REPORT,
          demands: (chips) =>
            chips.length === 0
              ? undefined
              : `The chip is none of ${counted(chips.length, "refused chip")}.`,
          open: "No chip is refused by name.",
        }),
        masked: field(word(ANSWERS), evidence.chips.masked, {
          meaning:
            "Reports under a VCEK whose CHIP_ID is zero (MASK_CHIP_ID), so that they cannot be tied to " +
            "the chip of their certificate. Under a VLEK the chip id may be zero anyway.",
          source: "AMD 56860, SNP_CONFIG",
          ...answers("Masked chip ids under a VCEK", "The chip id may be masked."),
        }),
      }),
      {},
    ),
    csp: z.prefault(
      z.strictObject({
        allow: field(anyOrTexts(256), "any", {
          meaning:
            "Cloud providers a VLEK may be lent to, as its cspID extension says. Reports under a VCEK " +
            "have none: to demand a provider, set evidence.signingKeys to [VLEK] too.",
          source: KDS,
          demands: (names) =>
            names === "any"
              ? undefined
              : `A VLEK is one of ${listed(
                  names.map((n) => JSON.stringify(n)),
                  "or",
                )}.`,
          open: "A VLEK of any cloud provider is taken.",
        }),
      }),
      {},
    ),
    revocation: z.prefault(
      z.strictObject({
        mode: field(word(["off", "if-available", "required"]), evidence.revocation.mode, {
          meaning:
            "Whether certificates are looked up in AMD's revocation list: never, when a list is there, " +
            "or always (without one the result is undecided).",
          source: "RFC 5280, section 6.3",
          demands: (mode) =>
            mode === "off"
              ? undefined
              : mode === "required"
                ? "No certificate is revoked, by a revocation list that must be there."
                : "No certificate is revoked, as far as a revocation list is there.",
          open: "Revoked certificates are taken: revocation lists are not looked at.",
          grave: true,
        }),
        maxAge: field(duration(), "any", {
          meaning: "Oldest revocation list that counts, from its thisUpdate: 60d, 36h, 90m.",
          source: "RFC 5280, section 5.1.2.4",
          demands: (age) =>
            age === "any" ? undefined : `A revocation list is at most ${age} old.`,
          open: "A revocation list counts until its own nextUpdate.",
        }),
      }),
      {},
    ),
    certificateTable: field(
      each(tableEntry, (entry) => entry.guid),
      [],
      {
        meaning:
          "Entries of the certificate table that came with the report, by GUID: whether one must be " +
          "there, and the SHA-256 of its content. The table is not signed: only a digest says anything.",
        source: TABLE,
        demands: (entries) =>
          entries.length === 0
            ? undefined
            : `The certificate table satisfies ${counted(entries.length, "demand")}: ${listed(
                entries.map((entry) => entry.guid),
                "and",
              )}.`,
        open: "The certificate table may hold anything besides certificates.",
      },
    ),
    unknownExtensions: field(word(ANSWERS), evidence.unknownExtensions, {
      meaning:
        "Extensions of AMD's arc (1.3.6.1.4.1.3704.1) in the VCEK or VLEK that are not known here: " +
        "new processors bring some, and what they say is not checked.",
      source: KDS,
      ...answers(
        "Unknown extensions of AMD's in the VCEK or VLEK",
        "Unknown extensions of AMD's in the VCEK or VLEK are passed over.",
      ),
    }),
  }),
  {},
);

function cpuSentence(cpus: OneOf<CpuDemand>): string | undefined {
  if (cpus === "any") return undefined;
  const names = cpus.map(({ family, model, stepping }) => {
    const parts = [
      `family 0x${family.toString(16)}`,
      ...(model === undefined ? [] : [`model 0x${model.toString(16)}`]),
      ...(stepping === undefined ? [] : [`stepping ${stepping}`]),
    ];
    return parts.join(" ");
  });
  return `The CPU is of ${listed(names, "or")}.`;
}
