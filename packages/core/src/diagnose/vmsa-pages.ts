// SPDX-License-Identifier: Apache-2.0
// The VMSA pages of a space: every combination of profile, vCPU type, features and address under one
// number, listed by distance, and built by patching one page for each profile.

import { allocate } from "#crypto";
import { applicationVmsaPage, bootVmsaPage } from "../launch/vmsa/build.ts";
import { VMSA } from "../launch/vmsa/layout.ts";
import { combine, either, histogram } from "./axis.ts";
import type { Choice, Histogram } from "./axis.ts";
import type { GuestFeatures } from "./guest-features.ts";
import type { SearchSpace } from "./space.ts";
import { rulesOf } from "./section-rules.ts";
import type { ProfileVariant } from "./vmsa-variants.ts";

const RDX = VMSA.offsetOf("rdx");
const SEV_FEATURES = VMSA.offsetOf("sevFeatures");
const VINTR_CTRL = VMSA.offsetOf("vintrCtrl");

/** What one number stands for. */
export interface VmsaChoice {
  readonly profile: Choice<ProfileVariant>;
  /** Undefined where the profile does not measure it. */
  readonly vcpuType: Choice<number> | undefined;
  readonly features: Choice<GuestFeatures>;
  readonly gpa: Choice<number>;
}

/** The pages of the boot processor and of all others, and where they are measured. */
export interface VmsaPagePair {
  readonly boot: Uint8Array;
  readonly application: Uint8Array;
}

/** Combinations in one space. */
export class VmsaPages {
  /** Addresses; a number modulo this is the address, so that its quotient stands for the page. */
  readonly gpas: number;
  /** How many combinations there are at each distance. */
  readonly counts: Histogram;
  readonly #space: SearchSpace;
  readonly #byCost: readonly Uint32Array[];
  /** Numbers taken by one profile. */
  readonly #perProfile: number;
  readonly #rules: readonly number[];
  readonly #built = new Map<number, VmsaPagePair>();

  constructor(space: SearchSpace) {
    const { vmsaProfile, vcpuType, guestFeatures, vmsaGpa } = space;
    this.#space = space;
    this.gpas = vmsaGpa.choices.length;
    this.#perProfile = vcpuType.choices.length * guestFeatures.choices.length * this.gpas;
    this.#rules = vmsaProfile.choices.map(({ value }) => rulesOf(value.profile));
    const { choices } = vmsaProfile;
    const typed = choices.filter(measuresType);
    const untyped = choices.filter((choice) => !measuresType(choice));
    this.counts = combine(
      either(combine(histogram(typed), histogram(vcpuType.choices)), histogram(untyped)),
      histogram(guestFeatures.choices),
      histogram(vmsaGpa.choices),
    );
    this.#byCost = this.#list();
  }

  /** Numbers of the combinations at a distance. */
  at(cost: number): Uint32Array {
    return this.#byCost[cost] ?? new Uint32Array(0);
  }

  /** What a number stands for. */
  choice(code: number): VmsaChoice {
    const { vmsaProfile, vcpuType, guestFeatures, vmsaGpa } = this.#space;
    const gpa = vmsaGpa.choices[code % this.gpas]!;
    const page = Math.floor(code / this.gpas);
    const features = guestFeatures.choices[page % guestFeatures.choices.length]!;
    const rest = Math.floor(page / guestFeatures.choices.length);
    const profile = vmsaProfile.choices[Math.floor(rest / vcpuType.choices.length)]!;
    const type = vcpuType.choices[rest % vcpuType.choices.length];
    return { profile, vcpuType: measuresType(profile) ? type : undefined, features, gpa };
  }

  /** Address of a combination. */
  gpa(code: number): number {
    return this.#space.vmsaGpa.choices[code % this.gpas]!.value;
  }

  /** Rules of a combination's profile, an index into RULES. */
  rules(code: number): number {
    return this.#rules[Math.floor(code / this.#perProfile)]!;
  }

  /** The pages of a combination. The arrays are reused by later calls for the same profile. */
  build(code: number, entryPoint: number): VmsaPagePair {
    const { profile, vcpuType, features } = this.choice(code);
    const place = Math.floor(code / this.#perProfile);
    const pair = this.#unpatched(place, profile.value, entryPoint);
    patch(pair.boot, vcpuType?.value, features.value);
    patch(pair.application, vcpuType?.value, features.value);
    return pair;
  }

  #unpatched(place: number, { profile }: ProfileVariant, entryPoint: number): VmsaPagePair {
    // Entry points are below 2^32, and there are only a few profiles.
    const key = place * 2 ** 32 + entryPoint;
    let pair = this.#built.get(key);
    if (pair === undefined) {
      const vmsa = { profile, signature: 0, sevFeatures: 0n, entryPoint };
      pair = {
        boot: hashable(bootVmsaPage(vmsa)),
        application: hashable(applicationVmsaPage(vmsa)),
      };
      this.#built.set(key, pair);
    }
    return pair;
  }

  #list(): readonly Uint32Array[] {
    const { vmsaProfile, vcpuType, guestFeatures, vmsaGpa } = this.#space;
    const lists = this.counts.map((count) => new Uint32Array(count));
    const filled = lists.map(() => 0);
    for (const [p, profile] of vmsaProfile.choices.entries()) {
      // The type is not measured here, so it is no difference: its first place stands for all.
      const types = measuresType(profile) ? vcpuType.choices : [{ cost: 0 }];
      for (const [t, type] of types.entries()) {
        for (const [f, features] of guestFeatures.choices.entries()) {
          for (const [g, gpa] of vmsaGpa.choices.entries()) {
            const cost = profile.cost + type.cost + features.cost + gpa.cost;
            const row = p * vcpuType.choices.length + t;
            const page = row * guestFeatures.choices.length + f;
            lists[cost]![filled[cost]!++] = page * this.gpas + g;
          }
        }
      }
    }
    return lists;
  }
}

function measuresType({ value }: Choice<ProfileVariant>): boolean {
  return value.profile.rdx === "cpu-signature";
}

/** A copy in memory that the hash functions take without wrapping it again. */
function hashable(page: Uint8Array): Uint8Array {
  const copy = allocate(page.length);
  copy.set(page);
  return copy;
}

function patch(page: Uint8Array, signature: number | undefined, features: GuestFeatures): void {
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  if (signature !== undefined) view.setUint32(RDX, signature, true);
  view.setBigUint64(SEV_FEATURES, features.sevFeatures, true);
  view.setBigUint64(VINTR_CTRL, features.vintrCtrl, true);
}
