// SPDX-License-Identifier: Apache-2.0
// The launch of SEV and SEV-ES: the guest is started stopped, measured, judged, given its secrets, and
// let run. Source: AMD SEV API (55766), LAUNCH_START to LAUNCH_FINISH; QEMU target/i386/sev.c.

import { hexEncode, hexNumber } from "@greenlight/core/bytes";
import { sha256 } from "@greenlight/core/crypto";
import {
  appraiseSevLaunch,
  explainSevMismatch,
  withAcceptance,
  withExplanation,
} from "@greenlight/core/launch-appraisal";
import type { JsonValue, ReportedLaunch, SevLaunchInput } from "@greenlight/core/launch-appraisal";
import { buildSecretTable, sealSecret } from "@greenlight/core/session";
import { launchCandidates } from "@greenlight/core/launch-appraisal";
import type { LaunchCandidate } from "@greenlight/core/launch-appraisal";
import type { Hypervisor, LaunchInfo, RunState } from "./hypervisor.ts";
import type { LaunchRun } from "./launch-run.ts";
import type { LegacyMaterials } from "./materials.ts";
import { checkOpened, openGuest } from "./open-guest.ts";
import { requireSamePlan } from "./prepare.ts";
import { recordRunning } from "./running.ts";
import type { KeptSession } from "./session-folder.ts";

/** Counter block of AES-128. */
const IV_SIZE = 16;

/**
 * Launches a guest whose session was offered.
 * @throws {Refused} when it is not the one that was planned.
 */
export async function launchLegacy(run: LaunchRun, materials: LegacyMaterials): Promise<void> {
  await requireSamePlan(run, materials);
  const candidates = launchCandidates(materials.expectation);
  // Before the start, so that no second launch can begin with the same session meanwhile.
  const kept = await run.session.claim();
  try {
    const guest = await openGuest(run, run.session.files);
    await decideAndRelease(run, guest, { materials, kept, candidates });
    await resume(run, guest);
  } finally {
    kept.keys.tek.fill(0);
    kept.keys.tik.fill(0);
  }
}

async function decideAndRelease(
  run: LaunchRun,
  guest: Hypervisor,
  subject: Subject,
): Promise<void> {
  const { materials, kept } = subject;
  const opened = withAcceptance(await checkOpened(run), materials.accept);
  const { input, detail } = await measured(run, guest, subject);
  await run.record.step("measured", "launched", detail);
  const appraisal = appraiseSevLaunch(input);
  const { candidate, measure, compared } = appraisal;
  const explained =
    candidate === undefined && compared
      ? withExplanation(
          appraisal.findings,
          explainSevMismatch(input, materials.expectation, materials.explaining),
        )
      : appraisal.findings;
  const decided =
    candidate === undefined ? {} : { launch: candidate.label, digest: hexEncode(candidate.digest) };
  await run.judge("decided", "attested", [...explained, ...opened], decided);
  if (candidate === undefined || measure === undefined) {
    throw new Error("a launch was accepted and nothing was measured");
  }
  await release(run, guest, { materials, kept, candidate, measure, api: input.reported });
}

interface Subject {
  readonly materials: LegacyMaterials;
  readonly kept: KeptSession;
  readonly candidates: readonly LaunchCandidate[];
}

/** What the hypervisor says of the guest, and what the platform measured. */
async function measured(
  run: LaunchRun,
  guest: Hypervisor,
  { materials, kept, candidates }: Subject,
): Promise<{
  readonly input: SevLaunchInput;
  readonly detail: Readonly<Record<string, JsonValue>>;
}> {
  const info = await run.inTime("the state of the launch", guest.launchInfo());
  const running = await run.inTime("the state of the guest", guest.runState());
  const blob = await run.inTime("the launch measurement", guest.launchMeasurement());
  const { generation, minimum, accept } = materials;
  const reported = reportedLaunch(info, running);
  return {
    input: {
      generation,
      session: { policy: kept.facts.policy, keys: kept.keys },
      reported,
      blob,
      candidates,
      accept,
      ...(minimum === undefined ? {} : { minimum }),
    },
    detail: {
      blob: hexEncode(blob),
      type: reported.type,
      api: `${reported.apiMajor}.${reported.apiMinor} build ${reported.buildId}`,
      guest: running,
      ...(reported.state === undefined ? {} : { state: reported.state }),
      ...(reported.policy === undefined ? {} : { policy: hexNumber(reported.policy) }),
    },
  };
}

function reportedLaunch(info: LaunchInfo, running: RunState): ReportedLaunch {
  const waiting = running === "prelaunch" || running === "paused";
  if (info.type === "none") {
    return { type: "none", apiMajor: 0, apiMinor: 0, buildId: 0, waiting };
  }
  const { type, apiMajor, apiMinor, buildId, state } = info;
  return {
    type,
    apiMajor,
    apiMinor,
    buildId,
    waiting,
    ...(state === undefined ? {} : { state }),
    ...(info.type === "sev" ? { policy: info.policy } : {}),
  };
}

interface Release {
  readonly materials: LegacyMaterials;
  readonly kept: KeptSession;
  readonly candidate: LaunchCandidate;
  readonly measure: Uint8Array;
  readonly api: ReportedLaunch;
}

/** Releases the secrets, once, bound to the measurement that was judged. */
async function release(
  run: LaunchRun,
  guest: Hypervisor,
  { materials, kept, candidate, measure, api }: Release,
): Promise<void> {
  const { secrets, nulForGrub } = materials;
  if (secrets.length > 0) {
    const area = candidate.firmware.firmware.secret;
    const maximum = area?.size ?? 0;
    const table = buildSecretTable(secrets, { nulForGrub, maximum });
    const packet = sealSecret({
      keys: kept.keys,
      table,
      iv: run.context.random(IV_SIZE),
      measure,
      api: { major: api.apiMajor, minor: api.apiMinor },
    });
    table.fill(0);
    await run.record.step("releasing", "attested", {
      secrets: secrets.map(({ guid }) => guid),
      measure: hexEncode(measure),
      packet: hexEncode(sha256(packet.header)),
    });
    run.released = "unknown";
    await run.inTime("the answer to the secret", guest.injectSecret(packet));
    run.released = "yes";
  }
  await run.record.step("released", "released", { secrets: secrets.length });
}

async function resume(run: LaunchRun, guest: Hypervisor): Promise<void> {
  await run.record.step("resuming", "released");
  await recordRunning(run, guest, async () =>
    run.inTime("the answer to continuing the guest", guest.resume()),
  );
}
