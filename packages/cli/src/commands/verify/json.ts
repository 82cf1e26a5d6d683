// SPDX-License-Identifier: Apache-2.0
// A verification as programs read it.

import { hexEncode } from "@greenlight/core/bytes";
import type { Endorsement } from "@greenlight/core/endorsement";
import { decodeSignerInfo, decodeTcb, reportCpu } from "@greenlight/core/evidence";
import type { ProductLine, Report } from "@greenlight/core/evidence";
import { sha256 } from "@greenlight/core/crypto";
import { formatInstant } from "../../input/instant.ts";
import { toJson } from "../../output/json.ts";
import type { Result, Tally } from "./result.ts";

/** Schema of a result. */
const VERIFY_SCHEMA = "greenlight/verify/v1";

/** Schema of the results of a batch. */
const BATCH_SCHEMA = "greenlight/verify-batch/v1";

/** One result. Bigints and bytes become text when it is printed. */
export function resultToJson(result: Result, at: number): Readonly<Record<string, unknown>> {
  const head = { schema: VERIFY_SCHEMA, name: result.name };
  if (result.kind !== "appraised") {
    return { ...head, outcome: "unreadable", error: result.error };
  }
  const { evidence, verdict, problems } = result;
  const { outcome, findings, report, endorsement, line, needs } = verdict;
  return {
    ...head,
    outcome,
    at: formatInstant(at),
    form: evidence.form,
    encodings: evidence.encodings,
    notes: evidence.notes,
    productLine: line ?? null,
    findings,
    needs,
    problems,
    report: report === undefined ? null : reportToJson(report, line),
    endorsement: endorsement === undefined ? null : endorsementToJson(endorsement),
  };
}

/** A batch as one document, written piece by piece: thousands of results are not kept for it. */
export class BatchDocument {
  readonly #write: (text: string) => void;
  #count = 0;

  /** @param write Takes the pieces. */
  constructor(write: (text: string) => void) {
    this.#write = write;
    write(`{\n  "schema": ${JSON.stringify(BATCH_SCHEMA)},\n  "results": [`);
  }

  /** Writes one result. */
  add(result: unknown): void {
    this.#write(`${this.#count === 0 ? "" : ","}\n    ${indented(toJson(result), 4)}`);
    this.#count += 1;
  }

  /** Writes the end. */
  close({ "passed-over": passedOver, ...counts }: Tally): void {
    const summary = indented(toJson({ ...counts, passedOver }), 2);
    this.#write(`${this.#count === 0 ? "" : "\n  "}],\n  "summary": ${summary}\n}\n`);
  }
}

function indented(text: string, columns: number): string {
  return text.trimEnd().replaceAll("\n", `\n${" ".repeat(columns)}`);
}

function reportToJson(report: Report, line: ProductLine | undefined): object {
  const tcb = (bytes: Uint8Array): object => ({
    bytes: hexEncode(bytes),
    ...(line === undefined ? {} : decodeTcb(bytes, line).tcb),
  });
  const { signatureR, signatureS, cpuFamily, cpuModel, cpuStepping, ...fields } = report;
  const { currentMajor, currentMinor, currentBuild, ...others } = fields;
  const { committedMajor, committedMinor, committedBuild, ...rest } = others;
  return {
    ...rest,
    signerInfo: { value: report.signerInfo, ...decodeSignerInfo(report.signerInfo) },
    cpu: reportCpu({ ...report, cpuFamily, cpuModel, cpuStepping }) ?? null,
    currentTcb: tcb(report.currentTcb),
    reportedTcb: tcb(report.reportedTcb),
    committedTcb: tcb(report.committedTcb),
    launchTcb: tcb(report.launchTcb),
    currentVersion: `${currentMajor}.${currentMinor}.${currentBuild}`,
    committedVersion: `${committedMajor}.${committedMinor}.${committedBuild}`,
    signature: { r: signatureR, s: signatureS },
  };
}

function endorsementToJson(endorsement: Endorsement): object {
  const { kind, line, extensions, tcb, validUntil, chain, root } = endorsement;
  return {
    kind,
    productLine: line,
    productName: extensions.productName,
    structVersion: extensions.structVersion,
    hwId: extensions.hwId ?? null,
    cspId: extensions.cspId ?? null,
    tcb,
    validUntil: formatInstant(validUntil),
    root: { productLine: root.line, origin: root.origin },
    chain: chain.map(({ subject, issuer, serial, notBefore, notAfter, der }) => ({
      subject: subject.text,
      issuer: issuer.text,
      serial,
      notBefore: formatInstant(notBefore),
      notAfter: formatInstant(notAfter),
      sha256: sha256(der),
    })),
  };
}
