// SPDX-License-Identifier: Apache-2.0
// The state machine of SEV-SNP platforms and guests against a model of it: whatever commands come in
// whatever order, each has the status that the model says, and the guests are in the model's states.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { decodeReport } from "@greenlight/core/evidence";
import { REPORT_REQUEST } from "../../src/snp/payloads.ts";
import { GuestMessageChannel } from "../../src/snp/channel.ts";
import { createSnpProcessor } from "../../src/snp/processor.ts";
import type { SnpProcessor, SnpResult } from "../../src/snp/types.ts";
import { shared } from "./support.ts";

/** What the model knows of a guest. */
interface ModelGuest {
  state: "INIT" | "LAUNCH" | "RUNNING" | "gone";
  asid: number;
  channel: GuestMessageChannel | undefined;
}

/** What the model knows of the platform. Guests are counted from 1, as contexts are. */
interface Model {
  isInitialised: boolean;
  readonly guests: ModelGuest[];
  readonly dirty: Set<number>;
}

type Step = fc.Command<Model, SnpProcessor>;

const PAGE = new Uint8Array(4096).fill(1);
const PAYLOAD = REPORT_REQUEST.encode({
  reportData: new Uint8Array(64).fill(2),
  vmpl: 1,
  keySelection: 0,
});

/** Every status of every command that the runs must have met: a model that never launches proves nothing. */
const REACHED: readonly (readonly [name: string, statuses: readonly string[]])[] = [
  ["SNP_INIT", ["SUCCESS", "INVALID_PLATFORM_STATE"]],
  ["SNP_SHUTDOWN", ["SUCCESS", "DFFLUSH_REQUIRED"]],
  ["SNP_DF_FLUSH", ["SUCCESS"]],
  ["SNP_GCTX_CREATE", ["SUCCESS", "INVALID_PLATFORM_STATE"]],
  ["SNP_LAUNCH_START", ["SUCCESS", "INVALID_GUEST_STATE", "INVALID_GUEST", "POLICY_FAILURE"]],
  ["SNP_ACTIVATE", ["SUCCESS", "ACTIVE", "ASID_OWNED", "INVALID_ASID", "DFFLUSH_REQUIRED"]],
  ["SNP_LAUNCH_UPDATE", ["SUCCESS", "INACTIVE", "INVALID_GUEST_STATE"]],
  ["SNP_LAUNCH_UPDATE of secrets", ["SUCCESS", "INACTIVE", "INVALID_GUEST_STATE"]],
  ["SNP_LAUNCH_FINISH", ["SUCCESS", "INVALID_GUEST_STATE"]],
  ["SNP_DECOMMISSION", ["SUCCESS", "INVALID_GUEST"]],
  ["SNP_HV_REPORT_REQ", ["SUCCESS", "INVALID_GUEST_STATE"]],
  ["SNP_GUEST_REQUEST", ["SUCCESS", "INVALID_GUEST_STATE", "INVALID_PARAM"]],
];

const seen = new Set<string>();

/** A command: what the model expects, what is done, what the model becomes when it succeeded. */
function step(
  name: string,
  expected: (model: Model) => string,
  act: (snp: SnpProcessor, model: Model) => SnpResult,
  become: (model: Model, result: SnpResult) => void = () => undefined,
): Step {
  return {
    check: () => true,
    toString: () => name,
    run(model, snp) {
      const status = expected(model);
      const result = act(snp, model);
      assert.equal(result.status, status, name);
      seen.add(`${name.replace(/ (none|[0-9]+)$/, "")} ${status}`);
      if (result.status === "SUCCESS") become(model, result);
      compare(model, snp);
    },
  };
}

/** What can be seen of the platform is what the model says. */
function compare({ isInitialised, guests }: Model, snp: SnpProcessor): void {
  const alive = guests.filter(({ state }) => state !== "gone");
  const status = snp.platformStatus();
  assert.ok(status.status === "SUCCESS");
  assert.equal(status.state, isInitialised ? "INIT" : "UNINIT");
  assert.equal(status.guestCount, alive.length);
  for (const [i, { state, asid }] of guests.entries()) {
    const guest = snp.guestStatus({ gctx: i + 1 });
    if (state === "gone" || !isInitialised) {
      assert.notEqual(guest.status, "SUCCESS");
    } else {
      assert.ok(guest.status === "SUCCESS");
      assert.deepEqual({ state: guest.state, asid: guest.asid }, { state, asid });
    }
  }
}

/** Which guest a command is for: one of those there are, or none of them. */
type Choice = number | "none";

/** The context chosen; 0 is nobody's. */
function chosen(choice: Choice, { guests }: Model): number {
  const alive = guests.flatMap(({ state }, i) => (state === "gone" ? [] : [i + 1]));
  if (choice === "none") return 0;
  return alive.length === 0 ? guests.length : alive[choice % alive.length]!;
}

