// SPDX-License-Identifier: Apache-2.0
// Identifiers of root keys in AMD's certificate format. The simulator's own begin with a word that says
// what they are; AMD's are written only where somebody asks for a forgery.

import type { NameStyle } from "../hierarchy/index.ts";
import { digest } from "../hierarchy/bits.ts";
import type { RsaKey } from "../hierarchy/index.ts";
import type { PlatformLine } from "../platform/shared.ts";

/** KEY_ID of AMD's ARK and ASK by product line, as AMD publishes them (`ask_ark_<line>.cert`). */
const AMD_KEY_IDS: Readonly<Record<PlatformLine, { readonly ARK: string; readonly ASK: string }>> =
  {
    Naples: { ARK: "1bb987c359494606b174945601c9ea5b", ASK: "e139970cfc464377ae61b289e2f9e96e" },
    Rome: { ARK: "e6002122fb58419399d15fee7b131351", ASK: "c6cbcf145b3146f498e40ecb4ad4fded" },
    Milan: { ARK: "94c38e4177d0479292a7ae671d083fb6", ASK: "73478c05cc174bfeb06e718fa75dc3c8" },
    Genoa: { ARK: "9f9d4a8fe761456599f6946c4c010f3a", ASK: "acbb4ad21acc436fb3e932f812cd01b0" },
    Turin: { ARK: "d05c3a8bde484904b49552422ceb3942", ASK: "15051693f7304d65a527b4a7f3f7cb77" },
  };

/** The identifier of a root key, 16 bytes: `SIM-ARK` or `SIM-ASK`, a zero, and 8 bytes of its digest. */
export function keyId(
  role: "ARK" | "ASK",
  line: PlatformLine,
  key: RsaKey,
  names: NameStyle,
): Uint8Array {
  if (names === "forged-amd") return Uint8Array.from(Buffer.from(AMD_KEY_IDS[line][role], "hex"));
  const id = new Uint8Array(16);
  id.set(Buffer.from(`SIM-${role}`));
  id.set(digest("sha256", key.modulus).subarray(0, 8), 8);
  return id;
}
