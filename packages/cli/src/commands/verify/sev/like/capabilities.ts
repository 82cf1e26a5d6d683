// SPDX-License-Identifier: Apache-2.0
// What tools for owners of SEV and SEV-ES guests can do, and where the same stands here: a table of the
// conformance page. What is said of others was read in their sources, in the versions named in peers'
// own files; simple-kbs is of August 2024, QEMU is 7.2 to 11.1 and libvirt 9.0 to 12.8.

import type { FindingId } from "@greenlight/core/finding";

/** The tools that are compared, in the order of the columns. */
export const COMPARED = [
  "sev-tool",
  "sevctl",
  "virt-qemu-sev-validate",
  "simple-kbs",
  "QEMU and libvirt",
] as const;

/** One capability. */
export interface SevCapability {
  readonly what: string;
  /** One cell for each of {@link COMPARED}. */
  readonly theirs: readonly [string, string, string, string, string];
  /** What does it here; commands in backticks. */
  readonly ours: string;
  readonly findings?: readonly FindingId[];
}

export const CAPABILITIES: readonly SevCapability[] = [
  {
    what: "show certificates",
    theirs: ["as text", "as part of verify", "no", "no", "no"],
    ours: "`greenlight inspect FILE`, `--hex`, `--json`; `greenlight diff A B`",
  },
  {
    what: "fetch AMD's certificates",
    theirs: ["yes, on the host", "yes", "no", "no", "no"],
    ours: "`greenlight verify sev FILE... --chip-id HEX`; ASK and ARK are built in; `--offline`",
    findings: ["sev.cek.missing"],
  },
  {
    what: "prove a platform AMD's",
    theirs: [
      "yes; half of each key id, exit code always 0",
      "yes; roots not pinned",
      "no",
      "partly; not pinned",
      "no",
    ],
    ours: "`greenlight verify sev FILE...`: pinned roots, every check by its id",
    findings: ["sev.ark.not-pinned", "sev.ark.not-amd", "sev.cek.not-endorsed"],
  },
  {
    what: "least firmware, allowed product lines and owners",
    theirs: ["no", "no", "no", "least firmware", "no"],
    ours:
      "`greenlight verify sev FILE... --minimum-api VERSION --product LINE --owner OCA`; a plan's " +
      "platform",
    findings: [
      "sev.platform.api-below-minimum",
      "sev.platform.product-not-allowed",
      "sev.oca.not-allowed",
      "launch.api.below-minimum",
    ],
  },
  {
    what: "make a session",
    theirs: [
      "yes; only 8 bits of the policy",
      "yes; a minimum firmware comes out wrong",
      "no",
      "yes; the same mistake",
      "take it",
    ],
    ours: "`greenlight session make FILE... --policy POLICY`: all 32 bits, by number or names",
  },
  {
    what: "files of one another",
    theirs: ["own", "own", "keys of both", "own", "base64"],
    ours:
      "read and written: `greenlight session make --form FORM`, `greenlight session convert`, " +
      "`greenlight secret build --binary`",
  },
  {
    what: "launch digest of firmware, kernel hashes and VMSAs",
    theirs: ["no", "VMSAs as files", "VMSAs as files or of a CPU", "no", "no"],
    ours: "`greenlight measure --mode seves`: both, by model names, and what newer hosts start with",
  },
  {
    what: "measurement of a digest",
    theirs: ["yes, all in hexadecimal", "yes", "yes", "yes", "no"],
    ours: "`greenlight measure --tik FILE --launch-digest DIGEST`",
  },
  {
    what: "make and show VMSAs",
    theirs: ["no", "yes, as JSON", "inside", "no", "no"],
    ours: "`greenlight measure --dump-vmsa`, `greenlight inspect FILE`",
  },
  {
    what: "compare with what was measured",
    theirs: ["no", "by eye", "yes", "yes", "no"],
    ours: "`greenlight diagnose BLOB --tik FILE`: also which part differs",
    findings: ["launch.measurement.mismatch"],
  },
  {
    what: "several allowed launches",
    theirs: ["no", "no", "no", "yes", "no"],
    ours: "`greenlight secret build --digest A --digest B`; guest.otherFirmwares and vmsaProfiles of a plan",
    findings: ["launch.measurement.mismatch"],
  },
  {
    what: "connection to the hypervisor",
    theirs: ["no", "no", "libvirt", "no, others ask it", "they are it"],
    ours: "`greenlight launch PLAN`: starts or attaches to QEMU (QMP) and libvirt",
  },
  {
    what: "secret packets",
    theirs: ["one", "several", "several", "yes", "take them"],
    ours: "`greenlight secret build --secret A:FILE --secret B:FILE`, in the order that firmware needs",
    findings: ["launch.secret.area-missing", "launch.secret.too-large"],
  },
  {
    what: "injection",
    theirs: ["no", "no", "libvirt", "no", "QMP, virsh"],
    ours: "`greenlight launch PLAN`, once, after the record of it is on the disk",
  },
  {
    what: "legacy attestation reports",
    theirs: ["yes", "never succeeds", "no", "no", "fetch them"],
    ours: "`greenlight verify sev FILE... --report FILE`",
    findings: ["sev.report.signature", "sev.report.digest-mismatch"],
  },
  {
    what: "who gets which secret, and a record of it",
    theirs: ["no", "no", "no", "policies in SQL", "no"],
    ours: "a plan for each guest; `greenlight launch record FILE` shows and checks what happened",
    findings: ["launch.record.chain", "launch.record.release-without-acceptance"],
  },
  {
    what: "refuse insecure configurations",
    theirs: ["no", "no", "variable store, running guest", "no", "no"],
    ours: "`greenlight launch check PLAN`, and before and during each launch",
    findings: [
      "machine.nvram.present",
      "machine.start.unpaused",
      "machine.option-rom.present",
      "machine.boot-blob.unmeasured",
      "firmware.host-shim.started",
    ],
  },
  {
    what: "guests sent whole (RECEIVE)",
    theirs: ["no", "no", "no", "no", "no"],
    ours: "`greenlight session export`; only the simulator takes them",
  },
  {
    what: "SEV-SNP",
    theirs: ["reports", "left to others", "refused", "no", "yes"],
    ours: "`greenlight launch PLAN`, `greenlight verify REPORT`",
  },
  {
    what: "without SEV hardware",
    theirs: ["partly", "session, measurement, secret", "offline", "yes", "no"],
    ours: "all of it: `greenlight simulate start`, `greenlight simulate qemu`",
  },
];
