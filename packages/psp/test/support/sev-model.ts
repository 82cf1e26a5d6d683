// SPDX-License-Identifier: Apache-2.0
// A model of the legacy processor's state machines, and how a command is held against it.

import assert from "node:assert/strict";
import { ciphersSync } from "@greenlight/core/cipher";
import { makeSession } from "@greenlight/core/session";
import type { LaunchSession } from "@greenlight/core/session";
import { parseSevCertificate } from "@greenlight/core/sev-endorsement";
import type * as fc from "fast-check";
import type {
  GuestStateName,
  Platform,
  PlatformStateName,
  Result,
  StatusName,
} from "@greenlight/psp/platform";
import { bytes, done, joined, milan } from "./sev.ts";

export const NODBG = 0x1;
export const ES = 0x4;
export const NOSEND = 0x8;
export const POLICIES = [0, NODBG, ES, NOSEND, NODBG | ES | NOSEND] as const;

/** A guest as the model has it. */
export interface ModelGuest {
  readonly policy: number;
  state: GuestStateName;
  asid: number;
  /** The owner's or sender's session, where there is one. */
  readonly owner: LaunchSession | undefined;
  measure: Uint8Array | undefined;
  /** Whether it was received: such a guest has no digest. */
  readonly received: boolean;
}

/** The platform as the model has it. */
export interface Model {
  state: PlatformStateName;
  es: boolean;
  readonly guests: Map<number, ModelGuest>;
  readonly dirty: Set<number>;
  wbinvd: boolean;
}

export interface Real {
  readonly platform: Platform;
  /** A second platform, which guests are sent to. */
  readonly peer: { readonly pdh: Uint8Array; readonly certs: Uint8Array };
}

/** A command that knows what the model says to it. */
export interface Command extends fc.AsyncCommand<Model, Real> {
  readonly expected: (model: Model) => StatusName;
}

/** A command to the guest that a number means. */
export type Maker = (choice: number) => Command;

/** Numbers of guests that commands are made for. */
export const CHOICES = [0, 1, 2] as const;

/** A command that the model answers with a status, and what changes on success. */
export function command(
  name: string,
  expected: (model: Model) => StatusName,
  run: (real: Real, model: Model) => Promise<Result> | Result,
  effect: (model: Model, result: Result) => void = () => undefined,
): Command {
  return {
    expected,
    check: () => true,
    toString: () => name,
    async run(model, real) {
      const status = expected(model);
      const result = await run(real, model);
      assert.equal(
        result.status,
        status,
        `${name}: ${"reason" in result ? result.reason : "taken"}`,
      );
      if (result.status === "SUCCESS") effect(model, result);
      agree(model, real.platform);
    },
  };
}

/** The platform says of itself what the model says of it. */
function agree(model: Model, { sev }: Platform): void {
  const { state, es, guestCount } = done(sev.platformStatus());
  assert.deepEqual(
    { state, es, guestCount },
    { state: model.state, es: model.es, guestCount: model.guests.size },
  );
  for (const [handle, guest] of model.guests) {
    const { policy, asid, state: guestState } = done(sev.guestStatus({ handle }));
    assert.deepEqual(
      { policy, asid, state: guestState },
      { policy: guest.policy, asid: guest.asid, state: guest.state },
    );
  }
}

export const inState =
  (...states: readonly PlatformStateName[]) =>
  (model: Model): StatusName =>
    states.includes(model.state) ? "SUCCESS" : "INVALID_PLATFORM_STATE";

/** The guest that a number means, counted round; absent when there is none. */
export function pick(model: Model, choice: number): [number, ModelGuest] | undefined {
  const all = [...model.guests];
  return all[choice % Math.max(1, all.length)];
}

/** A handle for a choice; one that no guest has where there is none. */
export const handleOf = (model: Model, choice: number): number => pick(model, choice)?.[0] ?? 4711;

/** What a command to a guest is answered with before its own rules. */
export function guestStatus(
  model: Model,
  choice: number,
  states: readonly GuestStateName[],
  needsActive: boolean,
  rule: (guest: ModelGuest) => StatusName = () => "SUCCESS",
): StatusName {
  if (model.state !== "WORKING") return "INVALID_PLATFORM_STATE";
  const guest = pick(model, choice)?.[1];
  if (guest === undefined) return "INVALID_GUEST";
  if (!states.includes(guest.state)) return "INVALID_GUEST_STATE";
  if (needsActive && guest.asid === 0) return "INACTIVE";
  return rule(guest);
}

/** A command to a guest with its states, whether it touches memory, its rule and its effect. */
export function guestCommand(
  name: string,
  states: readonly GuestStateName[],
  needsActive: boolean,
  run: (real: Real, handle: number, guest: ModelGuest | undefined) => Result,
  options: {
    readonly rule?: (guest: ModelGuest) => StatusName;
    readonly effect?: (guest: ModelGuest, result: Result) => void;
  } = {},
): Maker {
  return (choice) =>
    command(
      `${name}(${choice})`,
      (model) => guestStatus(model, choice, states, needsActive, options.rule),
      (real, model) => run(real, handleOf(model, choice), pick(model, choice)?.[1]),
      (model, result) => {
        const guest = pick(model, choice)?.[1];
        assert.ok(guest !== undefined);
        options.effect?.(guest, result);
      },
    );
}

export function addGuest(
  model: Model,
  result: Result,
  guest: Omit<ModelGuest, "asid" | "measure">,
): void {
  assert.ok("handle" in result && typeof result.handle === "number");
  model.guests.set(result.handle, { ...guest, asid: 0, measure: undefined });
  model.state = "WORKING";
}

export const unlessPolicy = (policy: number, model: Model): StatusName => {
  if (model.state === "UNINIT") return "INVALID_PLATFORM_STATE";
  return (policy & ES) !== 0 && !model.es ? "POLICY_FAILURE" : "SUCCESS";
};

export async function ownerOf({ platform }: Real, policy: number): Promise<LaunchSession> {
  const exported = platform.sev.pdhCertExport();
  // Before INIT there is no PDH: any session does, the command is refused.
  const pdh = exported.status === "SUCCESS" ? exported.pdh : done(spare.sev.pdhCertExport()).pdh;
  return makeSession({
    pdh: parseSevCertificate(pdh),
    policy,
    randomness: {
      owner: ciphersSync.generateP384(),
      nonce: bytes(16),
      wrapIv: bytes(16),
      tek: bytes(16),
      tik: bytes(16),
    },
  });
}

const spare = milan();
done(spare.sev.init());

export function fresh(): { model: Model; real: Real } {
  const { pdh, certs } = done(spare.sev.pdhCertExport());
  const signedCek = spare.signedCek();
  return {
    model: {
      state: "UNINIT",
      es: false,
      guests: new Map(),
      dirty: new Set(),
      wbinvd: false,
    },
    real: {
      platform: milan(),
      peer: { pdh, certs: joined(certs.subarray(0, 2 * 2084), signedCek) },
    },
  };
}
