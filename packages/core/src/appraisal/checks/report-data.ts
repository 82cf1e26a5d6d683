// SPDX-License-Identifier: Apache-2.0
// Checks of REPORT_DATA: what the report speaks for, and so whether it is fresh and of this channel.

import { BINDING_NAMES, boundReportData } from "../binding.ts";
import { digits, sameBytes } from "./byte-values.ts";
import { found, reportRow } from "./check.ts";
import type { Check, Subject } from "./check.ts";

const PINNED = reportRow("snp.report-data.not-allowed", "reportData");
const KIND = reportRow("snp.report-data.binding-refused", "reportData");
const BINDING = reportRow("snp.report-data.binding-mismatch", "reportData");
const RUNTIME = reportRow("snp.report-data.runtime-data-mismatch", "reportData");
const UNBOUND = reportRow("snp.report-data.unbound", "reportData");

const pinned: Check = ({ report, compiled }) => {
  const wanted = compiled.reportData;
  const actual = digits(report.reportData);
  if (wanted === undefined) {
    return found(PINNED, "skipped", "The policy does not fix the report data", actual);
  }
  const ok = wanted.each.some(({ bytes }) => sameBytes(bytes, report.reportData));
  return found(
    PINNED,
    ok ? "pass" : "fail",
    ok
      ? "The report data is one that the policy allows"
      : "The report data is not one that the policy allows",
    actual,
    wanted.text,
    "guest.reportData in the policy lists what is allowed",
  );
};

const kind: Check = ({ binding, policy }) => {
  if (binding === undefined)
    return found(KIND, "skipped", "No binding of the report data was given");
  const { kinds } = policy.guest.binding;
  const ok = kinds === "any" || kinds.includes(binding.kind);
  return found(
    KIND,
    ok ? "pass" : "fail",
    ok
      ? "The policy allows this way of binding the report data"
      : "The policy refuses this way of binding the report data",
    binding.kind,
    kinds === "any" ? "any" : kinds.join(" or "),
    "guest.binding.kinds in the policy lists the ways that are allowed",
  );
};

const bound: Check = ({ report, binding, evidence }) => {
  if (binding === undefined) {
    return found(BINDING, "skipped", "No binding of the report data was given");
  }
  const name = BINDING_NAMES[binding.kind];
  const result = boundReportData(binding, evidence);
  if ("missing" in result) {
    return found(
      BINDING,
      "unknown",
      `Whether the report data is ${name} is not known: ${result.missing}`,
    );
  }
  if ("impossible" in result) {
    return found(BINDING, "fail", `The report data cannot be ${name}: ${result.impossible}`);
  }
  const ok = sameBytes(result.reportData, report.reportData);
  return found(
    BINDING,
    ok ? "pass" : "fail",
    ok ? `The report data is ${name}` : `The report data is not ${name}`,
    digits(report.reportData),
    digits(result.reportData),
    "the report is of another request, an older one, or of another end of the channel",
  );
};

const runtimeData: Check = ({ report, evidence }) => {
  if (evidence.runtimeData === undefined) {
    return found(RUNTIME, "skipped", "No runtime data of Azure's paravisor came with the evidence");
  }
  const result = boundReportData({ kind: "azure-hcl" }, evidence);
  if (!("reportData" in result)) {
    const why = "impossible" in result ? result.impossible : result.missing;
    return found(RUNTIME, "fail", `The report does not cover the runtime data: ${why}`);
  }
  const ok = sameBytes(result.reportData, report.reportData);
  return found(
    RUNTIME,
    ok ? "pass" : "fail",
    ok
      ? "The report covers the runtime data of Azure's paravisor"
      : "The report does not cover the runtime data of Azure's paravisor",
    digits(report.reportData),
    digits(result.reportData),
    "report and runtime data are not of the same virtual machine, or were changed",
  );
};

const GIVE = "give a nonce and key, the TLS key or the report data that the guest was asked for";

/** Whether the policy takes it, by name, that Azure's runtime data is all that is bound. */
const runtimeDataWillDo = ({ policy, evidence }: Subject): boolean =>
  evidence.runtimeData !== undefined &&
  policy.guest.binding.kinds !== "any" &&
  policy.guest.binding.kinds.includes("azure-hcl");

const unbound: Check = (subject) => {
  const { binding, compiled, evidence, policy } = subject;
  if (binding !== undefined)
    return found(UNBOUND, "pass", "What the report data is bound to was given");
  if (runtimeDataWillDo(subject)) {
    const title = "The report data is bound to Azure's runtime data, as the policy allows";
    return found(UNBOUND, "pass", title);
  }
  const required = policy.guest.binding.mode === "required";
  if (compiled.reportData !== undefined && !required) {
    return found(UNBOUND, "pass", "The policy fixes the report data");
  }
  return found(
    UNBOUND,
    required ? "unknown" : "warn",
    required
      ? "The policy demands that the report data is bound, and it was not said to what"
      : evidence.runtimeData === undefined
        ? "The report data was not compared with anything: the report may be old or somebody else's"
        : "The report is bound to Azure's runtime data only, which does not say how old it is",
    undefined,
    undefined,
    evidence.runtimeData === undefined
      ? GIVE
      : "freshness comes from a TPM quote by the attestation key in the runtime data",
  );
};

/** The checks, in the order they are reported. */
export const REPORT_DATA_CHECKS: readonly Check[] = [pinned, kind, bound, runtimeData, unbound];
