// SPDX-License-Identifier: Apache-2.0
// ARK and ASK in AMD's own certificate format, over the same RSA keys as the X.509 certificates of the
// line, and the ASK's signature under a CEK. Source: AMD SEV API 55766 rev. 3.24, appendix B.

import {
  SEV_ALGORITHM,
  SEV_SIGNED_SIZE,
  SEV_USAGE,
  encodeAmdCertificate,
  encodeSevCertificate,
  parseAmdCertificate,
  parseSevCertificate,
  sevSignature,
} from "@greenlight/core/sev-endorsement";
import type { SevTrustRoot } from "@greenlight/core/sev-endorsement";
import type { NameStyle } from "../hierarchy/index.ts";
import { AMD_PSS, AMD_PSS_2048, rsaKey, signPss } from "../hierarchy/rsa-key.ts";
import type { RsaBits, RsaKey } from "../hierarchy/rsa-key.ts";
import type { PlatformLine } from "../platform/shared.ts";
import { keyId } from "./key-ids.ts";

/** The roots of a product line. */
export interface SevAuthorities {
  readonly line: PlatformLine;
  /** ARK certificate: 832 bytes on Naples, 1600 on all others. */
  readonly ark: Uint8Array;
  /** ASK certificate, as long. */
  readonly ask: Uint8Array;
  /** A CEK certificate, 2084 bytes, with the ASK's signature in its first slot. */
  signCek(cek: Uint8Array): Uint8Array;
  /** The roots as something to trust. Its origin says that nothing it endorses is AMD's hardware. */
  trustRoot(): SevTrustRoot;
}

/** The roots that follow from a seed. Those of one seed and line are made once. */
export function sevAuthorities(line: PlatformLine, seed: string, names: NameStyle): SevAuthorities {
  const label = `${seed}/${line}/${names}`;
  const known = made.get(label);
  if (known !== undefined) return known;
  const authorities = make(line, seed, names);
  made.set(label, authorities);
  return authorities;
}

const made = new Map<string, SevAuthorities>();

function make(line: PlatformLine, seed: string, names: NameStyle): SevAuthorities {
  const bits: RsaBits = line === "Naples" ? 2048 : 4096;
  const ark = rsaKey(`${seed}/${line}/ARK`, bits);
  const ask = rsaKey(`${seed}/${line}/ASK`, bits);
  const arkId = keyId("ARK", line, ark, names);
  const certificate = (role: "ARK" | "ASK", key: RsaKey): Uint8Array => {
    const content = {
      keyId: keyId(role, line, key, names),
      certifyingKeyId: arkId,
      usage: SEV_USAGE[role],
      bits,
      modulus: key.modulus,
    };
    const signed = encodeAmdCertificate(content).subarray(0, -bits / 8);
    return encodeAmdCertificate({ ...content, signature: signRsa(ark, signed) });
  };
  const certificates = { ark: certificate("ARK", ark), ask: certificate("ASK", ask) };
  return {
    line,
    ...certificates,
    trustRoot: () => ({
      line,
      ark: parseAmdCertificate(certificates.ark),
      ask: parseAmdCertificate(certificates.ask),
      origin: "simulator",
    }),
    signCek(cek) {
      const algorithm = SEV_ALGORITHM[bits === 2048 ? "RSA-SHA256" : "RSA-SHA384"];
      const signature = signRsa(ask, cek.subarray(0, SEV_SIGNED_SIZE));
      return encodeSevCertificate({
        ...parseSevCertificate(cek),
        signatures: [sevSignature(SEV_USAGE.ASK, algorithm, signature)],
      });
    },
  };
}

function signRsa(key: RsaKey, message: Uint8Array): Uint8Array {
  return signPss(key, message, key.bits === 2048 ? AMD_PSS_2048 : AMD_PSS);
}
