// SPDX-License-Identifier: Apache-2.0
// The platform that a command works on: the one of a folder, or a new one that is gone afterwards.

import { createPlatform, seededRandom, systemRandom } from "@greenlight/psp/platform";
import type { ApiVersion, Platform, PlatformOptions } from "@greenlight/psp/platform";
import { PlatformFolder } from "@greenlight/psp/server";
import { UsageError } from "../../command/usage-error.ts";
import { parseBytes } from "../../input/digest.ts";
import { faultsOf } from "./faults.ts";
import { LINES, PLATFORM_OPTIONS } from "./options.ts";
import type { PlatformGiven } from "./options.ts";

/** Firmware versions of each line, where none is asked for. */
const USUAL_API: Readonly<Record<(typeof LINES)[number], ApiVersion>> = {
  Naples: { major: 0, minor: 17, build: 48 },
  Rome: { major: 0, minor: 24, build: 20 },
  Milan: { major: 1, minor: 55, build: 40 },
  Genoa: { major: 1, minor: 55, build: 40 },
  Turin: { major: 1, minor: 55, build: 65 },
};

/**
 * A new platform's options.
 * @throws {UsageError} `bad-value`.
 */
export function platformOptions(given: PlatformGiven): PlatformOptions {
  const line = LINES.find((each) => each === given.line) ?? "Milan";
  const { "chip-id": chip, seed, random, "report-version": version } = given;
  return {
    line,
    api: given.api === undefined ? USUAL_API[line] : parseApi(given.api),
    es: !given["no-es"],
    random: random === undefined ? systemRandom : seededRandom(random),
    names: given["forge-amd-names"] ? "forged-amd" : "simulator",
    faults: faultsOf(given.fault),
    ...(chip === undefined ? {} : { chipId: parseBytes(chip, "--chip-id", 64) }),
    ...(seed === undefined ? {} : { seed }),
    ...(version === undefined ? {} : { snp: { reportVersion: reportVersion(version) } }),
  };
}

/** Options that were given although they only make sense for a new platform. */
function makingOptions(given: PlatformGiven): readonly string[] {
  const { fault: _, ...others } = given;
  return Object.entries(others).flatMap(([name, value]) =>
    value === undefined || value === false || !Object.hasOwn(PLATFORM_OPTIONS, name)
      ? []
      : [`--${name}`],
  );
}

/** A platform to work on. */
export interface WorkPlatform {
  readonly platform: Platform;
  /** Stores what has changed, where the platform is of a folder. */
  readonly keep: () => void;
}

/**
 * The platform of a folder that was named, else a new one.
 * @throws {UsageError} `conflicting-options` for options of a new platform beside a folder.
 * @throws {PspError} `no-folder`, `in-use` when the platform is being served.
 */
export async function workPlatform(
  given: PlatformGiven & { readonly folder: string | undefined },
): Promise<WorkPlatform> {
  if (given.folder === undefined) {
    return { platform: createPlatform(platformOptions(given)), keep: () => undefined };
  }
  refuseMaking(given, given.folder);
  const folder = PlatformFolder.open(given.folder);
  await folder.requireIdle();
  const platform = folder.load(faultsOf(given.fault));
  return { platform, keep: () => folder.save(platform) };
}

/** @throws {UsageError} `conflicting-options`. */
export function refuseMaking(given: PlatformGiven, folder: string): void {
  const [first] = makingOptions(given);
  if (first === undefined) return;
  throw new UsageError(
    "conflicting-options",
    `${first} is given, and ${JSON.stringify(folder)} has a platform already`,
    "leave the option out, or name another folder",
  );
}

function parseApi(text: string): ApiVersion {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text.trim())?.slice(1).map(Number) ?? [];
  const [major, minor, build] = parts;
  if (major !== undefined && minor !== undefined && build !== undefined) {
    if (parts.every((part) => part <= 255)) return { major, minor, build };
  }
  throw new UsageError(
    "bad-value",
    `--api is ${JSON.stringify(text.slice(0, 40))}`,
    "write it as MAJOR.MINOR.BUILD in decimal, each at most 255, such as 1.55.40",
  );
}

function reportVersion(text: string): 2 | 3 | 4 | 5 {
  return text === "2" ? 2 : text === "3" ? 3 : text === "4" ? 4 : 5;
}
