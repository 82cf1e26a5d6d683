// SPDX-License-Identifier: Apache-2.0
// Evidence in the form that was asked for, and what is said about it.

import { encodeEvidenceBundle } from "@greenlight/core/evidence";
import { hexEncode } from "@greenlight/core/bytes";
import { evidenceBundle } from "@greenlight/host/tsm";
import type { TsmEvidence } from "@greenlight/host/tsm";
import { hang } from "../../output/style.ts";
import { pairs } from "../../output/table.ts";
import { quoted } from "./asked.ts";
import type { Asked } from "./asked.ts";
import type { FORMS } from "./options.ts";

/** A form of evidence. */
export type Form = (typeof FORMS)[number];

/** The content of the file. */
export function contentOf(form: Form, evidence: TsmEvidence, { request }: Asked): Uint8Array {
  switch (form) {
    case "bundle":
      return Buffer.from(encodeEvidenceBundle(evidenceBundle(evidence, request)));
    case "report":
      return evidence.report;
    case "extended":
      return Buffer.concat([evidence.report, evidence.certificates]);
  }
}

/** The command line with which a verifier judges it. */
export function verifyLine(file: string, evidence: TsmEvidence, asked: Asked): string {
  // A report of services is one of VMPL 0, which is what a verifier expects.
  const { privlevel } = evidence;
  const level =
    privlevel === 0 || asked.request.serviceProvider !== undefined ? "" : ` --vmpl ${privlevel}`;
  return `greenlight verify ${quoted(file)} ${asked.verifyOptions}${level}`;
}

/** What a person reads once a file was written. */
export function asText(file: string, form: Form, evidence: TsmEvidence, asked: Asked): string {
  const { request } = asked;
  const { certificates, manifest, privlevel, privlevelFloor, attempts } = evidence;
  const rows = pairs([
    ["form", form],
    ["report data", hexEncode(request.reportData)],
    ["made of", asked.meaning],
    [
      "privilege level",
      privlevel === privlevelFloor ? `${privlevel}, the kernel's own` : String(privlevel),
    ],
    [
      "certificates",
      certificates.length === 0
        ? "none: the host gave none, the verifier must have or fetch them"
        : `a table of ${certificates.length} bytes from the host`,
    ],
    ...(manifest === undefined
      ? []
      : [["manifest", `${manifest.length} bytes from ${request.serviceProvider}`] as const]),
    ...(attempts === 1 ? [] : [["attempts", `${attempts}: another process interfered`] as const]),
  ]);
  return `${hang("Evidence of this guest is in ", file)}\n\n${rows}\n`;
}

/** What `--json` prints, as a value. */
export function asJsonValue(file: string, form: Form, evidence: TsmEvidence, asked: Asked): object {
  return {
    schema: "greenlight/attest/v1",
    file,
    form,
    reportData: asked.request.reportData,
    provider: evidence.provider,
    privilegeLevel: evidence.privlevel,
    privilegeLevelFloor: evidence.privlevelFloor,
    generation: Number(evidence.generation),
    attempts: evidence.attempts,
    certificateTableSize: evidence.certificates.length,
    manifestSize: evidence.manifest?.length ?? null,
    notes: evidence.notes,
    verify: verifyLine(file, evidence, asked),
  };
}
