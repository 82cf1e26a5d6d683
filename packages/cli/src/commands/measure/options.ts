// SPDX-License-Identifier: Apache-2.0
// The options of `greenlight measure`. The first group is sev-snp-measure's own, name for name.

import type { OptionValues, Options } from "../../command/command.ts";
import { SESSION_GROUP, SESSION_OPTIONS } from "../../command/session-options.ts";

const LAUNCH = "What is launched";
const VCPU = "Virtual CPUs";
const VMSA = "VMSA, where hosts differ";
const OUTPUT = "Output";

export const OPTIONS = {
  mode: {
    kind: "value",
    choices: ["sev", "seves", "snp", "snp:ovmf-hash", "snp:svsm"],
    default: "snp",
    brief: "guest mode",
    placeholder: "MODE",
    group: LAUNCH,
  },
  ovmf: {
    kind: "value",
    placeholder: "FILE",
    brief: "the firmware that is launched",
    group: LAUNCH,
  },
  "firmware-descriptor": {
    kind: "value",
    placeholder: "FILE",
    brief: "a firmware descriptor in place of the firmware (SEV-SNP)",
    group: LAUNCH,
  },
  kernel: {
    kind: "value",
    placeholder: "FILE",
    brief: "kernel, measured by the firmware's hash table (kernel-hashes=on)",
    group: LAUNCH,
  },
  initrd: { kind: "value", placeholder: "FILE", brief: "initrd, with --kernel", group: LAUNCH },
  append: {
    kind: "value",
    placeholder: "CMDLINE",
    brief: "kernel command line, with --kernel; every byte counts",
    group: LAUNCH,
  },
  "append-file": {
    kind: "value",
    placeholder: "FILE",
    brief: "kernel command line from a file, byte for byte",
    group: LAUNCH,
  },
  "trim-append": {
    kind: "flag",
    brief: "trim the command line as virtee/sev and snpguest do; QEMU does not",
    group: LAUNCH,
  },
  "kernel-hash": {
    kind: "value",
    placeholder: "SHA256",
    brief: "hash of the kernel file in its place",
    group: LAUNCH,
  },
  "initrd-hash": {
    kind: "value",
    placeholder: "SHA256",
    brief: "hash of the initrd in its place",
    group: LAUNCH,
  },
  "append-hash": {
    kind: "value",
    placeholder: "SHA256",
    brief: "hash of command line and NUL in its place",
    group: LAUNCH,
  },
  "snp-ovmf-hash": {
    kind: "value",
    placeholder: "HASH",
    brief: "digest after the firmware's pages, computed earlier",
    group: LAUNCH,
  },
  svsm: { kind: "value", placeholder: "FILE", brief: "SVSM binary (snp:svsm)", group: LAUNCH },
  "vars-size": {
    kind: "value",
    placeholder: "BYTES",
    brief: "size of the variable store (snp:svsm)",
    group: LAUNCH,
  },
  "vars-file": {
    kind: "value",
    placeholder: "FILE",
    brief: "variable store to take the size of (snp:svsm)",
    group: LAUNCH,
  },
  accept: {
    kind: "list",
    placeholder: "FINDING",
    brief: "go on although this finding about the firmware failed",
    group: LAUNCH,
  },
  vcpus: {
    kind: "value",
    placeholder: "N",
    brief: "number of vCPUs; several as 1-64 or 1,2,4",
    group: VCPU,
  },
  "vcpu-type": {
    kind: "value",
    placeholder: "TYPE",
    brief: "QEMU CPU model, any version; several with commas, `all` for every EPYC",
    group: VCPU,
  },
  "vcpu-sig": {
    kind: "value",
    placeholder: "VALUE",
    brief: "CPUID signature (Fn0000_0001_EAX) in place of a model",
    group: VCPU,
  },
  "vcpu-family": {
    kind: "value",
    placeholder: "N",
    brief: "CPU family, with model and stepping",
    group: VCPU,
  },
  "vcpu-model": { kind: "value", placeholder: "N", brief: "CPU model number", group: VCPU },
  "vcpu-stepping": { kind: "value", placeholder: "N", brief: "CPU stepping", group: VCPU },
  "guest-features": {
    kind: "value",
    placeholder: "VALUE",
    default: "0x1",
    brief: "SEV_FEATURES of an SEV-SNP guest; several with commas",
    group: VCPU,
  },
  "es-features": {
    kind: "value",
    placeholder: "VALUE",
    default: "0",
    brief: "SEV_FEATURES of an SEV-ES guest (0x20: Linux 6.6-6.8 with debug swap)",
    group: VCPU,
  },
  "vmm-type": {
    kind: "value",
    placeholder: "VMM",
    default: "QEMU",
    brief: "QEMU, QEMU-legacy, ec2, gce, krun; several with commas",
    group: VMSA,
  },
  "vmsa-profile": {
    kind: "value",
    placeholder: "ID",
    brief: "VMSA profile by id, several with commas; see docs/reference/vmsa-profiles.md",
    group: VMSA,
  },
  "vmsa-cpu0": {
    kind: "value",
    placeholder: "FILE",
    brief: "the boot vCPU's page as it is, in place of what describes it (SEV-ES)",
    group: VMSA,
  },
  "vmsa-cpu1": {
    kind: "value",
    placeholder: "FILE",
    brief: "the page of all other vCPUs, with --vmsa-cpu0",
    group: VMSA,
  },
  "vmsa-fpu": {
    kind: "value",
    choices: ["init", "zero"],
    placeholder: "STATE",
    brief: "FPU area of the VMSA: as after INIT, or zero (older hosts)",
    group: VMSA,
  },
  "vmsa-gpa": {
    kind: "value",
    placeholder: "ADDRESS",
    default: "0xfffffffff000",
    brief: "guest physical address of the VMSA",
    group: VMSA,
  },
  "output-format": {
    kind: "value",
    choices: ["hex", "base64"],
    placeholder: "FORMAT",
    default: "hex",
    brief: "how digests are written",
    group: OUTPUT,
  },
  json: { kind: "flag", brief: "write JSON (schema greenlight/measure/v1)", group: OUTPUT },
  explain: {
    kind: "flag",
    brief: "show every step of the digest; with -v every page",
    group: OUTPUT,
  },
  verbose: { kind: "flag", short: "v", brief: "say more", group: OUTPUT },
  "dump-vmsa": { kind: "flag", brief: "write each measured VMSA to vmsa<N>.bin", group: OUTPUT },
  "write-firmware-descriptor": {
    kind: "value",
    placeholder: "FILE",
    brief: "write the descriptor of --ovmf, for later use without it",
    group: OUTPUT,
  },
  version: { kind: "flag", brief: "show the version", group: OUTPUT },
  tik: {
    kind: "value",
    placeholder: "FILE",
    brief: "transport integrity key; prints the measurement too (16 bytes, or text)",
    group: SESSION_GROUP,
  },
  "launch-digest": {
    kind: "value",
    placeholder: "DIGEST",
    brief: "the digest, computed elsewhere, in place of all that is launched",
    group: SESSION_GROUP,
  },
  ...SESSION_OPTIONS,
  nonce: {
    kind: "value",
    placeholder: "BYTES",
    brief: "MNONCE, 16 bytes in hex or base64, or the 48 bytes of LAUNCH_MEASURE that end with it",
    group: SESSION_GROUP,
  },
} as const satisfies Options;

/** Values of measure's options. */
export type MeasureOptions = OptionValues<typeof OPTIONS>;

/** sev-snp-measure's long options, which its argparse lets one abbreviate. */
export const PEER_OPTIONS: readonly string[] = [
  "help",
  "version",
  "verbose",
  "mode",
  "vcpus",
  "vcpu-type",
  "vcpu-sig",
  "vcpu-family",
  "vcpu-model",
  "vcpu-stepping",
  "vmm-type",
  "ovmf",
  "kernel",
  "initrd",
  "append",
  "guest-features",
  "output-format",
  "snp-ovmf-hash",
  "dump-vmsa",
  "svsm",
  "vars-size",
  "vars-file",
];

/** Whether the measurement is asked for, and not only the digest. */
export function wantsMeasurement({ tik, tk }: MeasureOptions): boolean {
  return (given(tik) ?? given(tk)) !== undefined;
}

/** An option given as nothing (`--initrd ''`) counts as not given, as in sev-snp-measure. */
export function given(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}
