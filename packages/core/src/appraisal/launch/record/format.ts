// SPDX-License-Identifier: Apache-2.0
// The record of a launch: a line of JSON for every step, written before the step has its effect. Each
// line holds the SHA-256 of the one before it, so that none can be changed or left out unseen.

import { sha256 } from "#crypto";
import { hexEncode } from "../../../bytes/index.ts";

/** `schema` of the first line. */
export const LAUNCH_RECORD_SCHEMA = "greenlight/launch-record/v1";

/** What a launch can have come to, in the order in which it does. The last three are ends. */
export const LAUNCH_STATES = [
  "planned",
  "offered",
  "launched",
  "attested",
  "released",
  "running",
  "refused",
  "failed",
] as const;

/** How far a launch is. */
export type LaunchState = (typeof LAUNCH_STATES)[number];

/** What can follow each state. A launch may stay where it is for several steps. */
export const LAUNCH_TRANSITIONS: Readonly<Record<LaunchState, readonly LaunchState[]>> = {
  planned: ["offered", "refused", "failed"],
  offered: ["launched", "refused", "failed"],
  launched: ["attested", "refused", "failed"],
  attested: ["released", "refused", "failed"],
  released: ["running", "failed"],
  running: ["failed"],
  refused: ["failed"],
  failed: [],
};

/** Steps, and what each says has happened or is about to. */
export const LAUNCH_STEPS = {
  begun: "a launch by this plan was begun",
  prepared: "plan, firmware and platform were judged",
  offered: "a session was made for this platform, or the plan needs none",
  starting: "the host is about to be asked to start the guest, or the owner to attach to it",
  launched: "the guest is there",
  measured: "the platform's measurement or the guest's evidence was taken",
  decided: "measurement or evidence was judged",
  releasing: "the secrets are about to be released",
  released: "the secrets were released",
  resuming: "the guest is about to be let run",
  running: "the guest runs",
  refusing: "the launch is refused, and its guest about to be ended",
  failing: "something went wrong, and the guest is about to be ended",
  ended: "the launch is over",
} as const;

/** A step of a launch. */
export type LaunchStep = keyof typeof LAUNCH_STEPS;

/** Plain data that JSON carries exactly. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/** A line of a record. */
export interface LaunchRecordEntry {
  /** Only in the first line. */
  readonly schema?: typeof LAUNCH_RECORD_SCHEMA;
  /** 0 for the first line, then one more for each. */
  readonly seq: number;
  /** SHA-256 of the line before, without its newline, in hexadecimal; zeros in the first. */
  readonly previous: string;
  /** The instant, RFC 3339 in UTC. */
  readonly at: string;
  /** How far the launch is with this step. */
  readonly state: LaunchState;
  readonly step: LaunchStep;
  /** What belongs to the step. Never a key or a secret. */
  readonly detail: { readonly [name: string]: JsonValue };
}

/** `previous` of the first line. */
export const FIRST_PREVIOUS = "0".repeat(64);

/** An entry as its line, without newline. */
export function encodeRecordLine(entry: LaunchRecordEntry): string {
  const { schema, seq, previous, at, state, step, detail } = entry;
  const head = schema === undefined ? {} : { schema };
  return JSON.stringify({ ...head, seq, previous, at, state, step, detail });
}

/** SHA-256 of a line without its newline, in hexadecimal. */
export function recordLineDigest(line: string): string {
  return hexEncode(sha256(new TextEncoder().encode(line)));
}
