// SPDX-License-Identifier: Apache-2.0
// SNP_LAUNCH_START, _UPDATE and _FINISH (AMD 56860 rev. 1.58, sections 8.16 to 8.18).

import { identify } from "./id-block.ts";
import { checkCpuidPage } from "./cpuid-page.ts";
import { PAGE, extendDigest } from "./digest.ts";
import { launchedGuest } from "./guest.ts";
import type { LaunchedGuest } from "./guest.ts";
import { guestOf, isRefusal, refuse } from "./machine.ts";
import type { SnpMachine } from "./machine.ts";
import { policyProblem } from "./policy.ts";
import { writeSecretsPage } from "./secrets-page.ts";
import { cpuFms } from "./cpu.ts";
import type {
  SnpLaunchFinish,
  SnpLaunchStart,
  SnpLaunchUpdate,
  SnpLaunchUpdated,
  SnpResult,
} from "./types.ts";

/** Guest physical addresses have at most 52 bits. */
const END_OF_MEMORY = 2 ** 52;

/** Bytes in one command. Firmware takes a page at a time; this bounds what one call can cost. */
const MOST_BYTES = 256 * 1024 * 1024;

/** Bit 19 of the guest policy. */
const DEBUG = 1n << 19n;

/** Version of the secrets pages that are written. */
const SECRETS_VERSION = 3;

/** SNP_LAUNCH_START. */
export function launchStart(machine: SnpMachine, request: SnpLaunchStart): SnpResult {
  const { gctx, policy, gosvw = new Uint8Array(16), imi = false, maGctx } = request;
  const guest = guestOf(machine, gctx);
  if (isRefusal(guest)) return guest;
  if (guest.state !== "INIT") {
    return refuse("INVALID_GUEST_STATE", `the guest is in state ${guest.state}`);
  }
  if (gosvw.length !== 16) {
    return refuse("INVALID_PARAM", `GOSVW has ${gosvw.length} bytes, must have 16`);
  }
  if (policy < 0n || policy >= 1n << 64n) {
    return refuse("INVALID_PARAM", "the policy is not a 64-bit value");
  }
  if (maGctx !== undefined) {
    return refuse("UNSUPPORTED", "migration agents are not simulated");
  }
  const { setup, shared } = machine;
  const problem = policyProblem(policy, shared.api, setup.facts);
  if (problem !== undefined) return problem;
  guest.launch = launchedGuest(
    {
      policy: shared.faults.snp?.policy === "debug-allowed" ? policy | DEBUG : policy,
      gosvw: Uint8Array.from(gosvw),
      imi,
      launchTcb: setup.currentTcb,
      launchMitVector: setup.mitigations,
    },
    shared.random,
  );
  guest.state = "LAUNCH";
  return { status: "SUCCESS" };
}

/** SNP_LAUNCH_UPDATE, for any number of pages of one type. */
export function launchUpdate(
  machine: SnpMachine,
  request: SnpLaunchUpdate,
): SnpResult<SnpLaunchUpdated> {
  const guest = guestOf(machine, request.gctx);
  if (isRefusal(guest)) return guest;
  const { launch } = guest;
  if (guest.state !== "LAUNCH" || launch === undefined) {
    return refuse("INVALID_GUEST_STATE", `the guest is in state ${guest.state}`);
  }
  if (guest.asid === 0) return refuse("INACTIVE", "the guest is not active");
  const { type, gpa, page, imiPage = false, vmplPermissions = 0 } = request;
  const size = page instanceof Uint8Array ? page.length : page.size;
  if (!isRange(gpa, size)) {
    return refuse(
      "INVALID_ADDRESS",
      "address and size are not whole pages of guest memory, 256 MiB at most",
    );
  }
  if (imiPage && !launch.imi) {
    return refuse("INVALID_PARAM", "the guest was not started with an initial migration image");
  }
  if (!Number.isInteger(vmplPermissions) || vmplPermissions < 0 || vmplPermissions > 0xffff_ffff) {
    return refuse("INVALID_PARAM", "the VMPL permissions are not a 32-bit value");
  }
  const isMeasured = type === "NORMAL" || type === "VMSA";
  const needsContents = isMeasured || type === "CPUID";
  if (needsContents && !(page instanceof Uint8Array)) {
    return refuse("INVALID_PARAM", `${type} pages need their contents`);
  }
  if ((type === "SECRETS" || type === "CPUID") && size !== PAGE) {
    return refuse("INVALID_PARAM", `a ${type} page is one page, this has ${size} bytes`);
  }
  if (type === "CPUID" && page instanceof Uint8Array) {
    const checked = checkCpuidPage(page);
    if (checked !== undefined)
      return { ...refuse("INVALID_PARAM", checked.reason), page: checked.page };
  }
  const contents =
    isMeasured && page instanceof Uint8Array ? loaded(machine, launch, page) : undefined;
  for (let offset = 0; offset < size; offset += PAGE) {
    launch.digest = extendDigest(launch.digest, {
      type,
      gpa: gpa + offset,
      vmplPermissions,
      imi: imiPage,
      ...(contents === undefined ? {} : { contents: contents.subarray(offset, offset + PAGE) }),
    });
  }
  if (type === "SECRETS") return { status: "SUCCESS", page: secretsPage(machine, launch) };
  if (type === "ZERO") return { status: "SUCCESS", page: new Uint8Array(size) };
  return contents === undefined || contents === page
    ? { status: "SUCCESS" }
    : { status: "SUCCESS", page: contents };
}

/** SNP_LAUNCH_FINISH. A refused guest stays in state LAUNCH and cannot run. */
export function launchFinish(machine: SnpMachine, request: SnpLaunchFinish): SnpResult {
  const guest = guestOf(machine, request.gctx);
  if (isRefusal(guest)) return guest;
  const { launch } = guest;
  if (guest.state !== "LAUNCH" || launch === undefined) {
    return refuse("INVALID_GUEST_STATE", `the guest is in state ${guest.state}`);
  }
  const identified = identify(request, launch);
  if ("status" in identified) return identified;
  launch.identity = identified.identity;
  guest.state = "RUNNING";
  return { status: "SUCCESS" };
}

function isRange(gpa: number, size: number): boolean {
  return (
    Number.isSafeInteger(gpa) &&
    Number.isSafeInteger(size) &&
    gpa >= 0 &&
    size > 0 &&
    size <= MOST_BYTES &&
    gpa % PAGE === 0 &&
    size % PAGE === 0 &&
    gpa + size <= END_OF_MEMORY
  );
}

/** What is measured and loaded: the contents, unless the host is told to load something else. */
function loaded(machine: SnpMachine, launch: LaunchedGuest, page: Uint8Array): Uint8Array {
  const isFirst = launch.digest.every((byte) => byte === 0);
  if (machine.shared.faults.snp?.data !== "flipped-bit" || !isFirst) return page;
  const other = Uint8Array.from(page);
  other[0]! ^= 1;
  return other;
}

function secretsPage({ shared }: SnpMachine, launch: LaunchedGuest): Uint8Array {
  return writeSecretsPage({
    version: SECRETS_VERSION,
    imi: launch.imi,
    fms: cpuFms(shared.line),
    gosvw: launch.gosvw,
    vmpcks: launch.vmpcks,
  });
}