/** A command on a guest: refused without platform or guest, and in states where it is not allowed. */
function guestStep(
  name: string,
  choice: Choice,
  allowed: readonly string[],
  more: {
    readonly expected?: (guest: ModelGuest, model: Model) => string;
    readonly act: (snp: SnpProcessor, gctx: number, guest: ModelGuest) => SnpResult;
    readonly become?: (guest: ModelGuest, model: Model, result: SnpResult) => void;
  },
): Step {
  const nobody: ModelGuest = { state: "gone", asid: 0, channel: undefined };
  const guestOf = (model: Model): ModelGuest => model.guests[chosen(choice, model) - 1] ?? nobody;
  return step(
    `${name} ${choice}`,
    (model) => {
      const guest = guestOf(model);
      if (!model.isInitialised) return "INVALID_PLATFORM_STATE";
      if (guest.state === "gone") return "INVALID_GUEST";
      if (!allowed.includes(guest.state)) return "INVALID_GUEST_STATE";
      return more.expected?.(guest, model) ?? "SUCCESS";
    },
    (snp, model) => more.act(snp, chosen(choice, model), guestOf(model)),
    (model, result) => more.become?.(guestOf(model), model, result),
  );
}

const choice: fc.Arbitrary<Choice> = fc.oneof(
  { weight: 20, arbitrary: fc.nat(2) },
  { weight: 1, arbitrary: fc.constant("none" as const) },
);
const asid = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 2 }) },
  { weight: 1, arbitrary: fc.constant(0) },
);

const platformSteps: readonly fc.Arbitrary<Step>[] = [
  fc.constant(
    step(
      "SNP_INIT",
      ({ isInitialised }) => (isInitialised ? "INVALID_PLATFORM_STATE" : "SUCCESS"),
      (snp) => snp.snpInit(),
      (model) => void (model.isInitialised = true),
    ),
  ),
  fc.constant(
    step(
      "SNP_SHUTDOWN",
      ({ dirty }) => (dirty.size > 0 ? "DFFLUSH_REQUIRED" : "SUCCESS"),
      (snp) => snp.snpShutdown(),
      (model) => {
        model.isInitialised = false;
        for (const guest of model.guests) guest.state = "gone";
      },
    ),
  ),
  fc.constant(
    step(
      "SNP_DF_FLUSH",
      () => "SUCCESS",
      (snp) => snp.dfFlush(),
      ({ dirty }) => dirty.clear(),
    ),
  ),
  fc.constant(
    step(
      "SNP_GCTX_CREATE",
      ({ isInitialised }) => (isInitialised ? "SUCCESS" : "INVALID_PLATFORM_STATE"),
      (snp) => snp.gctxCreate(),
      ({ guests }) => void guests.push({ state: "INIT", asid: 0, channel: undefined }),
    ),
  ),
];

const guestSteps: readonly fc.Arbitrary<Step>[] = [
  fc.tuple(choice, fc.constantFrom(0x30000n, 0x30000n, 0x10000n)).map(([each, policy]) =>
    guestStep("SNP_LAUNCH_START", each, ["INIT"], {
      expected: () => (policy === 0x10000n ? "POLICY_FAILURE" : "SUCCESS"),
      act: (snp, gctx) => snp.launchStart({ gctx, policy }),
      become: (guest) => void (guest.state = "LAUNCH"),
    }),
  ),
  fc.tuple(choice, asid).map(([each, wanted]) =>
    guestStep("SNP_ACTIVATE", each, ["LAUNCH", "RUNNING"], {
      expected: (guest, { guests, dirty }) => {
        if (wanted === 0) return "INVALID_ASID";
        if (guest.asid !== 0) return "ACTIVE";
        const isOwned = guests.some((other) => other.state !== "gone" && other.asid === wanted);
        if (isOwned) return "ASID_OWNED";
        return dirty.has(wanted) ? "DFFLUSH_REQUIRED" : "SUCCESS";
      },
      act: (snp, gctx) => snp.activate({ gctx, asid: wanted }),
      become: (guest) => void (guest.asid = wanted),
    }),
  ),
  choice.map((each) =>
    guestStep("SNP_LAUNCH_UPDATE", each, ["LAUNCH"], {
      expected: ({ asid: owned }) => (owned === 0 ? "INACTIVE" : "SUCCESS"),
      act: (snp, gctx) => snp.launchUpdate({ gctx, type: "NORMAL", gpa: 0x1000, page: PAGE }),
    }),
  ),
  choice.map((each) =>
    guestStep("SNP_LAUNCH_UPDATE of secrets", each, ["LAUNCH"], {
      expected: ({ asid: owned }) => (owned === 0 ? "INACTIVE" : "SUCCESS"),
      act: (snp, gctx) =>
        snp.launchUpdate({ gctx, type: "SECRETS", gpa: 0x2000, page: { size: 4096 } }),
      become: (guest, _model, result) => {
        assert.ok("page" in result && result.page instanceof Uint8Array);
        guest.channel ??= GuestMessageChannel.ofSecretsPage(result.page, 1);
      },
    }),
  ),
  choice.map((each) =>
    guestStep("SNP_LAUNCH_FINISH", each, ["LAUNCH"], {
      act: (snp, gctx) => snp.launchFinish({ gctx }),
      become: (guest) => void (guest.state = "RUNNING"),
    }),
  ),
  choice.map((each) =>
    guestStep("SNP_DECOMMISSION", each, ["INIT", "LAUNCH", "RUNNING"], {
      act: (snp, gctx) => snp.decommission({ gctx }),
      become: (guest, { dirty }) => {
        if (guest.asid !== 0) dirty.add(guest.asid);
        guest.state = "gone";
        guest.asid = 0;
      },
    }),
  ),
  choice.map((each) =>
    guestStep("SNP_HV_REPORT_REQ", each, ["RUNNING"], {
      act: (snp, gctx) => snp.hostReport({ gctx }),
      become: (_guest, _model, result) => {
        assert.ok("report" in result && result.report instanceof Uint8Array);
        assert.equal(decodeReport(result.report).policy, 0x30000n);
      },
    }),
  ),
  choice.map((each) =>
    guestStep("SNP_GUEST_REQUEST", each, ["RUNNING"], {
      // A guest whose secrets page was never filled has no key: whatever it sends is not its own.
      expected: ({ channel }) => (channel === undefined ? "INVALID_PARAM" : "SUCCESS"),
      act: (snp, gctx, { channel }) =>
        snp.guestRequest({ gctx, message: channel?.seal("REPORT_REQ", PAYLOAD) ?? PAGE }),
      become: ({ channel }, _model, result) => {
        assert.ok("message" in result && result.message instanceof Uint8Array);
        const report = channel?.open("REPORT_RSP", result.message).subarray(0x20);
        assert.equal(decodeReport(report ?? PAGE).vmpl, 1);
      },
    }),
  ),
];

