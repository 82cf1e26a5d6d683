// SPDX-License-Identifier: Apache-2.0
// A plan and what its files hold: firmware, hashes, secrets, and what platform and evidence are judged
// by.

import { statSync } from "node:fs";
import { basename } from "node:path";
import { hexDecode } from "@greenlight/core/bytes";
import { readFirmware } from "@greenlight/core/firmware";
import { auditKernelBlobs } from "@greenlight/core/firmware-volume";
import type { Finding } from "@greenlight/core/finding";
import { ID_AUTH } from "@greenlight/core/id-block";
import { cpuModel, vmsaProfile } from "@greenlight/core/launch";
import { launchCandidates } from "@greenlight/core/launch-appraisal";
import type {
  AcceptedFirmware,
  DirectBoot,
  FirmwareApi,
  LaunchExpectation,
  LaunchPlan,
} from "@greenlight/core/launch-appraisal";
import { SEV_POLICY_BITS, knownSecret, parseSevPolicy } from "@greenlight/core/session";
import type { SecretEntry } from "@greenlight/core/session";
import type { LaunchMaterials, PlannedGuest } from "@greenlight/host/launch";
import { UsageError } from "../../command/usage-error.ts";
import { MAX_FIRMWARE_SIZE, readBounded } from "../../input/file.ts";
import { sha256File } from "../../input/hash-file.ts";
import { naming } from "../../input/named-error.ts";
import { parseUnsigned } from "../../input/number.ts";
import type { Io } from "../../output/io.ts";
import type { LaunchOptions } from "./options.ts";
import type { ReadPlan } from "./plan-file.ts";
import { platformRules } from "./platform.ts";

/** A secret fits into a firmware's secret area, which has 3 KiB. */
const MAX_SECRET = 64 * 1024;

/** Largest unsigned value of 64 bits. */
const U64_MAX = 2n ** 64n - 1n;

/** SEV-SNP guests with SMT allowed: QEMU's default. */
const SNP_POLICY = 0x30000n;

/** What a launch is carried out with. */
export interface LoadedPlan {
  readonly materials: LaunchMaterials;
  readonly guest: PlannedGuest;
}

type Settings = Omit<LaunchOptions, "json" | "prepare" | "session" | "verbose">;

/**
 * Reads all files of a plan.
 * @throws {UsageError} {LayoutError} {LaunchError} {SessionError} for files and values that cannot be
 * used.
 */
export async function loadMaterials(
  read: ReadPlan,
  options: Settings,
  io: Io,
): Promise<LoadedPlan> {
  const { plan } = read;
  const expectation = await expectationOf(plan);
  // What no host can launch is told before anything is begun.
  launchCandidates(expectation);
  const { name, deadlines } = plan;
  const secrets = plan.secrets.map(secretOf);
  const common = {
    name,
    planSha256: read.sha256,
    expectation,
    findings: [...expectation.firmwares.flatMap(auditOf), ...plan.secrets.map(exposureOf)],
    accept: new Set(plan.accept),
    secrets,
    explaining: {},
    deadlines: { start: deadlines.start * 1000, evidence: deadlines.evidence * 1000 },
  };
  if (plan.generation === "sev-snp") {
    const policy = snpPolicy(plan);
    const { evidenceVerifier } = await import("./evidence.ts");
    const verifyEvidence = await evidenceVerifier(plan, expectation, options, io);
    const inputs = snpInputs(plan);
    const { idBlock, idAuth } = inputs;
    const signed = idBlock === undefined || idAuth === undefined ? undefined : { idBlock, idAuth };
    return {
      materials: {
        ...common,
        generation: plan.generation,
        policy,
        verifyEvidence,
        ...(signed === undefined ? {} : { idBlock: signed }),
      },
      guest: { plan, policy, ...inputs },
    };
  }
  const { platformVerifier } = await import("@greenlight/host/launch");
  const minimum = minimumOf(plan);
  const policy = sevPolicy(plan, minimum);
  return {
    materials: {
      ...common,
      generation: plan.generation,
      policy,
      ...(minimum === undefined ? {} : { minimum }),
      nulForGrub: plan.secrets.some(({ nul }) => nul),
      verifyPlatform: platformVerifier(await platformRules(plan, minimum, options, io)),
    },
    guest: { plan, policy },
  };
}

