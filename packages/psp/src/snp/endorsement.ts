// SPDX-License-Identifier: Apache-2.0
// The keys that sign reports: the VCEK of the chip and the VLEK that was loaded, each at REPORTED_TCB.

import { certificateTable } from "../hierarchy/index.ts";
import type { Vek } from "../hierarchy/index.ts";
import type { TcbVersion } from "@greenlight/core/evidence";
import type { SharedSnpPlatform } from "../platform/shared.ts";

/** How many keys are kept; a platform has as many as it has had TCB versions. */
const MOST_KEPT = 64;

/** The signing keys of one platform. */
export class SigningKeys {
  readonly #shared: Pick<SharedSnpPlatform, "hierarchy" | "chipId">;
  readonly #kept = new Map<string, Vek>();

  constructor(shared: Pick<SharedSnpPlatform, "hierarchy" | "chipId">) {
    this.#shared = shared;
  }

  /** The chip's key at a TCB. */
  vcek(tcb: TcbVersion): Vek {
    const { hierarchy, chipId } = this.#shared;
    return this.#keep(`VCEK ${JSON.stringify(tcb)}`, () => hierarchy.vcek({ chipId, tcb }));
  }

  /** The provider's key at a TCB. */
  vlek(tcb: TcbVersion, cspId: string | undefined): Vek {
    const { hierarchy } = this.#shared;
    return this.#keep(`VLEK ${cspId ?? ""} ${JSON.stringify(tcb)}`, () =>
      hierarchy.vlek(cspId === undefined ? { tcb } : { tcb, cspId }),
    );
  }

  /** A key that nothing endorses. */
  stranger(tcb: TcbVersion): Vek {
    const { hierarchy, chipId } = this.#shared;
    return hierarchy.vcek({ chipId, tcb, keyLabel: "stranger" });
  }

  /** The certificate table of a key: its certificate and what is above it. */
  table(vek: Vek): Uint8Array {
    const { hierarchy } = this.#shared;
    const signing = vek.kind === "VLEK" ? hierarchy.asvk : hierarchy.ask;
    return certificateTable([
      { guid: vek.kind, bytes: vek.der },
      { guid: "ASK", bytes: signing.der },
      { guid: "ARK", bytes: hierarchy.ark.der },
    ]);
  }

  #keep(name: string, make: () => Vek): Vek {
    const known = this.#kept.get(name);
    if (known !== undefined) return known;
    if (this.#kept.size >= MOST_KEPT) this.#kept.clear();
    const vek = make();
    this.#kept.set(name, vek);
    return vek;
  }
}
