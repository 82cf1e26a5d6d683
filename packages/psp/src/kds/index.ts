// SPDX-License-Identifier: Apache-2.0
// A Key Distribution Service for simulated platforms: AMD's addresses, on this machine.

export { answerPath, pem } from "./answer.ts";
export type { KdsAnswer } from "./answer.ts";
export { startKds } from "./server.ts";
export type { KdsFault, KdsOptions, RunningKds } from "./server.ts";
export { subjectOf, subjectsOf } from "./source.ts";
export type { KdsSubject } from "./source.ts";