async function expectationOf({ generation, guest }: LaunchPlan): Promise<LaunchExpectation> {
  const firmwares: AcceptedFirmware[] = [];
  for (const path of [guest.firmware, ...guest.otherFirmwares]) {
    const firmware = await naming(path, () => readFirmware(readBounded(path, MAX_FIRMWARE_SIZE)));
    firmwares.push({ name: basename(path), firmware });
  }
  const boot = await bootOf(guest);
  const isSnp = generation === "sev-snp";
  const usual = isSnp ? ["qemu"] : ["qemu-es-legacy", "qemu"];
  const profiles = guest.vmsaProfiles === "default" ? usual : guest.vmsaProfiles;
  const features = guest.sevFeatures === "default" ? [isSnp ? "0x1" : "0x0"] : guest.sevFeatures;
  return {
    generation,
    firmwares,
    ...(boot === undefined ? {} : { boot }),
    vcpus: guest.vcpus,
    vcpuType: cpuModel(guest.vcpuType),
    profiles: profiles.map(vmsaProfile),
    sevFeatures: features.map(BigInt),
  };
}

async function bootOf({
  kernel,
  initrd,
  cmdline,
}: LaunchPlan["guest"]): Promise<DirectBoot | undefined> {
  if (kernel === undefined) return undefined;
  const measured = async (path: string) => ({
    name: basename(path),
    sha256: await sha256File(path),
  });
  return {
    kernel: await measured(kernel),
    ...(initrd === undefined ? {} : { initrd: await measured(initrd) }),
    cmdline,
  };
}

/** What the firmware lets the host bring in, with its name where the finding is shown. */
function auditOf({ name, firmware }: AcceptedFirmware): readonly Finding[] {
  return auditKernelBlobs(firmware).map((finding) => ({
    ...finding,
    where: { ...finding.where, artefact: name },
  }));
}

function secretOf({ guid, file, trim }: LaunchPlan["secrets"][number]): SecretEntry {
  const bytes = readBounded(file, MAX_SECRET);
  const hasBreak = trim && bytes.at(-1) === 0x0a;
  const data = Uint8Array.from(hasBreak ? bytes.subarray(0, -1) : bytes);
  if (data.length === 0) {
    throw new UsageError("empty-file", `${JSON.stringify(file)} holds no secret`);
  }
  return { guid: (knownSecret(guid)?.guid ?? guid).toLowerCase(), data };
}

function exposureOf({ file }: LaunchPlan["secrets"][number]): Finding {
  const id = "launch.secret.readable-by-others";
  const name = basename(file);
  const isOpen = (statSync(file).mode & 0o077) !== 0;
  if (!isOpen) return { id, outcome: "pass", title: `Only its owner may read ${name}` };
  return {
    id,
    outcome: "warn",
    title: `Others than its owner may read ${name}, which holds a secret`,
    hint: `chmod 600 ${file}`,
  };
}

function minimumOf({ platform }: LaunchPlan): FirmwareApi | undefined {
  const [major, minor] = platform.minimumApi.split(".").map(Number);
  if (major === undefined || minor === undefined) return undefined;
  return { major, minor, build: platform.minimumBuild };
}

/** The policy of the plan; the minimum API goes into it unless it names one itself. */
function sevPolicy({ generation, guest }: LaunchPlan, minimum: FirmwareApi | undefined): number {
  const { NODBG, NOKS, NOSEND, ES } = SEV_POLICY_BITS;
  const usual = NODBG + NOKS + NOSEND + (generation === "sev-es" ? ES : 0);
  const policy = guest.policy === "default" ? usual : parseSevPolicy(guest.policy);
  if (policy >= 0x10000 || minimum === undefined) return policy;
  return policy + minimum.major * 0x10000 + minimum.minor * 0x1000000;
}

function snpPolicy({ guest }: LaunchPlan): bigint {
  if (guest.policy === "default") return SNP_POLICY;
  return parseUnsigned(guest.policy, "guest.policy", U64_MAX);
}

function snpInputs({ guest }: LaunchPlan): Omit<PlannedGuest, "plan" | "policy"> {
  const { idBlock, idAuth, hostData } = guest;
  const auth = idAuth === undefined ? undefined : readBounded(idAuth, ID_AUTH.size);
  return {
    ...(idBlock === undefined ? {} : { idBlock: readBounded(idBlock, 4096) }),
    ...(auth === undefined ? {} : { idAuth: auth, authorKey: hasAuthorKey(auth) }),
    ...(hostData === undefined ? {} : { hostData: hexDecode(hostData) }),
  };
}

/** Where the author key stands, all zero without one. */
const AUTHOR_KEY = 0x880;

function hasAuthorKey(auth: Uint8Array): boolean {
  ID_AUTH.decode(auth);
  return auth.subarray(AUTHOR_KEY).some((byte) => byte !== 0);
}
