// SPDX-License-Identifier: Apache-2.0
// The launch of SEV-SNP: the guest runs, shows a report of itself bound to a key of its own and to the
// owner's nonce, is judged, and is given its secret encrypted to that key.

import { base64Encode, hexEncode } from "@greenlight/core/bytes";
import {
  appraiseSnpLaunch,
  explainSnpMismatch,
  launchCandidates,
  withAcceptance,
  withExplanation,
} from "@greenlight/core/launch-appraisal";
import type { Finding } from "@greenlight/core/finding";
import { sealForGuest } from "../guest/seal.ts";
import type { LaunchRun } from "./launch-run.ts";
import type { SnpMaterials } from "./materials.ts";
import { checkOpened, openGuest } from "./open-guest.ts";
import { OwnerChannel } from "./owner-channel.ts";
import type { GuestEvidence } from "./evidence-line.ts";
import { recordRunning } from "./running.ts";

const NONCE_SIZE = 32;

/** How long the guest is told that it is refused, before it is ended. */
const FAREWELL_MS = 1000;

/**
 * Launches a guest and releases its secret.
 * @throws {Refused} when it is not the one that was planned.
 */
export async function launchSnp(run: LaunchRun, materials: SnpMaterials): Promise<void> {
  const { host, random } = run.context;
  const { deadlines } = materials;
  await run.session.markUsed();
  const guest = await openGuest(run, undefined);
  const opened = withAcceptance(await checkOpened(run), materials.accept);
  const connecting = host.channel();
  const connected = run.inTime("the owner channel", connecting);
  // A connection that comes too late would keep the process from ending.
  connected.catch(
    () =>
      void connecting.then(
        (late) => late.destroy(),
        () => undefined,
      ),
  );
  const channel = new OwnerChannel(await connected);
  try {
    await run.record.step("resuming", "launched");
    await run.inTime("the answer to continuing the guest", guest.resume());
    const nonce = random(NONCE_SIZE);
    const asking = channel.evidence(nonce);
    const shown = await run.inTime("the guest's evidence", asking, deadlines.evidence);
    await run.record.step("measured", "launched", {
      nonce: hexEncode(nonce),
      key: base64Encode(shown.key),
      report: base64Encode(shown.report),
    });
    await decide(run, materials, { nonce, shown, opened });
    await release(run, materials, channel, shown);
    await recordRunning(run, guest);
  } catch (error) {
    // It hears that it gets nothing, if it still listens; it is ended in any case.
    if (run.released === "no") {
      await run.inTime("the farewell", channel.refuse(), FAREWELL_MS).catch(() => undefined);
    }
    throw error;
  } finally {
    channel.close();
  }
}

interface Shown {
  readonly nonce: Uint8Array;
  readonly shown: GuestEvidence;
  /** What is wrong with how the guest runs. */
  readonly opened: readonly Finding[];
}

async function decide(
  run: LaunchRun,
  materials: SnpMaterials,
  { nonce, shown, opened }: Shown,
): Promise<void> {
  const { expectation, policy, idBlock, secrets, accept, explaining } = materials;
  const { key, report, table } = shown;
  const binding = { kind: "nonce-and-key", nonce, key } as const;
  const verifying = materials.verifyEvidence({ report, table }, binding);
  const verdict = await run.inTime("the verification of the evidence", verifying);
  const appraisal = appraiseSnpLaunch({
    verdict,
    candidates: launchCandidates(expectation),
    policy,
    guestKey: key,
    secretSizes: secrets.map(({ data }) => data.length),
    accept,
    ...(idBlock === undefined ? {} : { idBlock }),
  });
  const { candidate } = appraisal;
  const measurement = verdict.report?.measurement;
  const findings =
    candidate === undefined && measurement !== undefined
      ? withExplanation(
          appraisal.findings,
          explainSnpMismatch(measurement, expectation, explaining),
        )
      : appraisal.findings;
  const decided = candidate === undefined ? {} : { launch: candidate.label };
  await run.judge("decided", "attested", [...findings, ...opened], decided);
}

async function release(
  run: LaunchRun,
  { secrets }: SnpMaterials,
  channel: OwnerChannel,
  { key }: GuestEvidence,
): Promise<void> {
  const [secret] = secrets;
  if (secret !== undefined) {
    const sealed = sealForGuest(key, secret.data);
    await run.record.step("releasing", "attested", { secrets: [secret.guid] });
    run.released = "unknown";
    await run.inTime("the guest's taking of the secret", channel.secret(sealed));
    run.released = "yes";
  }
  await run.record.step("released", "released", { secrets: secrets.length });
}
