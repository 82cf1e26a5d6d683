// SPDX-License-Identifier: Apache-2.0
// What is judged, how, and what came out. A change of any of it judges again.

import { computed, effect, signal } from "@preact/signals";
import { Endorser } from "@greenlight/core/endorsement";
import type { Policy } from "@greenlight/core/policy";
import { judge, policyWith, rolesOf } from "../model/session.ts";
import type { EvidenceFile, Judging, Judgment, Typed } from "../model/session.ts";
import { files, isReadingSmall } from "./files.ts";

/** What the files are for. */
export const roles = computed(() => rolesOf(files.value));
/** The evidence a person chose to look at; the last that was given when there is no such file. */
export const chosen = signal<string | undefined>(undefined);
/** The instant everything has to be valid at; undefined is now. */
export const instant = signal<number | undefined>(undefined);
/** What was typed. */
export const typed = signal<Typed>({ measurement: "", reportData: "" });

/** The evidence that is looked at. */
export const current = computed<EvidenceFile | undefined>(() => {
  const { evidence } = roles.value;
  return evidence.find(({ file }) => file.id === chosen.value) ?? evidence.at(-1);
});

/** The policy in force. */
export const policy = computed<Policy>(() => policyWith(roles.value.policy?.policy, typed.value));

/** A verdict and what it is about. */
export interface Judged extends Judgment {
  readonly subject: EvidenceFile;
  /** The instant it is for, in milliseconds since 1970. */
  readonly at: number;
  readonly policy: Policy;
}

/** How far judging is. */
export type Judgement =
  | { readonly state: "nothing" }
  | { readonly state: "working"; readonly last?: Judged }
  | { readonly state: "done"; readonly judged: Judged }
  /** Something the page cannot go on from: a missing browser feature, or a mistake of ours. */
  | { readonly state: "stuck"; readonly reason: string };

/** The verdict on the current evidence. */
export const judgement = signal<Judgement>({ state: "nothing" });

/** Whether the browser lets the page verify signatures. */
export function canVerify(): boolean {
  return typeof globalThis.crypto === "object" && globalThis.crypto.subtle !== undefined;
}

/** Starts judging whenever something changes; the answer stops it. */
export function keepJudging(): () => void {
  const endorser = new Endorser();
  let round = 0;
  return effect(() => {
    const subject = current.value;
    const { supplied, policy: given } = roles.value;
    const judging = { supplied, policy: given?.policy, typed: typed.value };
    const inForce = policy.value;
    const wanted = instant.value;
    round += 1;
    const mine = round;
    if (subject === undefined) {
      judgement.value = { state: "nothing" };
      return;
    }
    if (!canVerify()) {
      judgement.value = { state: "stuck", reason: "this browser offers no cryptography here" };
      return;
    }
    const at = wanted ?? Date.now();
    const before = judgement.peek();
    const last =
      before.state === "done"
        ? before.judged
        : before.state === "working"
          ? before.last
          : undefined;
    judgement.value = last === undefined ? { state: "working" } : { state: "working", last };
    if (isReadingSmall.value) return;
    void outcomeOf(subject, { ...judging, at }, inForce, endorser).then((outcome) => {
      if (mine === round) judgement.value = outcome;
      return outcome;
    });
  });
}

async function outcomeOf(
  subject: EvidenceFile,
  judging: Judging,
  inForce: Policy,
  endorser: Endorser,
): Promise<Judgement> {
  try {
    const judgment = await judge(subject.evidence, judging, endorser);
    return { state: "done", judged: { ...judgment, subject, at: judging.at, policy: inForce } };
  } catch (error) {
    return { state: "stuck", reason: error instanceof Error ? error.message : String(error) };
  }
}
