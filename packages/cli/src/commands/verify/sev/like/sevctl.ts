// SPDX-License-Identifier: Apache-2.0
// sevctl (as of May 2025), and what to write here.

import type { Peer } from "../../like/row.ts";

export const SEVCTL: Peer = {
  name: "sevctl",
  title: "sevctl (May 2025)",
  example: {
    theirs: "sevctl session --name web platform.bin 15",
    ours: "greenlight session make platform.bin --name web --policy 15",
  },
  groups: [
    {
      title: "The platform, on the host",
      rows: [
        {
          theirs: "export [-f|--full] DEST",
          meaning: "PDH, PEK, OCA and CEK of this machine, with --full ASK and ARK",
          ours: "not offered: it is the host's part; `greenlight verify sev FILE` takes both files",
        },
        {
          theirs: "generate CERT KEY",
          meaning: "a new self-signed OCA",
          ours: "not offered: it is the platform owner's part; `greenlight verify sev --owner OCA` demands one",
          findings: ["sev.oca.not-allowed"],
        },
        {
          theirs: "ok [sev|es|snp]",
          meaning: "whether this host can do it",
          ours:
            "not offered: what a host says of itself proves nothing; `greenlight launch check PLAN` " +
            "tells what the guest's side is refused for",
        },
        {
          theirs: "provision CERT KEY",
          meaning: "put the PEK under an OCA",
          ours:
            "not offered for real processors; `greenlight simulate command pek-cert-import` on a " +
            "simulated one",
        },
        {
          theirs: "reset, rotate",
          meaning: "factory reset, a new PDH",
          ours:
            "not offered for real processors; `greenlight simulate command platform-reset` and " +
            "`greenlight simulate command pdh-gen` on a simulated one",
        },
        {
          theirs: "show flags|guests|identifier|version",
          meaning: "state and version of the processor",
          ours:
            "not offered for real processors: query-sev tells it; `greenlight simulate status` of a " +
            "simulated one",
        },
        {
          theirs: "-q, --quiet",
          meaning: "no output",
          ours: "--quiet",
          command: "verify sev",
          options: ["quiet"],
        },
      ],
    },
    {
      title: "Certificates",
      rows: [
        {
          theirs: "verify --sev FILE",
          meaning: "the chain of a platform, as exported",
          ours: "`greenlight verify sev FILE...`",
          findings: ["sev.pdh.pek-signature", "sev.pek.cek-signature", "sev.cek.signature"],
          note: "a CEK without AMD's signature is undecided: the signed one is fetched, or given by --cek",
        },
        {
          theirs: "verify --oca FILE",
          meaning: "the owner's certificate, from elsewhere",
          ours: "one more FILE; --owner FILE demands that it is this one",
          command: "verify sev",
          options: ["owner"],
          findings: ["sev.oca.signature", "sev.oca.not-allowed"],
        },
        {
          theirs: "verify --ca FILE",
          meaning: "ASK and ARK, from elsewhere",
          ours: "one more FILE; they must be the pinned ones, which are built in",
          findings: ["sev.ark.not-pinned", "sev.ask.not-pinned"],
          note: "any that sign one another are taken there",
        },
        {
          theirs: "verify (downloads)",
          meaning: "what is missing is fetched from AMD",
          ours: "the CEK by --chip-id, kept in a cache; --offline never asks",
          command: "verify sev",
          options: ["chip-id", "offline"],
          findings: ["sev.cek.missing"],
        },
        {
          theirs: "validate CHAIN REPORT",
          meaning: "a legacy attestation report",
          ours: "`greenlight verify sev CHAIN --report REPORT`; --mnonce, --measurement, --policy",
          command: "verify sev",
          options: ["report", "mnonce", "measurement", "policy"],
          findings: ["sev.report.signature", "sev.report.mnonce-mismatch"],
          note: "it never succeeds there: the raw signature is read as DER",
        },
      ],
    },
    {
      title: "session",
      rows: [
        {
          theirs: "session PDH POLICY",
          meaning: "keys, wrapped for a platform",
          ours: "`greenlight session make FILE...`, for a chain that verifies",
          findings: ["sev.pdh.pek-signature"],
          note: "for a PDH that nothing vouches for, as there: --unverified",
        },
        {
          theirs: "session -n, --name NAME",
          meaning: "beginning of the files' names",
          ours: "--name NAME; the same four files and forms; --folder FOLDER",
          command: "session make",
          options: ["name", "folder"],
          note: "the key files are readable by you alone (mode 0600)",
        },
        {
          theirs: "POLICY",
          meaning: "guest policy, decimal",
          ours: "--policy N, 0xN or names: NODBG,NOKS,ES,api=1.55",
          command: "session make",
          options: ["policy"],
        },
      ],
    },
    {
      title: "vmsa",
      rows: [
        {
          theirs: "vmsa build FILE --cpu N",
          meaning: "the save area a vCPU starts with",
          ours: "`greenlight measure --mode seves --ovmf FILE --vcpus N --dump-vmsa` writes vmsa<N>.bin",
          command: "measure",
          options: ["dump-vmsa"],
        },
        {
          theirs: "vmsa build --family --model --stepping",
          meaning: "the CPU",
          ours: "--vcpu-family, --vcpu-model, --vcpu-stepping; or --vcpu-type, --vcpu-sig",
          command: "measure",
          options: ["vcpu-family", "vcpu-model", "vcpu-stepping", "vcpu-type", "vcpu-sig"],
        },
        {
          theirs: "vmsa build --firmware FILE",
          meaning: "where other vCPUs start",
          ours: "--ovmf FILE",
          command: "measure",
          options: ["ovmf"],
        },
        {
          theirs: "vmsa build --userspace qemu|krun",
          meaning: "who starts the guest",
          ours: "--vmm-type QEMU, krun, ec2, gce; or --vmsa-profile",
          command: "measure",
          options: ["vmm-type", "vmsa-profile"],
          note: "what newer QEMU and kernels start with is a profile of its own",
        },
        {
          theirs: "vmsa show FILE",
          meaning: "its fields as JSON",
          ours: "`greenlight inspect FILE --json`; `greenlight diff A B` compares two",
          note: "which profile a page is of, and what does not fit it, is said too",
        },
        {
          theirs: "vmsa update FILE",
          meaning: "another CPU into an existing page",
          ours: "not offered: pages follow from parameters; make one with `greenlight measure --dump-vmsa`",
        },
      ],
    },
    {
      title: "measurement build",
      rows: [
        {
          theirs: "--api-major, --api-minor, --build-id, --policy",
          meaning: "what the measurement covers besides the digest",
          ours: "the same",
          command: "measure",
          options: ["api-major", "api-minor", "build-id", "policy"],
        },
        {
          theirs: "--nonce PATH|BASE64",
          meaning: "the platform's nonce",
          ours: "--nonce HEX|BASE64",
          command: "measure",
          options: ["nonce"],
        },
        {
          theirs: "--launch-measure-blob BASE64",
          meaning: "the nonce out of the platform's answer",
          ours: "--nonce takes its 48 bytes too; `greenlight diagnose BASE64 --tik FILE` compares it",
          command: "measure",
          options: ["nonce"],
        },
        {
          theirs: "--tik PATH|BASE64",
          meaning: "integrity key",
          ours: "--tik FILE, or --tk FILE with both keys",
          command: "measure",
          options: ["tik", "tk"],
          note: "never on the command line, where others on the machine can read it",
        },
        {
          theirs: "--launch-digest BASE64",
          meaning: "the digest, computed elsewhere",
          ours: "--launch-digest HEX|BASE64",
          command: "measure",
          options: ["launch-digest"],
        },
        {
          theirs: "--firmware, --kernel, --initrd, --cmdline",
          meaning: "what is launched",
          ours: "--ovmf, --kernel, --initrd, --append, with --mode sev or seves",
          command: "measure",
          options: ["ovmf", "kernel", "initrd", "append", "mode"],
          note: "a kernel alone is measured with the hashes of nothing, as QEMU does it",
        },
        {
          theirs: "--num-cpus N",
          meaning: "vCPUs of a SEV-ES guest",
          ours: "--vcpus N",
          command: "measure",
          options: ["vcpus"],
        },
        {
          theirs: "--vmsa-cpu0, --vmsa-cpu1",
          meaning: "save areas in files",
          ours: "the same; without them they are made, see above",
          command: "measure",
          options: ["vmsa-cpu0", "vmsa-cpu1"],
          note: "one vCPU needs no --vmsa-cpu1",
        },
        {
          theirs: "--outfile FILE",
          meaning: "measurement and nonce into a file",
          ours: "on standard output, with --json as launchMeasure.blob",
          command: "measure",
          options: ["json"],
        },
        {
          theirs: "RUST_LOG=debug",
          meaning: "the hashes of the parts",
          ours: "--explain",
          command: "measure",
          options: ["explain"],
        },
      ],
    },
    {
      title: "secret build",
      rows: [
        {
          theirs: "--tik FILE, --tek FILE",
          meaning: "keys of the session",
          ours: "the same, or --tk FILE",
          command: "secret build",
          options: ["tik", "tek", "tk"],
        },
        {
          theirs: "--launch-measure-blob BASE64",
          meaning: "what the packet is bound to",
          ours:
            "--measurement FILE|BASE64, which must be of a --digest that is named; --unchecked where " +
            "something else compared it",
          command: "secret build",
          options: ["measurement", "digest", "unchecked"],
        },
        {
          theirs: "--secret UUID:FILE",
          meaning: "a secret",
          ours: "--secret GUID:FILE or luks-key:FILE",
          command: "secret build",
          options: ["secret"],
          note: "the disk passphrase goes last, as GRUB needs it; --keep-order leaves it",
        },
        {
          theirs: "HEADER PAYLOAD",
          meaning: "files with the packet, raw",
          ours: "--header-file, --payload-file, in base64 as QMP and virsh take it; --binary for raw",
          command: "secret build",
          options: ["header-file", "payload-file", "binary"],
          note: "what is too large for the firmware's area is refused before it is sent (--firmware)",
        },
        {
          theirs: "--iv (hidden)",
          meaning: "the IV, for tests",
          ours: "not offered: it is random, always; two packets with one IV tell what is in each other",
        },
      ],
    },
  ],
};
