// SPDX-License-Identifier: Apache-2.0
// A folder of small firmware, kernels and initrds that can be searched in milliseconds.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildFirmware } from "../../../../core/test/support/firmware-builder.ts";
import type { FirmwareSpec } from "../../../../core/test/support/firmware-builder.ts";
import { greenlight } from "../../support/capture.ts";
import type { Captured } from "../../support/capture.ts";

/** Bytes of the smallest combined image and of its variable store. */
export const FLASH = { total: 0x10_0000, vars: 0x2_0000 };

/** A combined image: a firmware volume at its beginning, the footer table at its end. */
export function flashImage(spec: FirmwareSpec = {}): Uint8Array {
  const image = buildFirmware({ size: FLASH.total, ...spec });
  image.set(new TextEncoder().encode("_FVH"), 40);
  return image;
}

/** Makes the folder and enters it; the answer leaves and removes it. */
export function enterFolder(): () => void {
  const before = process.cwd();
  const path = mkdtempSync(join(tmpdir(), "greenlight-diagnose-"));
  process.chdir(path);
  writeFileSync("OVMF.fd", buildFirmware());
  writeFileSync("kernel one", "the first kernel");
  writeFileSync("kernel-two", "the second kernel");
  writeFileSync("initrd.img", "the initrd");
  mkdirSync("builds");
  writeFileSync("builds/a.fd", buildFirmware({ seed: 11 }));
  writeFileSync("builds/b.fd", buildFirmware({ seed: 12 }));
  writeFileSync("builds/unfit.fd", buildFirmware({ seed: 13, sections: null }));
  writeFileSync("builds/README", "not firmware");
  writeFileSync("builds/empty", "");
  writeFileSync("builds/broken.fd", buildFirmware({ tableLength: 0xffff }));
  mkdirSync("builds/folder");
  mkdirSync("none");
  return () => {
    process.chdir(before);
    rmSync(path, { recursive: true, force: true });
  };
}

/** The digest `greenlight measure` prints. */
export async function measured(...argv: readonly string[]): Promise<string> {
  const { code, out, err } = await greenlight("measure", ...argv);
  assert.equal(code, 0, err);
  return out.trimEnd();
}

/** The parts of the JSON answer that tests look at. */
export interface Answer {
  readonly schema: string;
  readonly result: "as-expected" | "explained" | "not-explained";
  readonly sentence: string;
  readonly observed: { readonly bytes: string; readonly form: string };
  readonly parameters?: readonly {
    readonly parameter: string;
    readonly expected: string | null;
    readonly used: string;
    readonly exactly?: string;
    readonly differs: boolean;
  }[];
  readonly equivalents?: readonly string[];
  readonly hints: readonly string[];
  readonly reproduce?: {
    readonly before: readonly string[];
    readonly arguments: readonly string[];
    readonly command: string;
  } | null;
  readonly search: {
    readonly status: string;
    readonly compared: number;
    readonly total: number;
    readonly setAside: readonly { readonly firmware: string; readonly finding: string }[];
    readonly passedOver: Readonly<Record<string, readonly string[]>>;
  };
}

/** Runs diagnose with --json. */
export async function diagnosed(
  ...argv: readonly string[]
): Promise<Captured & { readonly answer: Answer }> {
  const captured = await greenlight("diagnose", ...argv, "--json");
  assert.notEqual(captured.code, 2, captured.err);
  return { ...captured, answer: JSON.parse(captured.out) as Answer };
}

/** Names of the parameters that differ. */
export function differing({ parameters = [] }: Answer): readonly string[] {
  return parameters.filter(({ differs }) => differs).map(({ parameter }) => parameter);
}
