// SPDX-License-Identifier: Apache-2.0
// Carried evidence and firmware as files to give to the page.

import { fixtureFirmware, fixtureSnp } from "../../../../fixtures/load.ts";
import type { TestFile } from "./explorer.ts";

const snp = (name: string): TestFile => ({ name, bytes: fixtureSnp(name) });

/** A genuine report of Milan that the default policy accepts, and its VCEK. */
export const ACCEPTED: readonly TestFile[] = [snp("milan.report.hex"), snp("milan.vcek.der")];
/** A genuine report of a guest that may be debugged, and its VCEK. */
export const REJECTED: readonly TestFile[] = [
  snp("milan-debug.report.bin"),
  snp("milan-debug.vcek.der"),
];
/** The report of {@link ACCEPTED} alone. */
export const WITHOUT_VCEK: readonly TestFile[] = [snp("milan.report.hex")];
/** ASK and ARK of Milan, PEM. */
export const CHAIN: TestFile = snp("milan.vcek-chain.pem");
/** A firmware for SEV-SNP, 4 MiB. */
export const FIRMWARE: TestFile = {
  name: "OVMF.amdsev.fd",
  bytes: fixtureFirmware("OVMF.amdsev-2026.08.fd"),
};

/** A file of text. */
export function textFile(name: string, text: string): TestFile {
  return { name, bytes: new TextEncoder().encode(text) };
}
