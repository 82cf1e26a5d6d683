// SPDX-License-Identifier: Apache-2.0
// Checks of core that run wherever JavaScript does: the digest cases, and that sets, forks and
// explanations agree with single digests. Imports nothing of Node; the driver brings the files.

import * as bytes from "../../src/bytes/index.ts";
import * as firmware from "../../src/firmware/index.ts";
import * as launch from "../../src/launch/index.ts";
import { checkDigest, checkParts } from "../launch/case-check.ts";
import { readCases } from "../launch/case-reader.ts";
import { buildFirmware } from "../support/firmware-builder.ts";

/** One check; `run` answers with what is wrong, or null. */
export interface PortableCheck {
  readonly name: string;
  readonly run: () => string | null;
}

/**
 * All checks.
 * @param cases Text of a file of digest cases.
 * @param files Contents of the files the cases name.
 */
export function portableChecks(
  cases: string,
  files: Readonly<Record<string, Uint8Array>>,
): readonly PortableCheck[] {
  const core = { bytes, firmware, launch };
  const digests = readCases(JSON.parse(cases)).map((vector) =>
    check(vector.title, () => {
      checkParts(core, vector);
      checkDigest(core, vector, ({ file }) => {
        const found = file === null ? undefined : files[file];
        if (found === undefined) throw new Error(`the driver did not bring ${file}`);
        return found;
      });
    }),
  );
  return [...digests, check("a set agrees with its digests one by one", checkSet), ...STRUCTURE];
}

function check(name: string, body: () => void): PortableCheck {
  return {
    name,
    run() {
      try {
        body();
        return null;
      } catch (error) {
        return error instanceof Error ? (error.stack ?? error.message) : String(error);
      }
    },
  };
}

const IMAGE = firmware.readFirmware(buildFirmware());
const QEMU = launch.vmsaProfile("qemu");

function checkSet(): void {
  const vcpuTypes = launch.allEpycTypes();
  for (const mode of ["snp", "seves"] as const) {
    const profiles = launch.VMSA_PROFILES.filter(({ modes }) => modes.includes(mode));
    const request = { mode, firmware: IMAGE, vcpus: [1, 3], vcpuTypes, profiles };
    for (const entry of launch.digestSet({ ...request, sevFeatures: [0n, 1n] })) {
      const { vcpuType, digest, ...rest } = entry;
      const signature = vcpuType === undefined ? {} : { signature: vcpuType.signature };
      const parameters = { firmware: IMAGE, ...rest, ...signature };
      const alone =
        mode === "snp" ? launch.snpLaunchDigest(parameters) : launch.sevEsLaunchDigest(parameters);
      ensureEqual(digest, alone, `${mode} ${rest.profile.id} x${rest.vcpus}`);
    }
  }
}

const { steps } = launch.snpPlan({
  firmware: IMAGE,
  profile: QEMU,
  signature: 0x00a0_0f11,
  sevFeatures: 1n,
  vcpus: 3,
});

const STRUCTURE: readonly PortableCheck[] = [
  check("an explanation ends at the digest", () => {
    ensureEqual(launch.explain(steps).at(-1)!.after, launch.digestOf(steps).value(), "digest");
  }),
  check("a fork goes on by itself", () => {
    const parent = launch.digestOf(steps.slice(0, 3));
    const child = parent.fork();
    for (const step of steps.slice(3)) launch.extendBy(child, step);
    ensureEqual(child.value(), launch.digestOf(steps).value(), "child");
    ensureEqual(parent.value(), launch.digestOf(steps.slice(0, 3)).value(), "parent");
  }),
  check("wrong parameters are named errors", () => {
    const wrong = [0, -1, 0.5].map((vcpus) => () => {
      launch.snpLaunchDigest({ firmware: IMAGE, profile: QEMU, sevFeatures: 1n, vcpus });
    });
    for (const call of wrong) ensureThrows(call, "vcpus-out-of-range");
    ensureThrows(() => void firmware.firmwareDescriptorFromJson({}), "unsupported-version");
  }),
];

function ensureEqual(actual: Uint8Array, expected: Uint8Array, what: string): void {
  const [is, should] = [actual, expected].map(bytes.hexEncode);
  if (is !== should) throw new Error(`${what} is ${is}, must be ${should}`);
}

function ensureThrows(call: () => void, code: string): void {
  let thrown: unknown;
  try {
    call();
  } catch (error) {
    thrown = (error as { readonly code?: string }).code;
  }
  if (thrown !== code) throw new Error(`code is ${String(thrown)}, must be ${code}`);
}
