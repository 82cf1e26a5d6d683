// SPDX-License-Identifier: Apache-2.0
// `greenlight measure`: the digest a launch should give. Takes sev-snp-measure's arguments as they
// are and prints what it prints; everything else is loaded only when asked for.

import { defineCommand } from "../../command/command.ts";
import { MAX_FIRMWARE_SIZE, readAhead } from "../../input/file.ts";
import { OPTIONS, PEER_OPTIONS, given } from "./options.ts";

export const command = defineCommand({
  name: "measure",
  brief: "compute expected launch digests",
  description: [
    "Computes the launch digest that AMD's secure processor should report for a guest, from the " +
      "firmware and what else is measured with it. For SEV-SNP this is MEASUREMENT of the " +
      "attestation report. For SEV and SEV-ES the platform reports an HMAC over the digest; give " +
      "--tik and the session's values to get that too.",
    "Takes the arguments of sev-snp-measure unchanged and prints the same. Several vCPU counts, " +
      "types, features or profiles give every combination, one digest a line.",
  ],
  options: OPTIONS,
  abbreviations: PEER_OPTIONS,
  examples: [
    {
      line: "measure --mode snp --ovmf OVMF.fd --vcpus 4 --vcpu-type EPYC-Milan",
      brief: "the digest of an SEV-SNP guest that boots from its disk",
    },
    {
      line:
        "measure --ovmf OVMF.fd --vcpus 1 --vcpu-type EPYC-v4 --kernel vmlinuz " +
        "--initrd initrd.img --append console=ttyS0 --explain",
      brief: "with a measured kernel, step by step",
    },
    {
      line: "measure --ovmf OVMF.fd --vcpus 1-64 --vcpu-type all",
      brief: "every vCPU count up to 64 on every EPYC generation",
    },
  ],
  async run({ options, io }) {
    if (options.version) {
      const { VERSION } = await import("../../version.ts");
      io.out(`greenlight ${VERSION}\n`);
      return 0;
    }
    // The firmware is read while the code that measures it is loaded.
    const path = given(options.ovmf);
    const firmware = path === undefined ? undefined : readAhead(path, MAX_FIRMWARE_SIZE);
    const { runMode } = await import("./run.ts");
    return runMode(options, firmware, io);
  },
});
