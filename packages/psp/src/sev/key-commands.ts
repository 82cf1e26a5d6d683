// SPDX-License-Identifier: Apache-2.0
// Commands about the platform's keys and certificates: PEK_GEN, PEK_CSR, PEK_CERT_IMPORT, PDH_GEN,
// PDH_CERT_EXPORT. Source: AMD SEV API 55766 rev. 3.24, chapter 5.

import { SEV_SIGNED_SIZE } from "@greenlight/core/sev-endorsement";
import { isOnCurve } from "../platform/ec-key.ts";
import { fail } from "../platform/status.ts";
import type { Failure } from "../platform/status.ts";
import {
  CERTIFICATE_SIZE,
  CHAIN_SIZE,
  isSignedBy,
  readCertificate,
  signatureBy,
  signatureOf,
  withSignatures,
} from "./certificates.ts";
import { exportFaults } from "./export-faults.ts";
import { makeKeys, makePdh, renewPdh } from "./keys.ts";
import type { PlatformKeys } from "./keys.ts";
import { requireKeys, unlessIn, unlessRoom, unlessSize } from "./machine.ts";
import type { Machine } from "./machine.ts";
import { writeNv } from "./nv.ts";
import type { SevProcessor } from "./processor.ts";

type Commands = Pick<
  SevProcessor,
  "pekGen" | "pekCsr" | "pekCertImport" | "pdhGen" | "pdhCertExport"
>;

/** The commands on this machine. */
export function keyCommands(machine: Machine): Commands {
  return {
    pekGen: () => {
      const refused = unlessIn(machine, "INIT");
      if (refused !== undefined) return refused;
      keep(machine, makeKeys(machine.chip));
      return { status: "SUCCESS" };
    },
    pekCsr: ({ length } = {}) => {
      const refused = unlessIn(machine, "INIT") ?? unlessRoom("csr", length, CERTIFICATE_SIZE);
      if (refused !== undefined) return refused;
      return { status: "SUCCESS", csr: withSignatures(requireKeys(machine).pek.certificate, []) };
    },
    pekCertImport: ({ pek, oca }) => {
      const refused =
        unlessIn(machine, "INIT") ??
        unlessSize("pek", pek, CERTIFICATE_SIZE) ??
        unlessSize("oca", oca, CERTIFICATE_SIZE);
      return refused ?? importOwner(machine, pek, oca);
    },
    pdhGen: () => {
      const refused = unlessIn(machine, "INIT", "WORKING");
      if (refused !== undefined) return refused;
      keep(machine, renewPdh(requireKeys(machine), machine.chip));
      return { status: "SUCCESS" };
    },
    pdhCertExport: ({ pdhLength, certsLength } = {}) => {
      const refused = unlessIn(machine, "INIT", "WORKING");
      if (refused !== undefined) return refused;
      // Both lengths are told, whichever of the buffers is too short.
      if (
        (pdhLength ?? CERTIFICATE_SIZE) < CERTIFICATE_SIZE ||
        (certsLength ?? CHAIN_SIZE) < CHAIN_SIZE
      ) {
        const needs = { pdh: CERTIFICATE_SIZE, certs: CHAIN_SIZE };
        return fail("INVALID_LENGTH", "a buffer for the certificates is too short", needs);
      }
      const keys = requireKeys(machine);
      const { cek } = machine.chip;
      const certs = new Uint8Array(CHAIN_SIZE);
      certs.set(keys.pek.certificate);
      certs.set(keys.oca.certificate, CERTIFICATE_SIZE);
      certs.set(cek.certificate, 2 * CERTIFICATE_SIZE);
      const exported = { pdh: keys.pdh.certificate.slice(), certs };
      return { status: "SUCCESS", ...exportFaults(exported, machine, keys) };
    },
  };
}

/** Makes the platform another's: PEK and OCA of the owner, the chip's own signature beside theirs. */
function importOwner(
  machine: Machine,
  pekBytes: Uint8Array,
  ocaBytes: Uint8Array,
): Failure | { readonly status: "SUCCESS" } {
  const keys = requireKeys(machine);
  const { chip } = machine;
  if (keys.oca.key === undefined) return fail("ALREADY_OWNED", "the platform has an owner already");
  const oca = readCertificate(ocaBytes, "OCA");
  if (oca === undefined || !isOnCurve(oca.publicKey.point)) {
    return fail("INVALID_CERTIFICATE", "the OCA is no certificate of an owner's key on P-384");
  }
  const pek = readCertificate(pekBytes, "PEK");
  const current = keys.pek.certificate.subarray(0, SEV_SIGNED_SIZE);
  if (pek === undefined || !Buffer.from(current).equals(pek.signed)) {
    return fail("INVALID_CERTIFICATE", "what the PEK's certificate says is not what PEK_CSR gave");
  }
  if (!isSignedBy(oca, "OCA", oca.publicKey.point)) {
    return fail("BAD_SIGNATURE", "the OCA did not sign itself");
  }
  const ownersSignature = signatureBy(pek, "OCA", oca.publicKey.point);
  if (ownersSignature === undefined) {
    return fail("BAD_SIGNATURE", "the OCA did not sign the PEK");
  }
  const chipsSignature = signatureOf(pekBytes, { usage: "CEK", key: chip.cek.key }, chip.random);
  const held = {
    key: keys.pek.key,
    certificate: withSignatures(pekBytes, [ownersSignature, chipsSignature]),
  };
  const owner = { key: undefined, certificate: ocaBytes.slice() };
  keep(machine, { oca: owner, pek: held, pdh: makePdh(held, chip) });
  return { status: "SUCCESS" };
}

function keep(machine: Machine, keys: PlatformKeys): void {
  machine.keys = keys;
  if (machine.nv !== undefined) machine.nv = writeNv(keys, machine.chip);
}
