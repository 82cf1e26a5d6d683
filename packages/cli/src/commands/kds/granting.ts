// SPDX-License-Identifier: Apache-2.0
// Fetches one wish after another, and tells what came of them.

import { kdsPath, storePath } from "@greenlight/core/endorsement";
import type { KdsAddress } from "@greenlight/core/endorsement";
import type { KdsAnswer, KdsClient } from "../../kds/client.ts";
import { KdsError } from "../../kds/error.ts";
import { sha256 } from "../../kds/files.ts";
import { fetchOne } from "../../kds/needs.ts";
import type { StoreFolder } from "../../kds/store.ts";
import { titleOfAddress } from "../../kds/words.ts";
import type { Io } from "../../output/io.ts";
import { toJson } from "../../output/json.ts";
import { hang } from "../../output/style.ts";
import type { Wish, Wishes } from "./wishes.ts";

/** What came of a wish. */
export interface Granted {
  /** Where it was, or would likeliest have been. */
  readonly address: KdsAddress;
  readonly reports: number;
  readonly answer?: KdsAnswer;
  readonly error?: KdsError;
}

/** With what wishes are granted. */
interface Means {
  readonly client: KdsClient;
  readonly store: StoreFolder | undefined;
}

/** Things after which the folder's manifest is written again. */
const SAVE_EVERY = 25;

/** Things of which every one is listed. */
const LIST_UP_TO = 20;

/** Grants all wishes. When the server refuses or cannot be reached, the rest is not asked for. */
export async function grant(wishes: Wishes, means: Means): Promise<readonly Granted[]> {
  const { client, store } = means;
  const granted: Granted[] = [];
  let refusal: KdsError | undefined;
  try {
    for (const wish of wishes.all) {
      const result = await grantOne(wish, means, refusal);
      granted.push(result);
      const code = result.error?.code;
      if (code === "throttled" || code === "unreachable") refusal ??= result.error;
      if (result.answer !== undefined) {
        store?.put(result.answer.address, storable(result.answer, client));
        if (granted.length % SAVE_EVERY === 0) store?.save();
      }
    }
  } finally {
    if (granted.length > 0) store?.save();
  }
  return granted;
}

async function grantOne(
  { addresses, reports }: Wish,
  { client }: Means,
  refusal: KdsError | undefined,
): Promise<Granted> {
  const [likeliest] = addresses;
  if (likeliest === undefined) throw new Error("a wish without address");
  const here = addresses.find((address) => client.atHand(address) !== undefined);
  if (refusal !== undefined && here === undefined) {
    const path = kdsPath(likeliest);
    const message = `the ${titleOfAddress(likeliest)} was not asked for any more`;
    return {
      address: likeliest,
      reports,
      error: new KdsError({ code: refusal.code, path, message }),
    };
  }
  const result = await fetchOne(client, addresses, client.deadline());
  if (result instanceof KdsError) return { address: likeliest, reports, error: result };
  return { address: result.address, reports, answer: result };
}

function storable({ content, from, fetched }: KdsAnswer, client: KdsClient) {
  return { content, from, fetched: fetched ?? client.now() };
}

/** Prints what came of the wishes. */
export function tell(granted: readonly Granted[], wishes: Wishes, json: boolean, io: Io): void {
  if (json) io.out(toJson(jsonOf(granted, wishes)));
  else io.out(`${textOf(granted, wishes).join("\n")}\n`);
}

function textOf(granted: readonly Granted[], wishes: Wishes): readonly string[] {
  const lines: string[] = [];
  const isShort = granted.length <= LIST_UP_TO;
  let last: KdsError | undefined;
  for (const { address, answer, error } of granted) {
    if (error !== undefined) {
      lines.push(hang("missing   ", error.message));
      last = error;
    } else if (isShort || answer?.note !== undefined) {
      const note = answer?.note === undefined ? "" : ` (${answer.note})`;
      lines.push(hang(wordOf(answer).padEnd(10), titleOfAddress(address) + note));
    }
  }
  for (const { name, reason } of wishes.without)
    lines.push(hang("-         ", `${name}: ${reason}`));
  lines.push(summaryOf(granted, wishes));
  if (last?.hint !== undefined) lines.push(hang("hint: ", last.hint));
  return lines;
}

function wordOf(answer: KdsAnswer | undefined): string {
  return answer?.origin === "network" ? "fetched" : "at hand";
}

function summaryOf(granted: readonly Granted[], { reports }: Wishes): string {
  const count = (word: string): number =>
    granted.filter(
      ({ answer, error }) => (error === undefined ? wordOf(answer) : "missing") === word,
    ).length;
  const parts = ["fetched", "at hand", "missing"].map((word) => `${count(word)} ${word}`);
  const forWhom = reports === 0 ? "" : ` for ${reports} ${reports === 1 ? "report" : "reports"}`;
  return `${parts.join(", ")}${forWhom}`;
}

function jsonOf(granted: readonly Granted[], wishes: Wishes): object {
  return {
    schema: "greenlight/kds-fetch/v1",
    reports: wishes.reports,
    items: granted.map(({ address, reports, answer, error }) => ({
      kind: address.kind,
      path: kdsPath(address),
      title: titleOfAddress(address),
      reports,
      outcome: error === undefined ? wordOf(answer).replace(" ", "-") : "missing",
      ...(answer === undefined
        ? {}
        : { file: storePath(address), from: answer.from, sha256: sha256(answer.content.bytes) }),
      ...(answer?.note === undefined ? {} : { note: answer.note }),
      ...(error === undefined
        ? {}
        : { error: { code: error.code, message: error.message, hint: error.hint } }),
    })),
    without: wishes.without,
  };
}
