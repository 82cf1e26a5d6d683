// SPDX-License-Identifier: Apache-2.0
// Before anything is started: plan, files, host configuration and platform are judged, and a session is
// made for the platform that was accepted.

import { outcomeOf } from "@greenlight/core/appraisal";
import { ciphers } from "@greenlight/core/cipher";
import { hexEncode } from "@greenlight/core/bytes";
import { sha256 } from "@greenlight/core/crypto";
import type { Finding } from "@greenlight/core/finding";
import { checkSecretArea, checkSevPolicy, withAcceptance } from "@greenlight/core/launch-appraisal";
import { buildSecretTable, formatSevPolicy, makeSession } from "@greenlight/core/session";
import type { SevCertificate } from "@greenlight/core/sev-endorsement";
import { GuestLaunchError } from "./error.ts";
import type { LaunchRun } from "./launch-run.ts";
import type { LaunchMaterials, LegacyMaterials, PlatformVerdict } from "./materials.ts";

const KEY_SIZE = 16;

/**
 * Writes the first line of the record.
 * @throws {GuestLaunchError} `record-unwritable`: nothing was begun then.
 */
export async function begin(run: LaunchRun, materials: LaunchMaterials): Promise<void> {
  const { name, planSha256, generation } = materials;
  await run.record.step("begun", "planned", {
    name,
    plan: planSha256,
    generation,
    host: run.context.host.kind,
    launch: hexEncode(run.context.random(16)),
  });
}

/**
 * Judges everything that is known before the start, and makes the session.
 * @throws {Refused} when something stands in the way.
 */
export async function prepare(run: LaunchRun, materials: LaunchMaterials): Promise<void> {
  const { expectation, accept } = materials;
  const local = await localFindings(run, materials);
  const firmwares = expectation.firmwares.map((firmware) => ({
    name: firmware.name,
    sha256: hexEncode(sha256(firmware.firmware.bytes)),
  }));
  if (materials.generation === "sev-snp") {
    await run.judge("prepared", "planned", withAcceptance(local, accept), { firmwares });
    await run.record.step("offered", "offered", { session: "none" });
    return;
  }
  const platform = await judgedPlatform(run, materials, local);
  const findings = [...local, ...platform.findings];
  await run.judge("prepared", "planned", withAcceptance(findings, accept), {
    ...platform.detail,
    firmwares,
  });
  if (platform.pdh === undefined) throw new Error("a platform was accepted and has no PDH");
  await offer(run, materials, platform.pdh);
}

/**
 * Judges once more what can be other than it was when the session was prepared: files, and how the host
 * runs the guest. The session itself is for the platform that was accepted then.
 * @throws {Refused} when something stands in the way.
 */
export async function prepareAgain(run: LaunchRun, materials: LaunchMaterials): Promise<void> {
  const findings = withAcceptance(await localFindings(run, materials), materials.accept);
  await run.judge("prepared", "offered", findings);
}

/** What is found without asking the platform. */
async function localFindings(
  run: LaunchRun,
  materials: LaunchMaterials,
): Promise<readonly Finding[]> {
  const { host, until } = run.context;
  const isSnp = materials.generation === "sev-snp";
  // A guest that the host is going to start has no configuration yet.
  const isThere = host.starts || until === "launch";
  const checking = isThere ? host.check(isSnp ? undefined : run.session.files) : [];
  const checked = await run.inTime(
    "the check of the host's configuration",
    Promise.resolve(checking),
  );
  return [
    ...materials.findings,
    ...checked,
    ...(materials.generation === "sev-snp" ? [] : launchFindings(materials)),
  ];
}

/**
 * What the platform's certificates come to. Where it cannot be asked, and the launch would be refused
 * whatever it said, that is the answer.
 */
async function judgedPlatform(
  run: LaunchRun,
  materials: LegacyMaterials,
  local: readonly Finding[],
): Promise<PlatformVerdict> {
  try {
    const exporting = run.context.host.platformExport();
    const exported = await run.inTime("the platform's certificates", exporting);
    return await run.inTime("the judgement of the platform", materials.verifyPlatform(exported));
  } catch (error) {
    const judged = withAcceptance(local, materials.accept);
    if (outcomeOf(judged) === "rejected") await run.judge("prepared", "planned", judged);
    throw error;
  }
}

function launchFindings(materials: LegacyMaterials): readonly Finding[] {
  const { policy, generation, minimum, expectation, secrets, nulForGrub } = materials;
  const size = secrets.length === 0 ? undefined : buildSecretTable(secrets, { nulForGrub }).length;
  return [
    ...checkSevPolicy(policy, generation, minimum),
    // With several firmwares, the secret has to fit whichever of them is launched.
    ...expectation.firmwares.flatMap((firmware) => checkSecretArea(firmware, size)),
  ];
}

async function offer(
  run: LaunchRun,
  materials: LegacyMaterials,
  pdh: SevCertificate,
): Promise<void> {
  const { random } = run.context;
  const { policy, planSha256 } = materials;
  const session = await makeSession({
    pdh,
    policy,
    randomness: {
      owner: await ciphers.generateP384(),
      nonce: random(KEY_SIZE),
      wrapIv: random(KEY_SIZE),
      tek: random(KEY_SIZE),
      tik: random(KEY_SIZE),
    },
  });
  const pdhDigest = hexEncode(sha256(pdh.bytes));
  await run.record.step("offered", "offered", {
    pdh: pdhDigest,
    policy: formatSevPolicy(policy),
    godh: hexEncode(sha256(session.godh)),
    session: hexEncode(sha256(session.session)),
  });
  await run.session.offer(session, { pdh: pdhDigest, plan: planSha256, policy });
  session.keys.tek.fill(0);
  session.keys.tik.fill(0);
}

/**
 * Asserts that a session which was prepared earlier is for this plan.
 * @throws {GuestLaunchError} `no-session`.
 */
export async function requireSamePlan(run: LaunchRun, materials: LegacyMaterials): Promise<void> {
  const { plan, policy } = await run.session.facts();
  if (plan === materials.planSha256 && policy === materials.policy) return;
  throw new GuestLaunchError("no-session", "the session was prepared for another plan", {
    hint: "the plan was changed since: prepare a session anew, in a new folder",
  });
}
