// SPDX-License-Identifier: Apache-2.0
// Checks of where a report comes from: its version, processor, key, and who asked for it.

import {
  HOST_REQUESTED_VMPL,
  cpuName,
  decodeSignerInfo,
  formatSignerInfo,
  reportCpu,
} from "../../evidence/index.ts";
import type { CpuIdentity } from "../../evidence/index.ts";
import type { CpuDemand } from "../policy/types.ts";
import { ANSWER_OUTCOMES, found, reportRow } from "./check.ts";
import type { Check } from "./check.ts";

const VERSION = reportRow("snp.report.version-refused", "version");
const LINE = reportRow("snp.product.line-refused", "cpuFamily");
const CPU = reportRow("snp.product.cpu-refused", "cpuFamily");
const SIGNING_KEY = reportRow("snp.report.signing-key-refused", "signerInfo");
const HOST = reportRow("snp.vmpl.host-requested", "vmpl");
const VMPL = reportRow("snp.vmpl.refused", "vmpl");

const version: Check = ({ report, policy }) => {
  const allowed = policy.evidence.reportVersions;
  const ok = allowed.includes(report.version);
  return found(
    VERSION,
    ok ? "pass" : "fail",
    ok ? "The policy allows reports of this version" : "The policy refuses reports of this version",
    String(report.version),
    allowed.join(", "),
    "evidence.reportVersions in the policy says which are taken",
  );
};

const line: Check = ({ policy, tcbs }) => {
  const allowed = policy.evidence.productLines;
  if (tcbs === undefined) {
    const title = "It is not known which product line the report is of";
    const hint = "reports of version 2 do not say it: their VCEK or VLEK does, so supply it";
    return found(LINE, "unknown", title, undefined, allowed.join(", "), hint);
  }
  const ok = allowed.includes(tcbs.line);
  return found(
    LINE,
    ok ? "pass" : "fail",
    ok ? "The policy allows the product line" : "The policy refuses the product line",
    tcbs.line,
    allowed.join(", "),
    "evidence.productLines in the policy says which are taken",
  );
};

const cpu: Check = ({ report, policy }) => {
  const { cpus } = policy.evidence;
  const actual = reportCpu(report);
  const shown = actual === undefined ? "not named" : describeCpu(actual);
  if (cpus === "any") return found(CPU, "skipped", "The policy names no CPUs", shown);
  const ok = actual !== undefined && cpus.some((demand) => isCpu(actual, demand));
  return found(
    CPU,
    ok ? "pass" : "fail",
    ok
      ? "The CPU is one that the policy names"
      : actual === undefined
        ? "The policy demands a CPU, and the report does not name its own"
        : "The CPU is none that the policy names",
    shown,
    cpus.map(describeDemand).join(" or "),
    "evidence.cpus in the policy says which are taken",
  );
};

function isCpu(actual: CpuIdentity, { family, model, stepping }: CpuDemand): boolean {
  return (
    actual.family === family &&
    (model === undefined || actual.model === model) &&
    (stepping === undefined || actual.stepping === stepping)
  );
}

function describeCpu(identity: CpuIdentity): string {
  return `${describeDemand(identity)} (${cpuName(identity) ?? "unknown"})`;
}

function describeDemand({ family, model, stepping }: CpuDemand): string {
  const parts = [family, model, stepping].map((n) => (n === undefined ? "any" : n.toString(16)));
  return `family ${parts[0]} model ${parts[1]} stepping ${parts[2]}`;
}

const signingKey: Check = ({ report, policy }) => {
  const allowed = policy.evidence.signingKeys;
  const { signingKey: key } = decodeSignerInfo(report.signerInfo);
  const ok = (key === "VCEK" || key === "VLEK") && allowed.includes(key);
  return found(
    SIGNING_KEY,
    ok ? "pass" : "fail",
    ok ? "The policy allows the kind of signing key" : "The policy refuses the kind of signing key",
    formatSignerInfo(report.signerInfo),
    allowed.join(" or "),
    "evidence.signingKeys in the policy says which are taken",
  );
};

const hostRequested: Check = ({ report, policy }) => {
  if (report.vmpl !== HOST_REQUESTED_VMPL) {
    return found(HOST, "pass", "The guest asked for the report, not the host");
  }
  return found(
    HOST,
    ANSWER_OUTCOMES[policy.evidence.hostRequested],
    "The host asked for the report: it proves nothing fresh and binds nothing of the guest's",
    "VMPL 0xffffffff",
    "VMPL 0 to 3",
    "have the guest ask for a report; evidence.hostRequested in the policy could allow this one",
  );
};

const vmpl: Check = ({ report, policy }) => {
  const allowed = policy.guest.vmpl;
  const actual = report.vmpl;
  if (actual === HOST_REQUESTED_VMPL) {
    return found(VMPL, "skipped", "A report that the host asked for has no VMPL");
  }
  const known = actual <= 3;
  const ok = known && (allowed === "any" || allowed.includes(actual));
  return found(
    VMPL,
    ok ? "pass" : "fail",
    ok
      ? "The policy allows the VMPL that asked for the report"
      : known
        ? "The report was asked for at a VMPL that the policy refuses"
        : "There is no such VMPL",
    String(actual),
    allowed === "any" ? "0 to 3" : allowed.join(" or "),
    known
      ? "ask at the other level in the guest (privlevel), or set guest.vmpl in the policy"
      : "no firmware makes such a report",
  );
};

/** The checks, in the order they are reported. */
export const ORIGIN_CHECKS: readonly Check[] = [
  version,
  line,
  cpu,
  signingKey,
  hostRequested,
  vmpl,
];
