// SPDX-License-Identifier: Apache-2.0
// libvirt's virt-qemu-sev-validate (the same in libvirt 11.3 and 12.8), and what to write here.

import type { Peer } from "../../like/row.ts";

export const VIRT_QEMU_SEV_VALIDATE: Peer = {
  name: "virt-qemu-sev-validate",
  title: "virt-qemu-sev-validate of libvirt 11.3 and 12.8",
  example: {
    theirs:
      "virt-qemu-sev-validate --measurement BLOB --tk tmp_tk.bin --firmware OVMF.fd " +
      "--api-major 1 --api-minor 55 --build-id 24 --policy 3",
    ours:
      "greenlight diagnose BLOB --tk tmp_tk.bin --ovmf OVMF.fd --mode sev " +
      "--api-major 1 --api-minor 55 --build-id 24 --policy 3",
  },
  groups: [
    {
      title: "Output",
      rows: [
        {
          theirs: "-d, --debug",
          meaning: "what is hashed",
          ours: "--explain, with -v every part",
          command: "measure",
          options: ["explain", "verbose"],
        },
        {
          theirs: "-q, --quiet",
          meaning: "only the exit code",
          ours: "the exit code is the same with or without output; --json for programs",
          command: "diagnose",
          options: ["json"],
        },
        {
          theirs: "exit codes 0 and 1",
          meaning: "the measurement is as expected, or not",
          ours: "0 as expected; 1 something else explains it, and what; 3 nothing tried does",
          command: "diagnose",
        },
        {
          theirs: "exit codes 2 to 6",
          meaning: "usage, insecure usage, configuration or state of the domain, other",
          ours: "2 wrong usage; a launch is refused (1) by findings with permanent ids",
          command: "launch",
          findings: ["machine.nvram.present", "launch.guest.state", "machine.start.unpaused"],
        },
      ],
    },
    {
      title: "State of the launch",
      rows: [
        {
          theirs: "-m, --measurement BASE64",
          meaning: "what the platform measured",
          ours: "the argument of `greenlight diagnose`: text or a file; --measurement of secret build",
          command: "secret build",
          options: ["measurement"],
        },
        {
          theirs: "--api-major, --api-minor, --build-id, --policy",
          meaning: "what it covers besides the digest",
          ours: "the same; numbers are decimal or 0x",
          command: "diagnose",
          options: ["api-major", "api-minor", "build-id", "policy"],
          note: "in a launch the policy is the plan's own, and never what the host says",
        },
      ],
    },
    {
      title: "Configuration",
      rows: [
        {
          theirs: "-f, --firmware",
          meaning: "the firmware",
          ours: "--ovmf, several or a folder of them",
          command: "diagnose",
          options: ["ovmf"],
        },
        {
          theirs: "-k, --kernel, -r, --initrd, -e, --cmdline",
          meaning: "direct boot",
          ours: "--kernel, --initrd, --append; several are tried",
          command: "diagnose",
          options: ["kernel", "initrd", "append"],
          note: "an initrd or command line needs a kernel here too",
        },
        {
          theirs: "-n, --num-cpus",
          meaning: "vCPUs of a SEV-ES guest",
          ours: "--vcpus",
          command: "diagnose",
          options: ["vcpus"],
        },
        {
          theirs: "-0, --vmsa-cpu0, -1, --vmsa-cpu1",
          meaning: "save areas in files",
          ours: "the same",
          command: "measure",
          options: ["vmsa-cpu0", "vmsa-cpu1"],
        },
        {
          theirs: "--cpu-family, --cpu-model, --cpu-stepping",
          meaning: "the CPU, to make save areas for",
          ours: "--vcpu-family, --vcpu-model, --vcpu-stepping; or --vcpu-type",
          command: "diagnose",
          options: ["vcpu-family", "vcpu-model", "vcpu-stepping", "vcpu-type"],
          note: "pages there are those of legacy-vm-type=on: --vmsa-profile qemu-es-legacy",
        },
        {
          theirs: "--tik FILE",
          meaning: "integrity key",
          ours: "the same",
          command: "diagnose",
          options: ["tik"],
        },
        {
          theirs: "--tek FILE",
          meaning: "encryption key, for secrets",
          ours: "the same",
          command: "secret build",
          options: ["tek"],
        },
        {
          theirs: "--tk FILE",
          meaning: "both, TEK first",
          ours: "the same",
          command: "diagnose",
          options: ["tk"],
        },
      ],
    },
    {
      title: "libvirt",
      rows: [
        {
          theirs: "-c, --connect URI, -o, --domain ID",
          meaning: "ask libvirt for measurement and configuration, and inject into it",
          ours: "`greenlight launch PLAN` with host.libvirt.uri and host.libvirt.domain, define: false",
          note:
            "the guest needs a session that this made: `greenlight launch PLAN --prepare`, then start it " +
            "paused",
        },
        {
          theirs: "-i, --insecure",
          meaning: "go on although usage is insecure",
          ours: "accept: in the plan names each finding that is lived with",
          command: "launch",
          findings: ["machine.nvram.present"],
        },
        {
          theirs: "-g, --ignore-config",
          meaning: "do not look at the domain's XML",
          ours: "not offered: it is always looked at; single findings can be accepted",
          command: "launch",
        },
        {
          theirs: "firmware, kernel, CPUs out of the XML",
          meaning: "take them from the host's configuration (needs --insecure)",
          ours: "not offered: they are the plan's, or the proof is the host's own",
        },
        {
          theirs: "refuses to run on the hypervisor's host",
          meaning: "libvirt must be remote",
          ours: "the command runs anywhere: whether this machine is trusted is for its user to say",
          note: "keys and secrets in its memory are the host's when it runs there",
        },
      ],
    },
    {
      title: "Secrets",
      rows: [
        {
          theirs: "-s, --inject-secret ALIAS-OR-GUID:PATH",
          meaning: "a secret, when the measurement is right",
          ours: "--secret NAME:FILE, with --digest of the right launch; or secrets: in a plan",
          command: "secret build",
          options: ["secret", "digest"],
        },
        {
          theirs: "--secret-header, --secret-payload",
          meaning: "write the packet, in base64",
          ours: "--header-file, --payload-file",
          command: "secret build",
          options: ["header-file", "payload-file"],
          note: "its packets are opened by `greenlight secret open`",
        },
      ],
    },
  ],
};
