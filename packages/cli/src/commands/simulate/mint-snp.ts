// SPDX-License-Identifier: Apache-2.0
// A SEV-SNP report of a guest that was launched for it, and what endorses it.

import { join } from "node:path";
import { hexEncode } from "@greenlight/core/bytes";
import { encodeEvidenceBundle } from "@greenlight/core/evidence";
import { pem } from "@greenlight/psp/kds";
import { GuestMessageChannel } from "@greenlight/psp/platform";
import type { Platform, SnpProcessor } from "@greenlight/psp/platform";
import type { Vek } from "@greenlight/psp/hierarchy";
import { UsageError } from "../../command/usage-error.ts";
import { parseBytes, parseBytesUpTo } from "../../input/digest.ts";
import { parseNumber, parseUnsigned } from "../../input/number.ts";
import type { MintOptions } from "./mint-options.ts";
import { outputOf } from "./minted.ts";
import type { Minted } from "./minted.ts";
import { SNP_ROOT } from "./roots.ts";

const DAY = 86_400_000;

/** Where the launch digest is in a report. */
const MEASUREMENT = 0x90;

/** Mints. @throws {UsageError} for values that are none, or that the platform refuses. */
export async function mintSnp(
  platform: Platform,
  folder: string,
  options: MintOptions,
): Promise<Minted> {
  const { snp, hierarchy } = platform;
  if (snp === undefined || hierarchy === undefined) {
    throw new UsageError("conflicting-options", `${platform.line} has no SEV-SNP`);
  }
  const reportData = new Uint8Array(64);
  const given = options["report-data"];
  if (given !== undefined) reportData.set(parseBytesUpTo(given, "--report-data", 64));
  const vmpl = options.vmpl === undefined ? 0 : parseNumber(options.vmpl, "--vmpl", 3);
  const launched = await reportOf(snp, options, reportData, vmpl);
  const table = snp.certificateTable();
  const { reportedTcb: tcb } = outputOf("SNP_PLATFORM_STATUS", snp.platformStatus());
  const vek = options.vlek
    ? hierarchy.vlek({ tcb })
    : hierarchy.vcek({ tcb, chipId: platform.chipId });
  const report = stating(launched, vek, options);
  const signing = options.vlek ? hierarchy.asvk : hierarchy.ask;
  const name = options.vlek ? "vlek.der" : "vcek.der";
  const today = Math.floor(Date.now() / DAY) * DAY;
  const list = hierarchy.crl({ thisUpdate: today - DAY, nextUpdate: today + 365 * DAY });
  const bundle = { provider: "sev_guest", report, certificateTable: table, reportData };
  return {
    files: [
      { name: "report.bin", what: "the report alone", content: report },
      {
        name: "extended-report.bin",
        what: "report and certificate table, as a host gives them",
        content: Buffer.concat([report, table]),
      },
      {
        name: "evidence.json",
        what: "the same as greenlight attest writes it",
        content: encodeEvidenceBundle({ ...bundle, privilegeLevel: vmpl }),
      },
      { name, what: `certificate of the ${vek.kind}`, content: vek.der },
      {
        name: "cert_chain.pem",
        what: "what is above it, as the KDS gives it",
        content: pem(signing.der) + pem(hierarchy.ark.der),
      },
      { name: "crl.der", what: "revocation list, good for a year from today", content: list },
    ],
    verify: [
      "greenlight verify",
      join(folder, "evidence.json"),
      `--simulator-root ${join(folder, SNP_ROOT)} --certs ${join(folder, "crl.der")} --offline`,
      ...(vmpl === 0 ? [] : [`--vmpl ${vmpl}`]),
      ...(given === undefined ? [] : [`--report-data ${hexEncode(reportData)}`]),
    ].join(" "),
  };
}

/** Launches a guest of one page and has it ask for its report. */
async function reportOf(
  snp: SnpProcessor,
  options: MintOptions,
  reportData: Uint8Array,
  vmpl: number,
): Promise<Uint8Array> {
  const policy = parseUnsigned(options.policy ?? "0x30000", "--policy", (1n << 64n) - 1n);
  const hostData =
    options["host-data"] === undefined
      ? new Uint8Array(32)
      : parseBytes(options["host-data"], "--host-data", 32);
  outputOf("SNP_INIT", snp.snpInit());
  if (options.vlek) outputOf("SNP_VLEK_LOAD", snp.vlekLoad());
  outputOf("SNP_CONFIG", snp.config({ maskChipId: options["mask-chip-id"] }));
  const { gctx } = outputOf("SNP_GCTX_CREATE", snp.gctxCreate());
  outputOf("SNP_LAUNCH_START", snp.launchStart({ gctx, policy }));
  outputOf("SNP_ACTIVATE", snp.activate({ gctx, asid: 1 }));
  const page = new Uint8Array(4096);
  const update = (request: Omit<Parameters<SnpProcessor["launchUpdate"]>[0], "gctx">) =>
    outputOf("SNP_LAUNCH_UPDATE", snp.launchUpdate({ gctx, ...request }));
  update({ type: "NORMAL", gpa: 0xffff_f000, page });
  const secrets = update({ type: "SECRETS", gpa: 0x80_d000, page: { size: page.length } });
  outputOf("SNP_LAUNCH_FINISH", snp.launchFinish({ gctx, hostData }));
  const channel = GuestMessageChannel.ofSecretsPage(secrets.page ?? page, vmpl);
  return channel.report(
    { reportData },
    (message) => outputOf("SNP_GUEST_REQUEST", snp.guestRequest({ gctx, message })).message,
  );
}

/** The report with the launch digest that was asked for, signed again. */
function stating(report: Uint8Array, vek: Vek, options: MintOptions): Uint8Array {
  if (options.measurement === undefined) return report;
  if (options.fault.some((name) => name.startsWith("snp.report="))) {
    throw new UsageError(
      "conflicting-options",
      "--measurement signs the report again, which undoes --fault snp.report",
      "leave one of them out",
    );
  }
  const changed = Uint8Array.from(report);
  changed.set(parseBytes(options.measurement, "--measurement", 48), MEASUREMENT);
  return vek.sign(changed);
}
