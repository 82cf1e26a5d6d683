// SPDX-License-Identifier: Apache-2.0
// A whole SEV launch without QEMU: the platform's certificates verified, a session, the firmware
// measured, the measurement appraised, a secret sealed and opened, the guest run and forgotten.

import { randomBytes } from "node:crypto";
import { ciphersSync } from "@greenlight/core/cipher";
import { appraiseSevLaunch } from "@greenlight/core/launch-appraisal";
import type { LaunchCandidate } from "@greenlight/core/launch-appraisal";
import { buildSecretTable, makeSession, sealSecret } from "@greenlight/core/session";
import {
  parseSevCertificate,
  readSevChain,
  verifySevChain,
} from "@greenlight/core/sev-endorsement";
import type { SevChain } from "@greenlight/core/sev-endorsement";
import { DISK_PASSPHRASE_GUID } from "@greenlight/host/guest";
import { createPlatform, systemRandom } from "@greenlight/psp/platform";
import type { Platform } from "@greenlight/psp/platform";
import { bareLegacyLaunch } from "./legacy-cryptography.ts";
import { SideClock, done } from "./sides.ts";
import type { BenchLaunch } from "./sides.ts";

const API = { major: 1, minor: 55, build: 24 } as const;

/** NODBG and NOKS, API 1.51 or newer. */
const POLICY = 0x3301_0003;

const ASID = 1;

/** A passphrase of usual length. */
const SECRET = [{ guid: DISK_PASSPHRASE_GUID, data: new Uint8Array(32).fill(0x61) }];

/**
 * A launch that measures `content`.
 * @param candidates What the owner takes, computed anew for every launch.
 */
export function legacyLaunch(
  content: Uint8Array,
  candidates: () => readonly LaunchCandidate[],
): BenchLaunch {
  const platform = createPlatform({ line: "Milan", api: API, es: true, random: systemRandom });
  done(platform.sev.init({ es: true }));
  const rules = rulesOf(platform);
  const chain = exportedChain(platform, rules);
  const table = buildSecretTable(SECRET);
  return {
    launch: async () => launchOnce(platform, rules, content, candidates),
    bare: bareLegacyLaunch({ ...chain, cek: rules.cek }, content, table),
  };
}

/** What the owner has before: the platform's signed CEK, and roots. */
function rulesOf(platform: Platform) {
  const { authorities } = platform;
  const { ask, ark } = authorities;
  return {
    ask,
    ark,
    roots: [authorities.trustRoot()],
    cek: parseSevCertificate(platform.signedCek()),
  };
}

type Rules = ReturnType<typeof rulesOf>;

function exportedChain({ sev }: Platform, { ask, ark }: Rules): SevChain {
  const { pdh, certs } = done(sev.pdhCertExport());
  return chainOf(pdh, certs, { ask, ark });
}

function chainOf(
  pdh: Uint8Array,
  certs: Uint8Array,
  { ask, ark }: Pick<Rules, "ask" | "ark">,
): SevChain {
  return readSevChain([
    { name: "PDH", bytes: pdh },
    { name: "certificates", bytes: certs },
    { name: "ASK", bytes: ask },
    { name: "ARK", bytes: ark },
  ]);
}

async function launchOnce(
  { sev }: Platform,
  rules: Rules,
  content: Uint8Array,
  candidates: () => readonly LaunchCandidate[],
): Promise<SideClock> {
  const clock = new SideClock();
  const { pdh, certs } = clock.time("psp", () => done(sev.pdhCertExport()));
  const session = await clock.timeAsync("owner", async () => {
    const verdict = await verifySevChain({
      chain: chainOf(pdh, certs, rules),
      roots: rules.roots,
      policy: { cekOfKds: rules.cek },
    });
    if (verdict.pdh === undefined) throw new Error(`the platform is ${verdict.verdict}`);
    const [nonce, wrapIv, tek, tik] = [random(16), random(16), random(16), random(16)];
    const owner = ciphersSync.generateP384();
    return makeSession({
      pdh: verdict.pdh,
      policy: POLICY,
      randomness: { owner, nonce, wrapIv, tek, tik },
    });
  });
  const { handle, blob } = clock.time("psp", () => {
    const { policy, godh, session: sent } = session;
    const started = done(sev.launchStart({ handle: 0, policy, godh, session: sent }));
    done(sev.activate({ handle: started.handle, asid: ASID }));
    done(sev.launchUpdateData({ handle: started.handle, data: content }));
    return { ...started, ...done(sev.launchMeasure({ handle: started.handle })) };
  });
  const packet = clock.time("owner", () => {
    const { major, minor, build } = API;
    const appraisal = appraiseSevLaunch({
      generation: "sev",
      session,
      reported: {
        type: "sev",
        apiMajor: major,
        apiMinor: minor,
        buildId: build,
        policy: POLICY,
        state: "launch-secret",
        waiting: true,
      },
      blob,
      candidates: candidates(),
    });
    const { outcome, measure } = appraisal;
    if (outcome !== "accepted" || measure === undefined) throw new Error(`it was ${outcome}`);
    const table = buildSecretTable(SECRET);
    return sealSecret({ keys: session.keys, table, iv: random(16), measure, api: API });
  });
  clock.time("psp", () => {
    done(sev.launchSecret({ handle, ...packet }));
    done(sev.launchFinish({ handle }));
    done(sev.deactivate({ handle }));
    sev.wbinvd();
    done(sev.dfFlush());
    done(sev.decommission({ handle }));
  });
  return clock;
}

function random(length: number): Uint8Array {
  return Uint8Array.from(randomBytes(length));
}
