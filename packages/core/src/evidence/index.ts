// SPDX-License-Identifier: Apache-2.0
// What a platform says.

export { REPORT_MEASUREMENT, REPORT_SIZE, readReportMeasurement } from "./report-measurement.ts";
export type { ReportMeasurement } from "./report-measurement.ts";