/** Rare steps undo much: most runs would never come far with all steps equally likely. */
const everyStep = fc.oneof(
  ...platformSteps.map((arbitrary) => ({ weight: 1, arbitrary })),
  ...guestSteps.map((arbitrary) => ({ weight: 4, arbitrary })),
);

/** A platform on which so much has happened: 1 initialised, 2 two guests, 3 started, 4 one active, 5 that one running. */
function begin(snp: SnpProcessor, stage: number): { model: Model; real: SnpProcessor } {
  const model: Model = { isInitialised: stage > 0, guests: [], dirty: new Set() };
  if (stage > 0) snp.snpInit();
  for (const gctx of stage > 1 ? [1, 2] : []) {
    snp.gctxCreate();
    if (stage > 2) snp.launchStart({ gctx, policy: 0x30000n });
    const isActive = stage > 3 && gctx === 1;
    if (isActive) snp.activate({ gctx, asid: 1 });
    const isRunning = stage > 4 && gctx === 1;
    model.guests.push({
      state: isRunning ? "RUNNING" : stage > 2 ? "LAUNCH" : "INIT",
      asid: isActive ? 1 : 0,
      channel: isRunning ? channelOf(snp, gctx) : undefined,
    });
  }
  return { model, real: snp };
}

/** Finishes the launch of a guest with a secrets page. */
function channelOf(snp: SnpProcessor, gctx: number): GuestMessageChannel {
  const size = PAGE.length;
  const filled = snp.launchUpdate({ gctx, type: "SECRETS", gpa: 0x2000, page: { size } });
  assert.ok(filled.status === "SUCCESS" && filled.page !== undefined);
  assert.equal(snp.launchFinish({ gctx }).status, "SUCCESS");
  return GuestMessageChannel.ofSecretsPage(filled.page, 1);
}

test("every sequence of commands goes as the model says", () => {
  const platform = shared();
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 5 }),
      fc.commands([everyStep], { maxCommands: 100, size: "max" }),
      (stage, commands) => {
        fc.modelRun(() => begin(createSnpProcessor(platform), stage), commands);
      },
    ),
    { numRuns: 800 },
  );
  for (const [name, statuses] of REACHED) {
    for (const status of statuses) assert.ok(seen.has(`${name} ${status}`), `${name} ${status}`);
  }
});

test("digests of equal launches are equal, whatever happens between to other guests", () => {
  const platform = shared();
  const pages = fc.array(fc.tuple(fc.nat(3), fc.constantFrom("NORMAL", "ZERO", "VMSA")), {
    minLength: 1,
    maxLength: 8,
  });
  fc.assert(
    fc.property(pages, fc.infiniteStream(fc.boolean()), (wanted, turns) => {
      const snp = createSnpProcessor(platform);
      snp.snpInit();
      const guests = [1, 2].map((each) => {
        snp.gctxCreate();
        snp.launchStart({ gctx: each, policy: 0x30000n });
        snp.activate({ gctx: each, asid: each });
        return { gctx: each, left: [...wanted] };
      });
      while (guests.some(({ left }) => left.length > 0)) {
        const [first, second] = guests;
        const one = turns.next().value === true ? first! : second!;
        const { gctx: each, left } = one.left.length > 0 ? one : one === first ? second! : first!;
        const [at, type] = left.shift()!;
        const update = { gctx: each, gpa: at * 4096, type } as const;
        assert.equal(snp.launchUpdate({ ...update, page: PAGE }).status, "SUCCESS");
      }
      assert.deepEqual(snp.launchDigest(1), snp.launchDigest(2));
    }),
    { numRuns: 50 },
  );
});
