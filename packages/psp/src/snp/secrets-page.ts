// SPDX-License-Identifier: Apache-2.0
// The secrets page: what firmware puts into guest memory for the guest alone, above all the keys of the
// message channel (AMD 56860 rev. 1.58, section 8.17.2.5, table Secrets Page Format).

import { LayoutError } from "@greenlight/core/bytes";

/** Bytes of a page. */
const PAGE = 4096;

/** Versions of the page that are read; the keys are at the same place in all of them. */
const VERSIONS: readonly number[] = [2, 3, 4];

const OFFSET = { version: 0x00, imi: 0x04, fms: 0x08, gosvw: 0x10, vmpck: 0x20 } as const;

/** What a secrets page says. */
export interface SecretsPage {
  readonly version: number;
  readonly imi: boolean;
  /** CPUID family, model and stepping as CPUID Fn0000_0001_EAX has them. */
  readonly fms: number;
  /** Guest OS visible workarounds, 16 bytes. */
  readonly gosvw: Uint8Array;
  /** VMPCK0 to VMPCK3, 32 bytes each. */
  readonly vmpcks: readonly Uint8Array[];
}

/**
 * Writes a page. The area of the guest's own from 0xa0 on is zero.
 * @throws {LayoutError} `bad-length` for keys of another length or number.
 */
export function writeSecretsPage(page: SecretsPage): Uint8Array {
  const { version, imi, fms, gosvw, vmpcks } = page;
  if (gosvw.length !== 16) fail("bad-length", "GOSVW", `has ${gosvw.length} bytes, must have 16`);
  if (vmpcks.length !== 4 || vmpcks.some((key) => key.length !== 32)) {
    fail("bad-length", "VMPCK", "must be four keys of 32 bytes");
  }
  const out = new Uint8Array(PAGE);
  const view = new DataView(out.buffer);
  view.setUint32(OFFSET.version, version, true);
  view.setUint32(OFFSET.imi, imi ? 1 : 0, true);
  view.setUint32(OFFSET.fms, fms, true);
  out.set(gosvw, OFFSET.gosvw);
  for (const [i, key] of vmpcks.entries()) out.set(key, OFFSET.vmpck + 32 * i);
  return out;
}

/**
 * Reads a page. Its arrays are copies.
 * @throws {LayoutError} `bad-length`; `unsupported-version` for a version that is not known here.
 */
export function readSecretsPage(page: Uint8Array): SecretsPage {
  if (page.length !== PAGE) fail("bad-length", undefined, `has ${page.length} bytes, not ${PAGE}`);
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  const version = view.getUint32(OFFSET.version, true);
  if (!VERSIONS.includes(version)) {
    fail("unsupported-version", "version", `is ${version}, known are ${VERSIONS.join(", ")}`);
  }
  return {
    version,
    imi: (view.getUint32(OFFSET.imi, true) & 1) === 1,
    fms: view.getUint32(OFFSET.fms, true),
    gosvw: page.slice(OFFSET.gosvw, OFFSET.gosvw + 16),
    vmpcks: [0, 1, 2, 3].map((i) => page.slice(OFFSET.vmpck + 32 * i, OFFSET.vmpck + 32 * i + 32)),
  };
}

function fail(code: LayoutError["code"], field: string | undefined, reason: string): never {
  const source = "AMD 56860 (SEV-SNP Firmware ABI) rev. 1.58, table Secrets Page Format";
  throw new LayoutError({ code, structure: "SECRETS_PAGE", field, reason, source });
}
