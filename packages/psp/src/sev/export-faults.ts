// SPDX-License-Identifier: Apache-2.0
// What PDH_CERT_EXPORT gives when a fault is asked for: certificates that a guest owner must refuse.

import { toBytes, toNumber } from "../hierarchy/bits.ts";
import { p384Key } from "../hierarchy/p384-key.ts";
import { CERTIFICATE_SIZE, unsignedCertificate, withSignatures } from "./certificates.ts";
import { signPdh } from "./keys.ts";
import type { PlatformKeys } from "./keys.ts";
import type { Machine } from "./machine.ts";

/** What PDH_CERT_EXPORT gives. */
export interface Exported {
  readonly pdh: Uint8Array;
  readonly certs: Uint8Array;
}

/** Offset of the CEK's certificate in the chain. */
const CEK_AT = 2 * CERTIFICATE_SIZE;

/** The export with the platform's faults in it. The chain given may be written to. */
export function exportFaults(right: Exported, machine: Machine, keys: PlatformKeys): Exported {
  const { pdh, chain } = machine.shared.faults;
  return {
    pdh: pdh === undefined ? right.pdh : pdhWith(pdh, right.pdh, machine, keys),
    certs: chain === undefined ? right.certs : chainWith(chain, right.certs, machine),
  };
}

type PdhFault = NonNullable<Machine["shared"]["faults"]["pdh"]>;
type ChainFault = NonNullable<Machine["shared"]["faults"]["chain"]>;

function pdhWith(
  fault: PdhFault,
  pdh: Uint8Array,
  { chip }: Machine,
  keys: PlatformKeys,
): Uint8Array {
  switch (fault) {
    case "other":
      return signPdh(p384Key("a PDH that no platform holds").point, keys.pek, chip);
    case "off-curve":
      return signPdh(offCurve(keys.pdh.key.point), keys.pek, chip);
    case "unsigned":
      return withSignatures(pdh, []);
    case "truncated":
      return pdh.slice(0, -1);
  }
}

function chainWith(fault: ChainFault, certs: Uint8Array, { chip }: Machine): Uint8Array {
  switch (fault) {
    case "flipped-bit":
      // In the API version of the PEK, so that the certificate can still be read.
      certs[5]! ^= 1;
      return certs;
    case "other-cek": {
      const { point } = p384Key("the CEK of another chip");
      certs.set(unsignedCertificate("CEK", point, chip.api), CEK_AT);
      return certs;
    }
    case "truncated":
      return certs.slice(0, -1);
  }
}

/** The point with Y one higher: for one X, only Y and its negative are on the curve. */
function offCurve(point: Uint8Array): Uint8Array {
  const moved = Uint8Array.from(point);
  moved.set(toBytes(toNumber(point.subarray(48)) ^ 1n, 48), 48);
  return moved;
}
