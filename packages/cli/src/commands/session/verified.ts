// SPDX-License-Identifier: Apache-2.0
// The platform and policy that a session is made for, out of the options; and why none is made.

import { randomBytes } from "node:crypto";
import { ciphers } from "@greenlight/core/cipher";
import type { Finding } from "@greenlight/core/finding";
import { parseSevPolicy } from "@greenlight/core/session";
import type { SessionRandomness } from "@greenlight/core/session";
import type { SevCertificate } from "@greenlight/core/sev-endorsement";
import { UsageError } from "../../command/usage-error.ts";
import { formatFindings } from "../../output/findings.ts";
import type { Io } from "../../output/io.ts";
import { toJson } from "../../output/json.ts";
import { readPlatform } from "../verify/sev/inputs.ts";
import { verifyPlatform } from "../verify/sev/platform.ts";
import { PLATFORM_OPTIONS } from "./options.ts";
import type { PlatformOptions } from "./options.ts";

/** A platform that something may be made for. */
export interface MadeFor {
  readonly pdh: SevCertificate;
  /** What is known of it, in words. */
  readonly words: string;
  readonly verdict: "accepted" | "unverified";
  readonly findings: readonly Finding[];
}

/** A platform that nothing is made for. */
export interface NotMadeFor {
  readonly pdh: undefined;
  readonly verdict: "rejected" | "undecided";
  readonly findings: readonly Finding[];
  /** What may help. */
  readonly notes: readonly string[];
}

/**
 * Verifies the platform in the files, or takes it unverified where the options say so.
 * @throws {UsageError} {LayoutError} for options and files that cannot be used.
 */
export async function platformFor(
  paths: readonly string[],
  options: PlatformOptions,
  io: Io,
): Promise<MadeFor | NotMadeFor> {
  if (options.unverified) {
    const { pdh, contradictions } = (await readPlatform(paths, options)).chain;
    if (contradictions.length > 0) {
      const hint = "give the files of one platform only, all exported at one time";
      throw new UsageError("bad-value", contradictions.join("; "), hint);
    }
    if (pdh === undefined) {
      throw new UsageError("bad-value", "the files hold no PDH", "give pdh.cert or an export");
    }
    io.err("warning: the platform is not verified; whoever made this PDH can read the secrets\n");
    return { pdh, words: "a platform that was not verified", verdict: "unverified", findings: [] };
  }
  const { verdict: judged, notes, cekUrl } = await verifyPlatform(paths, options, io);
  const { findings, pdh, product } = judged;
  if (judged.verdict === "accepted" && pdh !== undefined) {
    const isSimulated = findings.some(
      ({ id, outcome }) => id === "sev.ark.not-amd" && outcome === "warn",
    );
    const words = isSimulated ? "a simulator's platform" : `a genuine ${product} platform of AMD's`;
    return { pdh, words, verdict: "accepted", findings };
  }
  return {
    pdh: undefined,
    verdict: judged.verdict === "rejected" ? "rejected" : "undecided",
    findings,
    notes: cekUrl === undefined ? notes : [...notes, `the signed CEK is at ${cekUrl}`],
  };
}

/** Tells why nothing is made. @returns the exit code. */
export function tellRefusal(
  { verdict, findings, notes }: NotMadeFor,
  schema: string,
  json: boolean,
  io: Io,
): number {
  if (json) {
    io.out(toJson({ schema, verdict, files: [], findings, notes }));
  } else {
    const open = findings.filter(({ outcome }) => outcome === "fail" || outcome === "unknown");
    const list = formatFindings(open, { colour: io.colour, verbose: false });
    io.out(`Not made: the platform is ${verdict}.\n\n${list}\n`);
    for (const note of notes) io.err(`note: ${note}\n`);
    io.err("hint: `greenlight verify sev` shows all checks\n");
  }
  return verdict === "rejected" ? 1 : 3;
}

/** The policy of the options. @throws {SessionError} `bad-policy`. */
export function policyOf({ policy }: PlatformOptions): number {
  return parseSevPolicy(policy ?? PLATFORM_OPTIONS.policy.default);
}

/** What a session is made of by chance, from the system's own randomness. */
export async function freshRandomness(): Promise<SessionRandomness> {
  return {
    owner: await ciphers.generateP384(),
    nonce: fresh(),
    wrapIv: fresh(),
    tek: fresh(),
    tik: fresh(),
  };
}

/** 16 random bytes. */
export function fresh(): Uint8Array {
  return new Uint8Array(randomBytes(16));
}
