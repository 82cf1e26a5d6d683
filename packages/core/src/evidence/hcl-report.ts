// SPDX-License-Identifier: Apache-2.0
// Azure's HCL report, out of NV index 0x01400001 of the vTPM: a report made at boot, and the runtime data
// (JSON) whose hash is its REPORT_DATA. The NV index is larger and zero behind it.

import {
  LayoutError,
  at,
  bytes,
  constant,
  mbz,
  signature,
  struct,
  u32,
  version,
} from "../bytes/index.ts";
import type { LayoutErrorCode } from "../bytes/index.ts";
import type { HclRuntimeData } from "./evidence.ts";
import { MAX_RUNTIME_DATA_SIZE } from "./limits.ts";
import { REPORT_SIZE } from "./report.ts";

/** Where the HCL report is defined. */
const HCL_SOURCE =
  "Microsoft, Azure confidential VM guest attestation, runtime data; OpenHCL openhcl_attestation_protocol";

/** Before the report. Versions 1 and 2 have the same layout. */
export const HCL_REPORT_HEADER = struct(
  "HCL_REPORT_HEADER",
  { size: 0x20, source: HCL_SOURCE },
  {
    signature: at(0x00, signature("HCLA")),
    version: at(0x04, version(u32, [1, 2])),
    reportSize: at(0x08, u32, "bytes up to the end of the runtime data"),
    requestType: at(0x0c, u32, "2: attestation of the vTPM's key"),
    status: at(0x10, u32, "0"),
    reserved: at(0x14, mbz(12)),
  },
);

/** REPORT_TYPE of the runtime data: what the hardware report is. */
const HCL_REPORT_TYPES = { "SEV-SNP": 2, "Intel TDX": 4 } as const;

/** Between the report and the runtime data. */
export const HCL_RUNTIME_DATA_HEADER = struct(
  "HCL_RUNTIME_DATA_HEADER",
  { size: 0x14, source: HCL_SOURCE },
  {
    dataSize: at(0x00, u32, "bytes of this header and the runtime data"),
    version: at(0x04, constant(u32, 1, "unsupported-version")),
    reportType: at(0x08, u32, "2 SEV-SNP, 4 Intel TDX"),
    hashType: at(0x0c, u32, "hash in REPORT_DATA: 1 SHA-256, 2 SHA-384, 3 SHA-512"),
    variableDataSize: at(0x10, u32, "bytes of the runtime data"),
  },
);

/** The HCL report up to its runtime data, which follows at once. */
export const HCL_REPORT = struct(
  "HCL_REPORT",
  { size: 0x4d4, source: HCL_SOURCE },
  {
    header: at(0x00, HCL_REPORT_HEADER),
    report: at(0x20, bytes(REPORT_SIZE), "the SEV-SNP attestation report"),
    runtime: at(0x4c0, HCL_RUNTIME_DATA_HEADER),
  },
);

/** A decoded HCL report. Byte strings are views into the bytes it was read from. */
export interface HclReport {
  readonly version: 1 | 2;
  /** REPORT_SIZE of the header, as it stands there. */
  readonly reportSize: number;
  readonly requestType: number;
  readonly status: number;
  /** The attestation report, not decoded. */
  readonly report: Uint8Array;
  readonly runtimeData: HclRuntimeData;
  /** Bytes behind the runtime data, all zero. */
  readonly padding: number;
}

/** Whether bytes begin like an HCL report. */
export function isHclReport(data: Uint8Array): boolean {
  return data[0] === 0x48 && data[1] === 0x43 && data[2] === 0x4c && data[3] === 0x41;
}

/**
 * Reads an HCL report with or without the zero bytes of its NV index behind it.
 * @throws {LayoutError} `truncated` when it is cut off, `unsupported-version`, `unknown-value` for the
 * report of another technology, `bad-length` for sizes that contradict each other, `must-be-zero`.
 */
export function decodeHclReport(data: Uint8Array): HclReport {
  const { header, report, runtime } = HCL_REPORT.decodeAt(data, 0);
  const { reportType, hashType, dataSize, variableDataSize } = runtime;
  const at0 = 0x4c0;
  if (reportType !== HCL_REPORT_TYPES["SEV-SNP"]) {
    const isTdx = reportType === HCL_REPORT_TYPES["Intel TDX"];
    const reason = `is ${reportType}${isTdx ? " (Intel TDX)" : ""}, must be 2 (SEV-SNP)`;
    fail("unknown-value", "runtime.reportType", at0 + 0x08, reason);
  }
  if (dataSize !== variableDataSize + HCL_RUNTIME_DATA_HEADER.size) {
    const reason = `is ${dataSize}, must be 20 more than variableDataSize, which is ${variableDataSize}`;
    fail("bad-length", "runtime.dataSize", at0, reason);
  }
  if (variableDataSize > MAX_RUNTIME_DATA_SIZE) {
    const reason = `is ${variableDataSize}, the most is ${MAX_RUNTIME_DATA_SIZE}`;
    fail("bad-length", "runtime.variableDataSize", at0 + 0x10, reason);
  }
  const start = HCL_REPORT.size;
  const end = start + variableDataSize;
  if (end > data.length) {
    const reason = `has ${data.length - start} bytes, must have ${variableDataSize}: it is cut off`;
    fail("truncated", "runtimeData", start, reason);
  }
  const after = data.subarray(end).findIndex((byte) => byte !== 0);
  if (after >= 0) {
    fail("must-be-zero", "padding", end + after, "is not zero behind the runtime data");
  }
  return {
    version: header.version,
    reportSize: header.reportSize,
    requestType: header.requestType,
    status: header.status,
    report,
    runtimeData: { bytes: data.subarray(start, end), hashType },
    padding: data.length - end,
  };
}

function fail(code: LayoutErrorCode, field: string, offset: number, reason: string): never {
  throw new LayoutError({
    code,
    structure: "HCL_REPORT",
    field,
    offset,
    reason,
    source: HCL_SOURCE,
  });
}
