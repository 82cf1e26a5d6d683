// SPDX-License-Identifier: Apache-2.0
// What REPORT_DATA must be so that a report speaks for something outside it: a nonce, a key, a manifest.

import { sha256, sha384, sha512 } from "#crypto";
import type { BindingKind } from "./policy/types.ts";

/** Size of REPORT_DATA. */
const REPORT_DATA_SIZE = 64;

/** Hashes a TLS key can be bound by. */
export type KeyHash = "SHA-256" | "SHA-384" | "SHA-512";

/** What REPORT_DATA is to be bound to, as its verifier knows it. */
export type ReportDataBinding =
  /** The 64 bytes themselves. */
  | { readonly kind: "raw"; readonly reportData: Uint8Array }
  /** Up to 64 bytes, the rest zero: how Trustee's agents put a digest there. */
  | { readonly kind: "padded"; readonly value: Uint8Array }
  /** SHA-512(nonce || key). The key is whatever bytes the guest hashed: mostly SubjectPublicKeyInfo. */
  | { readonly kind: "nonce-and-key"; readonly nonce: Uint8Array; readonly key: Uint8Array }
  /** The hash of a SubjectPublicKeyInfo, the rest zero. */
  | { readonly kind: "tls-key"; readonly spki: Uint8Array; readonly hash: KeyHash }
  /** SHA-512(nonce || manifest); the manifest that came with the evidence unless one is given. */
  | { readonly kind: "svsm-manifest"; readonly nonce: Uint8Array; readonly manifest?: Uint8Array }
  /** SHA-256 of Azure's runtime data, the rest zero; the data that came with the evidence. */
  | { readonly kind: "azure-hcl" };

/** What of the evidence a binding may refer to. */
export interface BindingSubjects {
  readonly manifest?: Uint8Array;
  readonly runtimeData?: { readonly bytes: Uint8Array; readonly hashType: number };
}

/** How a binding is told in findings. */
export const BINDING_NAMES: Readonly<Record<BindingKind, string>> = {
  raw: "the given 64 bytes",
  padded: "the given value, padded with zeros",
  "nonce-and-key": "SHA-512 of nonce and key",
  "tls-key": "the hash of the TLS key",
  "svsm-manifest": "SHA-512 of nonce and SVSM manifest",
  "azure-hcl": "SHA-256 of the runtime data of Azure's paravisor",
};

/** The REPORT_DATA that a binding leads to, or why there is none. */
export type BoundReportData =
  | { readonly reportData: Uint8Array }
  | { readonly missing: string }
  | { readonly impossible: string };

/** HASH_TYPE of Azure's runtime data that is known. */
const HCL_SHA256 = 1;

/**
 * The REPORT_DATA that a binding leads to. `missing` when what it refers to did not come with the
 * evidence, `impossible` when no report data can be that.
 */
export function boundReportData(
  binding: ReportDataBinding,
  subjects: BindingSubjects,
): BoundReportData {
  switch (binding.kind) {
    case "raw":
      return exact(binding.reportData);
    case "padded":
      return padded(binding.value);
    case "nonce-and-key":
      return { reportData: sha512(joined(binding.nonce, binding.key)) };
    case "tls-key":
      return padded(KEY_HASHES[binding.hash](binding.spki));
    case "svsm-manifest": {
      const manifest = binding.manifest ?? subjects.manifest;
      if (manifest === undefined) return { missing: "no SVSM manifest came with the evidence" };
      return { reportData: sha512(joined(binding.nonce, manifest)) };
    }
    case "azure-hcl": {
      const { runtimeData } = subjects;
      if (runtimeData === undefined) return { missing: "no runtime data came with the evidence" };
      if (runtimeData.hashType !== HCL_SHA256) {
        return { impossible: `hash type ${runtimeData.hashType} of the runtime data is unknown` };
      }
      return padded(sha256(runtimeData.bytes));
    }
  }
}

const KEY_HASHES: Readonly<Record<KeyHash, (data: Uint8Array) => Uint8Array>> = {
  "SHA-256": sha256,
  "SHA-384": sha384,
  "SHA-512": sha512,
};

function exact(value: Uint8Array): BoundReportData {
  if (value.length === REPORT_DATA_SIZE) return { reportData: value };
  return { impossible: `report data has 64 bytes, the demanded has ${value.length}` };
}

function padded(value: Uint8Array): BoundReportData {
  if (value.length > REPORT_DATA_SIZE) return exact(value);
  const reportData = new Uint8Array(REPORT_DATA_SIZE);
  reportData.set(value);
  return { reportData };
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
