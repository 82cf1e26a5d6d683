// SPDX-License-Identifier: Apache-2.0
// What makes a plan impossible, told before QEMU tells it later and with less to say.

import { MachineError } from "./error.ts";
import { sevGuestHas } from "./facts.ts";
import type { MachinePlan, SnpMachine } from "./plan.ts";

/** Most vCPUs that are described; the same bound as for digests. */
const MAX_VCPUS = 4096;

/** SEV-ES bit of the policy of SEV and SEV-ES guests (AMD 55766, chapter 3). */
const POLICY_ES = 1 << 2;

/** Neither command lines for people nor XML can hold these. */
const CONTROL = /[\p{Cc}\p{Cs}]/u;

/** @throws {MachineError} `bad-plan`, `unsupported`. */
export function checkPlan(plan: MachinePlan): void {
  need(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(plan.name), "name", "is not a name for a guest");
  needInteger(plan.vcpus, 1, MAX_VCPUS, "number of vCPUs");
  needInteger(plan.memoryMiB, 1, 64 * 1024 * 1024, "memory in MiB");
  needInteger(plan.platform.cbitpos, 32, 63, "position of the encryption bit");
  needInteger(plan.platform.reducedPhysBits, 1, 63, "number of reduced address bits");
  need(/^[A-Za-z0-9._-]{1,64}$/.test(plan.vcpuType), "vCPU type", "is not a CPU model of QEMU");
  if (plan.vcpuType === "host" || plan.vcpuType === "max") {
    throw bad(`the vCPU type is ${plan.vcpuType}`, "it depends on the machine; name a CPU model");
  }
  need(
    plan.machineType === undefined || /^(pc-)?q35(-[0-9.]{1,8})?$/.test(plan.machineType),
    "machine type",
    "is not q35",
  );
  checkDirectBoot(plan);
  for (const { name, path } of plan.channels) {
    need(/^[A-Za-z0-9._-]{1,64}$/.test(name), "channel name", "has characters that ports have not");
    checkSocket(path, "channel");
  }
  for (const { file } of plan.disks) checkPath(file, "disk");
  checkPath(plan.firmware, "firmware");
  if (plan.qmp !== undefined) checkSocket(plan.qmp, "QMP socket");
  if (plan.serial?.kind === "file") checkPath(plan.serial.path, "serial port");
  if (plan.serial?.kind === "socket") checkSocket(plan.serial.path, "serial port");
  if (plan.generation === "sev-snp") checkSnp(plan);
  else checkSev(plan);
}

function checkDirectBoot({ kernel, initrd, append, kernelHashes }: MachinePlan): void {
  if (kernel === undefined) {
    if (initrd !== undefined || append !== undefined) {
      throw bad("there is an initrd or a command line and no kernel", "name the kernel too");
    }
    if (kernelHashes) {
      throw bad("kernel hashes are asked for and there is no kernel", "name it, or leave them out");
    }
    return;
  }
  checkPath(kernel, "kernel");
  if (initrd !== undefined) checkPath(initrd, "initrd");
  need(!CONTROL.test(append ?? ""), "kernel command line", "has control characters");
}

function checkSev(plan: Extract<MachinePlan, { generation: "sev" | "sev-es" }>): void {
  needInteger(plan.policy, 0, 0xffff_ffff, "policy");
  const es = (plan.policy & POLICY_ES) !== 0;
  if (es !== (plan.generation === "sev-es")) {
    throw bad(
      `the policy 0x${plan.policy.toString(16)} ${es ? "demands" : "does not demand"} SEV-ES ` +
        `and the guest is one of ${plan.generation === "sev-es" ? "SEV-ES" : "SEV"}`,
      "bit 2 of the policy (ES) says which of the two it is",
    );
  }
  checkPath(plan.session.godhFile, "Diffie-Hellman certificate");
  checkPath(plan.session.sessionFile, "session");
  if (plan.legacyVmType === "off" && !sevGuestHas(plan.qemu, "legacy-vm-type")) {
    throw unsupported(plan, "has no legacy-vm-type");
  }
}

function checkSnp(plan: SnpMachine): void {
  if (!sevGuestHas(plan.qemu, "sev-snp-guest")) {
    throw unsupported(plan, "cannot start SEV-SNP guests");
  }
  need(plan.policy >= 0n && plan.policy < 1n << 64n, "policy", "is not a 64-bit value");
  needSize(plan.idBlock, 96, 96, "ID block");
  needSize(plan.idAuth, 1, 4096, "ID authentication information");
  needSize(plan.hostData, 32, 32, "host data");
  needSize(plan.workarounds, 16, 16, "guest-visible workarounds");
  if ((plan.idBlock === undefined) !== (plan.idAuth === undefined)) {
    throw bad(
      "an ID block and its authentication information go together, and one is missing",
      "greenlight idblock makes both",
    );
  }
  if (plan.authorKey === true && plan.idAuth === undefined) {
    throw bad("there is an author key and no ID block", "leave the author key out");
  }
}

function needInteger(value: number, least: number, most: number, what: string): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw bad(`the ${what} is ${value}`, `it is a whole number from ${least} to ${most}`);
}

function needSize(value: Uint8Array | undefined, least: number, most: number, what: string): void {
  if (value === undefined || (value.length >= least && value.length <= most)) return;
  const range = least === most ? String(least) : `${least} to ${most}`;
  throw bad(`the ${what} has ${value.length} bytes`, `it has ${range} bytes`);
}

function checkPath(path: string, what: string): void {
  need(
    path !== "" && !CONTROL.test(path),
    `path of the ${what}`,
    "is empty or has control characters",
  );
}

/** Length of a unix socket's path, without its NUL (sockaddr_un). */
const MAX_SOCKET_PATH = 107;

function checkSocket(path: string, what: string): void {
  checkPath(path, what);
  const { length } = new TextEncoder().encode(path);
  if (length <= MAX_SOCKET_PATH) return;
  throw bad(
    `the socket of the ${what} has a path of ${length} bytes`,
    `paths of sockets have ${MAX_SOCKET_PATH} at most; use a folder nearer to the root`,
  );
}

function need(holds: boolean, what: string, problem: string): void {
  if (!holds) throw bad(`the ${what} ${problem}`);
}

function bad(message: string, hint?: string): MachineError {
  return new MachineError("bad-plan", message, hint);
}

function unsupported({ qemu }: MachinePlan, problem: string): MachineError {
  return new MachineError(
    "unsupported",
    `QEMU ${qemu.major}.${qemu.minor} ${problem}`,
    "use QEMU 9.1 or newer",
  );
}
