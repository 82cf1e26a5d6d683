// SPDX-License-Identifier: Apache-2.0
// A whole SEV-SNP launch without QEMU: the firmware's pages measured, a report asked for over the
// encrypted channel, and the owner's verification of it with the certificates beside it.

import {
  createCipheriv,
  createDecipheriv,
  generateKeyPairSync,
  hash,
  randomBytes,
  sign,
  verify,
} from "node:crypto";
import type { KeyObject } from "node:crypto";
import { DEFAULT_POLICY, verifyEvidence } from "@greenlight/core/appraisal";
import { hexEncode } from "@greenlight/core/bytes";
import { Endorser } from "@greenlight/core/endorsement";
import { readEvidence } from "@greenlight/core/evidence";
import type { LaunchStep } from "@greenlight/core/launch";
import { createHierarchy } from "@greenlight/psp/hierarchy";
import { GuestMessageChannel, createPlatform, systemRandom } from "@greenlight/psp/platform";
import type { SnpProcessor } from "@greenlight/psp/platform";
import { AT } from "./evidence.ts";
import { SideClock, done } from "./sides.ts";
import type { BenchLaunch, SideTimes } from "./sides.ts";

const PAGE = 4096;
/** What is hashed to extend a launch digest by a page. */
const PAGE_INFO = 112;
/** A request for a report and its answer, with their payloads. */
const REQUEST = 96;
const ANSWER = 32 + 1184;

const DATA = new Uint8Array(64).fill(9);
const ASID = 1;
const POLICY = 0x30000n;

/**
 * A launch that measures `steps`.
 * @param digest What the owner takes, computed anew for every launch; what was measured unless given.
 */
export function snpLaunch(steps: readonly LaunchStep[], digest?: () => Uint8Array): BenchLaunch {
  const line = "Genoa";
  const api = { major: 1, minor: 55, build: 40 };
  const { snp } = createPlatform({ line, api, es: true, random: systemRandom });
  if (snp === undefined) throw new Error("the platform has no SEV-SNP");
  done(snp.snpInit());
  const endorser = new Endorser({ roots: [createHierarchy({ line }).trustRoot()] });
  return {
    launch: async () => launchOnce(snp, endorser, steps, digest),
    bare: bareLaunch(steps, digest !== undefined),
  };
}

async function launchOnce(
  snp: SnpProcessor,
  endorser: Endorser,
  steps: readonly LaunchStep[],
  digest: (() => Uint8Array) | undefined,
): Promise<SideClock> {
  const clock = new SideClock();
  const { report, table, measured } = await clock.timeAsync("psp", async () => {
    const { gctx } = done(snp.gctxCreate());
    done(snp.launchStart({ gctx, policy: POLICY }));
    done(snp.activate({ gctx, asid: ASID }));
    let secrets = new Uint8Array(0);
    for (const { pageType: type, gpa, size, data } of steps) {
      const page = type === "CPUID" ? new Uint8Array(PAGE) : (data ?? { size });
      const updated = done(snp.launchUpdate({ gctx, type, gpa, page }));
      if (type === "SECRETS") secrets = Uint8Array.from(updated.page ?? []);
    }
    done(snp.launchFinish({ gctx }));
    const channel = GuestMessageChannel.ofSecretsPage(secrets);
    const carry = (message: Uint8Array): Uint8Array =>
      done(snp.guestRequest({ gctx, message })).message;
    const made = {
      report: await channel.report({ reportData: DATA }, carry),
      table: snp.certificateTable(),
      measured: snp.launchDigest(gctx) ?? new Uint8Array(0),
    };
    done(snp.decommission({ gctx }));
    done(snp.dfFlush());
    return made;
  });
  await clock.timeAsync("owner", async () => {
    const wanted = { value: hexEncode(digest === undefined ? measured : digest()) };
    const { evidence, guest } = DEFAULT_POLICY;
    const policy = {
      ...DEFAULT_POLICY,
      // Without revocation lists, which a verifier has once a day and not with every report.
      evidence: { ...evidence, revocation: { mode: "off", maxAge: "any" } as const },
      guest: { ...guest, measurements: [wanted] },
    };
    const read = readEvidence(Buffer.concat([report, table]));
    const { outcome } = await verifyEvidence(read, { endorser, policy, at: AT });
    if (outcome !== "accepted") throw new Error(`a report was ${outcome}`);
  });
  return clock;
}

/**
 * The cryptography of it and nothing else, by node:crypto: two hashes for every page with contents and
 * one for every other, four times AES-256-GCM, a signature made and a signature verified.
 */
function bareLaunch(steps: readonly LaunchStep[], isDigestOfOwner: boolean): () => SideTimes {
  const pages = steps.flatMap(({ data, size }) =>
    Array.from({ length: size / PAGE }, (_, i) => data?.subarray(i * PAGE, (i + 1) * PAGE)),
  );
  const info = Buffer.alloc(PAGE_INFO);
  const measure = (): void => {
    for (const page of pages) {
      // The fastest way from a digest into an array: through text of one byte a character.
      if (page !== undefined) info.write(hash("sha384", page, "latin1"), 48, 48, "latin1");
      info.write(hash("sha384", info, "latin1"), 0, 48, "latin1");
    }
  };
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-384" });
  const signed = Buffer.alloc(672);
  return () => {
    const clock = new SideClock();
    const signature = clock.time("psp", () => {
      const key = randomBytes(32);
      measure();
      for (const size of [REQUEST, ANSWER]) throughChannel(key, Buffer.alloc(size));
      return sign("sha384", signed, p1363(privateKey));
    });
    clock.time("owner", () => {
      if (isDigestOfOwner) measure();
      if (!verify("sha384", signed, p1363(publicKey), signature)) {
        throw new Error("a signature does not verify");
      }
    });
    return clock;
  };
}

function p1363(key: KeyObject): { readonly key: KeyObject; readonly dsaEncoding: "ieee-p1363" } {
  return { key, dsaEncoding: "ieee-p1363" };
}

/** A message encrypted on one side of the channel and decrypted on the other. */
function throughChannel(key: Uint8Array, message: Buffer): void {
  const iv = Buffer.alloc(12);
  const cipher = createCipheriv("aes-256-gcm", key, iv);
  const sealed = cipher.update(message);
  cipher.final();
  const decipher = createDecipheriv("aes-256-gcm", key, iv);
  decipher.setAuthTag(cipher.getAuthTag());
  decipher.update(sealed);
  decipher.final();
}
