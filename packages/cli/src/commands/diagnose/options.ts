// SPDX-License-Identifier: Apache-2.0
// The options of `greenlight diagnose`: what was expected, by measure's names, and how far to search.

import type { OptionValues, Options } from "../../command/command.ts";
import { SESSION_GROUP, SESSION_OPTIONS } from "../../command/session-options.ts";

const LAUNCH = "What you expected to be launched";
const VCPU = "Virtual CPUs you expected";
const SEARCH = "Search";

export const OPTIONS = {
  ovmf: {
    kind: "list",
    placeholder: "PATH",
    brief: "firmware, firmware descriptor, or a folder of them to try; the first file is expected",
    group: LAUNCH,
  },
  "firmware-descriptor": {
    kind: "list",
    placeholder: "FILE",
    brief: "firmware descriptor; the same as --ovmf",
    group: LAUNCH,
  },
  kernel: {
    kind: "list",
    placeholder: "FILE",
    brief: "kernel; the first is expected, others are tried",
    group: LAUNCH,
  },
  initrd: { kind: "list", placeholder: "FILE", brief: "initrd, likewise", group: LAUNCH },
  append: {
    kind: "list",
    placeholder: "CMDLINE",
    brief: "kernel command line, likewise; forms of it are tried by themselves",
    group: LAUNCH,
  },
  "append-file": {
    kind: "list",
    placeholder: "FILE",
    brief: "kernel command line from a file, byte for byte",
    group: LAUNCH,
  },
  "trim-append": {
    kind: "flag",
    brief: "you expected the command line as virtee/sev and snpguest trim it",
    group: LAUNCH,
  },
  "kernel-hash": {
    kind: "list",
    placeholder: "SHA256",
    brief: "hash of a kernel to try",
    group: LAUNCH,
  },
  "initrd-hash": {
    kind: "list",
    placeholder: "SHA256",
    brief: "hash of an initrd to try",
    group: LAUNCH,
  },
  "append-hash": {
    kind: "list",
    placeholder: "SHA256",
    brief: "hash of a command line and its NUL to try",
    group: LAUNCH,
  },
  "kernel-hashes": {
    kind: "value",
    choices: ["on", "off"],
    placeholder: "STATE",
    brief: "whether you expected them to be measured; on when a kernel is given",
    group: LAUNCH,
  },
  "snp-ovmf-hash": {
    kind: "list",
    placeholder: "HASH",
    brief: "digest after the pages of another build of the firmware, to try with its layout",
    group: LAUNCH,
  },
  accept: {
    kind: "list",
    placeholder: "FINDING",
    brief: "try a firmware although this finding about it failed",
    group: LAUNCH,
  },
  mode: {
    kind: "value",
    choices: ["sev", "seves", "snp"],
    placeholder: "MODE",
    brief: "guest mode; the digest's length tells snp from the others",
    group: LAUNCH,
  },
  vcpus: { kind: "value", placeholder: "N", brief: "number of vCPUs", group: VCPU },
  "vcpu-type": { kind: "value", placeholder: "TYPE", brief: "QEMU CPU model", group: VCPU },
  "vcpu-sig": {
    kind: "value",
    placeholder: "VALUE",
    brief: "CPUID signature in place of a model",
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
    brief: "SEV_FEATURES of an SEV-SNP guest",
    group: VCPU,
  },
  "es-features": {
    kind: "value",
    placeholder: "VALUE",
    default: "0",
    brief: "SEV_FEATURES of an SEV-ES guest",
    group: VCPU,
  },
  "vmm-type": {
    kind: "value",
    placeholder: "VMM",
    default: "QEMU",
    brief: "QEMU, QEMU-legacy, ec2, gce, krun",
    group: VCPU,
  },
  "vmsa-profile": {
    kind: "value",
    placeholder: "ID",
    brief: "VMSA profile by id",
    group: VCPU,
  },
  "vmsa-fpu": {
    kind: "value",
    choices: ["init", "zero"],
    placeholder: "STATE",
    brief: "FPU area of the VMSA: as after INIT, or zero",
    group: VCPU,
  },
  "vmsa-gpa": {
    kind: "value",
    placeholder: "ADDRESS",
    default: "0xfffffffff000",
    brief: "guest physical address of the VMSA",
    group: VCPU,
  },
  fix: {
    kind: "list",
    placeholder: "LIST",
    brief: "parameters to hold at their expected values, with commas: vcpus,firmware",
    group: SEARCH,
  },
  only: {
    kind: "list",
    placeholder: "LIST",
    brief: "the only parameters to vary, with commas",
    group: SEARCH,
  },
  "max-vcpus": {
    kind: "value",
    placeholder: "N",
    default: "512",
    brief: "most vCPUs to try",
    group: SEARCH,
  },
  limit: {
    kind: "value",
    placeholder: "N",
    default: "10000000",
    brief: "stop after so many digests; 0 for no limit",
    group: SEARCH,
  },
  exhaustive: {
    kind: "flag",
    brief: "try rare values too, and without limit unless --limit says so",
    group: SEARCH,
  },
  json: { kind: "flag", brief: "write JSON (schema greenlight/diagnose/v1)", group: SEARCH },
  tik: {
    kind: "value",
    placeholder: "FILE",
    brief: "transport integrity key: OBSERVED is what LAUNCH_MEASURE returned",
    group: SESSION_GROUP,
  },
  ...SESSION_OPTIONS,
  nonce: {
    kind: "value",
    placeholder: "BYTES",
    brief: "MNONCE, when it is not behind the measurement",
    group: SESSION_GROUP,
  },
} as const satisfies Options;

/** Values of diagnose's options. */
export type DiagnoseOptions = OptionValues<typeof OPTIONS>;
