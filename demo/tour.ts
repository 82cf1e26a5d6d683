// SPDX-License-Identifier: Apache-2.0
// `npm run tour`: measures a real OVMF image step by step, then plays a host that launched something
// else and asks why; verifies a real attestation report, and one with a changed bit. Everything runs in
// this process on what the repository carries.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../packages/cli/src/main.ts";
import { processIo } from "../packages/cli/src/output/io.ts";
import { fixtureFirmware, fixtureSnp } from "../fixtures/load.ts";

const FIRMWARE = "OVMF.amdsev-2026.08.fd";
const io = processIo();

const folder = mkdtempSync(join(tmpdir(), "greenlight-"));
process.chdir(folder);
try {
  writeFileSync("OVMF.fd", fixtureFirmware(FIRMWARE));
  process.exitCode = await demonstrate();
} finally {
  process.chdir(tmpdir());
  rmSync(folder, { recursive: true, force: true });
}

async function demonstrate(): Promise<number> {
  io.out(`A guest owner's first question: which number should the hardware report?\n`);
  io.out(`OVMF.fd is ${FIRMWARE} of Debian's ovmf package, carried in this repository.\n\n`);
  const expected = ["measure", "--ovmf", "OVMF.fd", "--vcpus", "4", "--vcpu-type", "EPYC-Milan"];
  const measured = await show([...expected, "--explain"]);
  if (measured !== 0) return measured;

  io.out("\nThe platform reports another one. What did the host do?\n\n");
  // A host that gave the guest more processors of another type than was agreed.
  const host = ["measure", "--ovmf", "OVMF.fd", "--vcpus", "8", "--vcpu-type", "EPYC-Genoa"];
  const reported = (await capture(host)).trim();
  const question = ["diagnose", reported, ...expected.slice(1)];
  const diagnosed = await show(question);
  // 1: explained by other parameters than expected.
  if (diagnosed !== 1) return 2;

  const verified = await verification();
  if (verified !== 0) return verified;

  io.out("\nYour own firmware and reports:\n");
  io.out("  npx greenlight measure --ovmf /path/to/OVMF.fd --vcpus 4 --vcpu-type EPYC-Milan\n");
  io.out("  npx greenlight verify /path/to/report.bin\n");
  io.out("  npx greenlight inspect /path/to/OVMF.fd\n");
  io.out("  npx greenlight --help\n");
  return 0;
}

/** A real report, then the same with one bit of its measurement changed. */
async function verification(): Promise<number> {
  io.out("\nThe second question: did AMD's hardware say so?\n");
  io.out("report.bin is of a Milan chip, from Debian's librust-sev-dev, with its VCEK.\n\n");
  const hex = Buffer.from(fixtureSnp("milan.report.hex")).toString("latin1");
  const report = Buffer.from(hex, "hex");
  writeFileSync("report.bin", report);
  writeFileSync("vcek.der", fixtureSnp("milan.vcek.der"));
  // A fixed instant, because the VCEK expires in 2030.
  const genuine = ["--certs", "vcek.der", "--offline", "--at", "2026-11-01"];
  const accepted = await show(["verify", "report.bin", ...genuine]);
  if (accepted !== 0) return 2;

  io.out("\nThe same report with one bit of its measurement changed:\n\n");
  report[0x90] = (report[0x90] ?? 0) ^ 1;
  writeFileSync("changed.bin", report);
  const rejected = await show(["verify", "changed.bin", ...genuine]);
  return rejected === 1 ? 0 : 2;
}

/** Shows a command line as one would type it, then runs it. */
async function show(argv: readonly string[]): Promise<number> {
  const words = argv.map((word) => (word.length > 40 ? `${word.slice(0, 16)}...` : word));
  io.out(`$ greenlight ${words.join(" ")}\n`);
  return run(argv, io);
}

async function capture(argv: readonly string[]): Promise<string> {
  let out = "";
  await run(argv, { ...io, out: (text) => void (out += text) });
  return out;
}
