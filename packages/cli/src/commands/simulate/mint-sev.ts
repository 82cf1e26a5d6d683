// SPDX-License-Identifier: Apache-2.0
// The certificates of a SEV or SEV-ES platform in the forms they go around in, and a legacy report.

import { join } from "node:path";
import { base64Encode, hexEncode } from "@greenlight/core/bytes";
import type { Platform } from "@greenlight/psp/platform";
import { parseBytes } from "../../input/digest.ts";
import { parseNumber } from "../../input/number.ts";
import type { MintOptions } from "./mint-options.ts";
import { outputOf } from "./minted.ts";
import type { Minted } from "./minted.ts";
import { SEV_ROOT } from "./roots.ts";

/** Mints. @throws {UsageError} for values that are none, or that the platform refuses. */
export function mintSev(platform: Platform, folder: string, options: MintOptions): Minted {
  const { sev } = platform;
  const mnonce =
    options.mnonce === undefined ? new Uint8Array(16) : parseBytes(options.mnonce, "--mnonce", 16);
  outputOf("INIT", sev.init({ es: !options["no-es"] }));
  const { pdh, certs } = outputOf("PDH_CERT_EXPORT", sev.pdhCertExport());
  const { id } = outputOf("GET_ID", sev.getId());
  const report = reportOf(platform, options, mnonce);
  const cek = platform.signedCek();
  const [pek, oca] = [certs.subarray(0, 2084), certs.subarray(2084, 4168)];
  const capabilities = {
    pdh: base64Encode(pdh),
    "cert-chain": base64Encode(certs),
    "cpu0-id": base64Encode(id),
    cbitpos: 51,
    "reduced-phys-bits": 1,
  };
  return {
    files: [
      { name: "pdh.cert", what: "PDH: what a launch session is made for", content: pdh },
      { name: "pek.cert", what: "PEK", content: pek },
      { name: "oca.cert", what: "OCA: the platform's owner", content: oca },
      { name: "cek.cert", what: "CEK, signed by the ASK as the KDS gives it", content: cek },
      {
        name: "platform.bin",
        what: "PDH, PEK, OCA and signed CEK, as sevctl export writes them",
        content: Buffer.concat([pdh, pek, oca, cek]),
      },
      { name: "cert-chain.bin", what: "PEK, OCA and CEK as a host exports them", content: certs },
      {
        name: "sev-capabilities.json",
        what: "the same as QEMU's query-sev-capabilities tells it",
        content: `${JSON.stringify({ return: capabilities })}\n`,
      },
      { name: "attestation.bin", what: "legacy report of a guest of 16 bytes", content: report },
    ],
    verify: [
      "greenlight verify sev",
      join(folder, "platform.bin"),
      `--simulator-root ${join(folder, SEV_ROOT)} --report ${join(folder, "attestation.bin")}`,
      `--mnonce ${hexEncode(mnonce)} --offline`,
    ].join(" "),
  };
}

/** Launches a guest without owner and has the platform report on it. */
function reportOf({ sev }: Platform, options: MintOptions, mnonce: Uint8Array): Uint8Array {
  const policy = parseNumber(options["sev-policy"] ?? "0x1", "--sev-policy", 0xffff_ffff);
  const { handle } = outputOf("LAUNCH_START", sev.launchStart({ handle: 0, policy }));
  outputOf("ACTIVATE", sev.activate({ handle, asid: 1 }));
  outputOf("LAUNCH_UPDATE_DATA", sev.launchUpdateData({ handle, data: new Uint8Array(16) }));
  outputOf("LAUNCH_MEASURE", sev.launchMeasure({ handle }));
  return outputOf("ATTESTATION", sev.attestation({ handle, mnonce })).report;
}
