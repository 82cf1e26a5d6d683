// SPDX-License-Identifier: Apache-2.0
// SEV-SNP processors for tests, and guests on them.

import assert from "node:assert/strict";
import { inspect } from "node:util";
import { chipId, createHierarchy } from "@greenlight/psp/hierarchy";
import { seededRandom } from "../../src/platform/random.ts";
import type { SharedSnpPlatform, SnpLine } from "../../src/platform/shared.ts";
import { GuestMessageChannel } from "../../src/snp/channel.ts";
import { createSnpProcessor } from "../../src/snp/processor.ts";
import type {
  SnpLaunchFinish,
  SnpLaunchStart,
  SnpProcessor,
  SnpResult,
} from "../../src/snp/types.ts";

/** What a platform of a test has. */
export function shared(
  line: SnpLine = "Genoa",
  more: Partial<SharedSnpPlatform> = {},
): SharedSnpPlatform {
  return {
    line,
    seed: "greenlight",
    names: "simulator",
    chipId: chipId(line),
    api: { major: 1, minor: 55, build: 40 },
    es: true,
    random: seededRandom("snp tests"),
    faults: {},
    hierarchy: createHierarchy({ line, names: more.names ?? "simulator" }),
    ...more,
  };
}

/** The output of a command that must succeed. */
export function done<T extends object>(result: SnpResult<T>): T {
  assert.ok(result.status === "SUCCESS", inspect(result));
  return result;
}

/** The status of a command that must be refused; the reason is there and is a sentence for people. */
export function refused(result: SnpResult): string {
  assert.ok(result.status !== "SUCCESS", "it was not refused");
  assert.match(result.reason, /\w+ \w+/);
  return result.status;
}

/** An initialised processor. */
export function processor(
  line: SnpLine = "Genoa",
  more: Partial<SharedSnpPlatform> = {},
): SnpProcessor {
  const snp = createSnpProcessor(shared(line, more));
  done(snp.snpInit());
  return snp;
}

/** A guest that runs, with its secrets page. */
export interface RunningGuest {
  readonly gctx: number;
  readonly secrets: Uint8Array;
  readonly channel: (vmpl?: number) => GuestMessageChannel;
  /** What carries messages. */
  readonly carry: (message: Uint8Array) => Uint8Array;
}

/** Starts a guest: one page of firmware, the secrets page, whatever the options say. */
export function launch(
  snp: SnpProcessor,
  {
    start = {},
    finish = {},
    asid = 1,
  }: {
    readonly start?: Partial<SnpLaunchStart>;
    readonly finish?: Partial<SnpLaunchFinish>;
    readonly asid?: number;
  } = {},
): RunningGuest {
  const { gctx } = done(snp.gctxCreate());
  done(snp.launchStart({ policy: 0x30000n, ...start, gctx }));
  done(snp.activate({ gctx, asid }));
  const page = new Uint8Array(4096).fill(7);
  done(snp.launchUpdate({ gctx, type: "NORMAL", gpa: 0xffff_f000, page }));
  const updated = done(
    snp.launchUpdate({ gctx, type: "SECRETS", gpa: 0x80d000, page: { size: 4096 } }),
  );
  assert.ok(updated.page !== undefined);
  const secrets = updated.page;
  done(snp.launchFinish({ ...finish, gctx }));
  return {
    gctx,
    secrets,
    channel: (vmpl = 0) => GuestMessageChannel.ofSecretsPage(secrets, vmpl),
    carry: (message) => done(snp.guestRequest({ gctx, message })).message,
  };
}
