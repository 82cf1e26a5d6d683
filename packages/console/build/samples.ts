// SPDX-License-Identifier: Apache-2.0
// The samples of the explorer: real evidence that the repository carries, see fixtures/snp.

import { ATTESTATION_REPORT } from "@greenlight/core/evidence";
import { fixtureSnp } from "../../../fixtures/load.ts";
import type { Sample, SampleFile } from "../src/model/sample.ts";

/** What the empty page offers to look at. */
export function samples(): readonly Sample[] {
  const report = text("milan.report.hex");
  const vcek = binary("milan.vcek.der");
  return [
    {
      title: "Report of a Milan processor",
      about: "A real report and its VCEK, from the tests of the Rust crate sev.",
      files: [report, vcek],
    },
    {
      title: "The same, tampered with",
      about: "One bit of its measurement is changed.",
      files: [{ name: "tampered.report.hex", text: tampered(report.text ?? "") }, vcek],
    },
    {
      title: "The same without its VCEK",
      about: "What a missing certificate looks like.",
      files: [report],
    },
  ];
}

function text(name: string): SampleFile {
  return { name, text: Buffer.from(fixtureSnp(name)).toString("latin1").trim() };
}

function binary(name: string): SampleFile {
  return { name, base64: Buffer.from(fixtureSnp(name)).toString("base64") };
}

/** A report, in hexadecimal, with the lowest bit of the first byte of MEASUREMENT changed. */
function tampered(hex: string): string {
  const bytes = Buffer.from(hex, "hex");
  const offset = ATTESTATION_REPORT.offsetOf("measurement");
  bytes[offset]! ^= 1;
  return bytes.toString("hex");
}
