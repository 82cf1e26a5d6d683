// SPDX-License-Identifier: Apache-2.0
// (f) Verifying SEV-SNP reports in this process, as a rate against bare ECDSA verification of the same
// Node, and (g) `greenlight verify` as a process: a batch on two processors against one, and one report
// against a bare start of Node.

import { createPublicKey, verify } from "node:crypto";
import { DEFAULT_POLICY, verifyEvidence } from "@greenlight/core/appraisal";
import { Endorser, parseCertificate } from "@greenlight/core/endorsement";
import { decodeReport, readEvidence, reportSignature, signedPart } from "@greenlight/core/evidence";
import { AT, benchHierarchy, extendedReports, writeEvidence } from "../lib/evidence.ts";
import { median, timeInTurn } from "../lib/processes.ts";
import type { Command } from "../lib/processes.ts";
import { ms } from "../lib/row.ts";
import type { Row } from "../lib/row.ts";

/** Reports verified in one turn, of as many chips: few, so that many turns are not interrupted. */
const REPORTS = 16;
/** Turns that do not count: the optimizing compiler is done after some thousand reports. */
const UNTIMED = 150;
const TURNS = 151;
const BATCH = 1000;
const CHIPS = 16;

/** Without revocation lists, which a verifier has once a day and not with every report. */
const POLICY = {
  ...DEFAULT_POLICY,
  evidence: { ...DEFAULT_POLICY.evidence, revocation: { mode: "off", maxAge: "any" } },
} as const;

/** Rows of (f). */
export async function verifyRows(): Promise<readonly Row[]> {
  const hierarchy = benchHierarchy();
  const reports = extendedReports(hierarchy, REPORTS, REPORTS);
  const root = hierarchy.trustRoot();
  const certificate = parseCertificate(hierarchy.vcek().der);
  const bare = extendedReports(hierarchy, REPORTS, REPORTS).map((bytes) => {
    const report = bytes.subarray(0, 1184);
    const { certificates } = readEvidence(bytes);
    const { spki } = parseCertificate(certificates[0]?.der ?? certificate.der);
    const key = createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" });
    const signature = reportSignature(decodeReport(report));
    return { message: signedPart(report), key, signature };
  });
  const verifyAll = async (endorserFor: () => Endorser): Promise<void> => {
    for (const bytes of reports) {
      const context = { endorser: endorserFor(), policy: POLICY, at: AT };
      const { outcome } = await verifyEvidence(readEvidence(bytes), context);
      if (outcome !== "accepted") throw new Error(`a report was ${outcome}`);
    }
  };
  // One that forgets each VCEK before it comes again, and one that knows them all.
  const forgetful = new Endorser({ roots: [root], cacheEntries: 1 });
  const knowing = new Endorser({ roots: [root] });
  const ecdsa = (): void => {
    for (const { message, key, signature } of bare) {
      if (!verify("sha384", message, { key, dsaEncoding: "ieee-p1363" }, signature)) {
        throw new Error("a signature does not verify");
      }
    }
  };
  const row = async (what: string, endorserFor: () => Endorser, goal?: number): Promise<Row> => {
    // One at a time beside the bare verification, so that none pays for the garbage of another.
    const { reference, taken, ratio } = await inTurn(ecdsa, () => verifyAll(endorserFor));
    return {
      group: "f",
      what: `${what} / bare ECDSA P-384 verification, as rates`,
      measured: ms(taken / REPORTS),
      reference: ms(reference / REPORTS),
      ratio,
      ...(goal === undefined ? {} : { goal: `>= ${goal.toFixed(2)}`, met: ratio >= goal }),
    };
  };
  const anew = (): Endorser => new Endorser({ roots: [hierarchy.trustRoot()] });
  return [
    // In the order of what they leave behind: imported keys make the young generation grow.
    await row("bytes to findings, VCEK known", () => knowing, 0.92),
    await row("bytes to findings, VCEK not seen before", () => forgetful, 0.7),
    await row("bytes to findings, with ARK and ASK read and verified each time", anew),
  ];
}

/** Medians of what two actions take, in milliseconds, and of the ratio of one turn's two times. */
async function inTurn(
  bare: () => void,
  action: () => Promise<void>,
): Promise<{ readonly reference: number; readonly taken: number; readonly ratio: number }> {
  const times: { readonly reference: number; readonly taken: number }[] = [];
  for (let turn = -UNTIMED; turn < TURNS; turn++) {
    const start = performance.now();
    bare();
    const middle = performance.now();
    await action();
    const end = performance.now();
    if (turn >= 0) times.push({ reference: middle - start, taken: end - middle });
  }
  return {
    reference: median(times.map(({ reference }) => reference)),
    taken: median(times.map(({ taken }) => taken)),
    ratio: median(times.map(({ reference, taken }) => reference / taken)),
  };
}

/** Rows of (g). `program` is the command as it is shipped, up to its first argument. */
export function verifyProcessRows(program: Command, folder: string, runs: number): readonly Row[] {
  const hierarchy = benchHierarchy();
  const files = writeEvidence(folder, hierarchy, extendedReports(hierarchy, BATCH, CHIPS));
  const at = new Date(AT).toISOString();
  const given = ["--simulator-root", files.chain, "--certs", files.list];
  const common = [...given, "--at", at, "--offline", "--quiet"];
  const verifying = (...args: readonly string[]): Command => ({
    program: program.program,
    args: [...program.args, "verify", ...args, ...common],
  });
  const { node, single } = timeInTurn(
    { node: { program: process.execPath, args: ["-e", "0"] }, single: verifying(files.first) },
    runs,
  );
  const batches = timeInTurn(
    { one: verifying(files.reports, "--jobs", "1"), two: verifying(files.reports, "--jobs", "2") },
    Math.ceil(runs / 3),
  );
  // Cores share the reports, not the start of the process.
  const one = batches.one.median - single.median;
  const two = batches.two.median - single.median;
  const over = single.median - node.median;
  return [
    {
      group: "g",
      what: "verify of one report, as shipped, less node -e 0",
      measured: ms(over),
      reference: ms(node.median),
      goal: "<= 35 ms",
      met: over <= 35,
    },
    {
      group: "g",
      what: `verify of ${BATCH} reports less that of one, --jobs 1 / --jobs 2`,
      measured: ms(one),
      reference: ms(two),
      ratio: one / two,
      goal: ">= 1.70",
      met: one / two >= 1.7,
    },
  ];
}
