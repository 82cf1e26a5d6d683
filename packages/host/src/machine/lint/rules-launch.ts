// SPDX-License-Identifier: Apache-2.0
// Rules about the launch itself: what makes the guest confidential, what is measured, who decides.

import { LayoutError, base64Decode } from "@greenlight/core/bytes";
import type { LaunchDescription, MachineDescription, OwnerInput } from "./description.ts";
import type { Rule, Ruling } from "./rule.ts";

const PASS: Ruling = { outcome: "pass" };
const NO_LAUNCH: Ruling = { outcome: "skipped", because: "there is no launch object" };
const QEMU_SEV = "QEMU: docs/system/i386/amd-memory-encryption.rst";

/** A rule about the launch object, which does not apply where there is none. */
function about(
  judge: (launch: LaunchDescription, description: MachineDescription) => Ruling,
): Rule["judge"] {
  return (description) =>
    description.launch === undefined ? NO_LAUNCH : judge(description.launch, description);
}

/** A rule that matters to SEV and SEV-ES only. */
function legacy(judge: (launch: LaunchDescription) => Ruling): Rule["judge"] {
  return about((launch) =>
    launch.kind === "sev" ? judge(launch) : skipped("it is a matter of SEV and SEV-ES guests"),
  );
}

/** NODBG of SEV and SEV-ES (set: refused), DEBUG of SEV-SNP (set: allowed). */
const NODBG = 1n;
const SNP_DEBUG = 1n << 19n;

/** ES of the policy of SEV and SEV-ES guests. */
const ES = 1n << 2n;

/** Sizes of the owner's Diffie-Hellman certificate and of the session. */
const GODH_SIZE = 2084;
const SESSION_SIZE = 128;

export const LAUNCH_RULES: readonly Rule[] = [
  {
    id: "machine.confidential.missing",
    holds: "The machine is started as a confidential guest of AMD's",
    broken: "The machine is not started as an SEV, SEV-ES or SEV-SNP guest",
    hint: "name a sev-guest or sev-snp-guest object: -machine confidential-guest-support=ID",
    source: QEMU_SEV,
    judge: ({ launch }) => (launch === undefined ? { outcome: "fail" } : PASS),
  },
  {
    id: "machine.confidential.deprecated",
    holds: "The launch object is named in the current way",
    broken: "The launch object is named by memory-encryption, which is deprecated",
    hint: "write confidential-guest-support=ID",
    source: "QEMU: docs/about/deprecated.rst",
    judge: about(({ deprecatedForm }) => (deprecatedForm ? { outcome: "warn" } : PASS)),
  },
  {
    id: "machine.accelerator.not-kvm",
    holds: "The guest runs under KVM",
    broken:
      "The guest does not run under KVM and nothing but KVM, so its memory may not be encrypted",
    hint: "say -accel kvm, without a second accelerator to fall back to",
    judge: ({ accelerator }) =>
      accelerator === "kvm" ? PASS : { outcome: "fail", actual: [accelerator ?? "QEMU's default"] },
  },
  {
    id: "machine.start.unpaused",
    holds: "The guest starts paused",
    broken: "The guest runs at once, before its measurement can be checked",
    hint: "say -S; no secret can be given to a guest that has run",
    source: QEMU_SEV,
    judge({ startsPaused }) {
      if (startsPaused === undefined) return skipped("libvirt is told when it starts: --paused");
      return startsPaused ? PASS : { outcome: "fail" };
    },
  },
  {
    id: "machine.reboot.allowed",
    holds: "A reboot ends the guest",
    broken: "The guest may reboot: the host can launch it again with the same session, unasked",
    hint: "say -no-reboot; in XML <on_reboot>destroy</on_reboot>, which libvirt tells QEMU only when it runs",
    judge: ({ rebootAllowed }) => (rebootAllowed ? { outcome: "fail" } : PASS),
  },
  {
    id: "machine.policy.unset",
    holds: "The guest policy is stated",
    broken: "The guest policy is not stated, or is not a number",
    hint: "state the policy that the session or the ID block is bound to",
    judge: about(({ policy }) => {
      if (policy === undefined) return { outcome: "warn", actual: ["QEMU's default"] };
      return policy === "invalid" ? { outcome: "fail", actual: ["not a number"] } : PASS;
    }),
  },
  {
    id: "machine.policy.debug-allowed",
    holds: "The guest policy refuses debugging",
    broken: "The guest policy lets the host read and write guest memory through the debug commands",
    hint: "set NODBG (bit 0) for SEV and SEV-ES; clear DEBUG (bit 19) for SEV-SNP",
    judge: about(({ kind, policy }) => {
      // QEMU's defaults, 0x1 and 0x30000, refuse it.
      if (policy === undefined) return PASS;
      if (policy === "invalid") return skipped("the policy is not a number");
      const refused = kind === "sev" ? (policy & NODBG) !== 0n : (policy & SNP_DEBUG) === 0n;
      return refused ? PASS : { outcome: "fail", actual: [`policy 0x${policy.toString(16)}`] };
    }),
  },
  {
    id: "machine.key.shared",
    holds: "The guest has a memory key of its own",
    broken: "The guest uses the memory key of another guest",
    hint: "leave out handle=",
    judge: legacy(({ sharedKey }) => (sharedKey ? { outcome: "fail" } : PASS)),
  },
  {
    id: "machine.session.missing",
    holds: "The owner's certificate and session are given",
    broken: "Without the owner's certificate and session nobody can verify the measurement",
    hint: "make them with greenlight session; give dh-cert-file= and session-file=",
    source: QEMU_SEV,
    judge: legacy(({ godh, session }) => {
      const missing = [
        ...(godh === undefined ? ["no certificate"] : []),
        ...(session === undefined ? ["no session"] : []),
      ];
      return missing.length === 0 ? PASS : { outcome: "fail", actual: missing };
    }),
  },
  {
    id: "machine.session.not-base64",
    holds: "The owner's certificate and session are base64 text of the right size",
    broken: "The owner's certificate or session is not what QEMU can read",
    hint: "QEMU and libvirt want base64 text, not the binary: base64 -w0 FILE",
    judge: legacy(({ godh, session }) => {
      const parts = [
        ["certificate", godh, GODH_SIZE],
        ["session", session, SESSION_SIZE],
      ] as const;
      if (parts.every(([, input]) => input?.content === undefined)) {
        return skipped("the files were not there to look into");
      }
      const actual = parts.flatMap(([name, input, size]) => defect(name, input, size));
      return actual.length === 0 ? PASS : { outcome: "fail", actual };
    }),
  },
  {
    id: "machine.platform-bits.missing",
    holds: "Encryption bit and reduced address bits are given",
    broken: "Without the encryption bit and the reduced address bits QEMU does not start the guest",
    hint: "give cbitpos= and reduced-phys-bits= (CPUID leaf 8000001F, EBX)",
    judge: about(({ hasCbitpos, hasReducedPhysBits }) => {
      const actual = [
        ...(hasCbitpos ? [] : ["no cbitpos"]),
        ...(hasReducedPhysBits ? [] : ["no reduced-phys-bits"]),
      ];
      return actual.length === 0 ? PASS : { outcome: "fail", actual };
    }),
  },
  {
    id: "machine.vm-type.unset",
    holds: "The kind of virtual machine is stated",
    broken: "legacy-vm-type is left to QEMU's version; the VMSA pages of SEV-ES depend on it",
    hint: "since QEMU 9.1: say legacy-vm-type=on (or off) and measure accordingly",
    judge: legacy(({ legacyVmType, policy }) => {
      if (legacyVmType === "on" || legacyVmType === "off") return PASS;
      const isEs = typeof policy === "bigint" && (policy & ES) !== 0n;
      return isEs ? { outcome: "warn" } : skipped("no VMSA page is measured without SEV-ES");
    }),
  },
  {
    id: "machine.vcpu.unpredictable",
    holds: "The vCPU model has a name",
    broken: "The vCPU model depends on the host, and so do the measured registers",
    hint: "name a model with its version: -cpu EPYC-v4",
    judge({ cpu }) {
      if (cpu === undefined) return { outcome: "warn", actual: ["QEMU's default"] };
      return /^(host|max|base|host-passthrough|host-model|maximum)$/.test(cpu)
        ? { outcome: "warn", actual: [cpu] }
        : PASS;
    },
  },
  {
    id: "machine.firmware.missing",
    holds: "The firmware is named",
    broken: "No firmware is named, or more than one",
    hint: "name OVMF of the AmdSev build as pflash unit 0 (SEV, SEV-ES) or with -bios (SEV-SNP)",
    judge: ({ firmware, igvm }) =>
      firmware.length === 1 || (firmware.length === 0 && igvm.length > 0)
        ? PASS
        : { outcome: "fail", actual: firmware.length === 0 ? ["none"] : firmware },
  },
  {
    id: "machine.firmware.writable",
    holds: "The firmware image is read-only",
    broken: "The guest can write its firmware image, which the next launch then measures",
    hint: "say readonly=on, readonly='yes'",
    judge: ({ writableFirmware }) =>
      writableFirmware.length === 0 ? PASS : { outcome: "warn", actual: writableFirmware },
  },
  {
    id: "machine.kernel-hashes.off",
    holds: "The kernel is measured by its hash",
    broken: "A kernel is given and kernel-hashes is off: nothing of it is measured",
    hint: "say kernel-hashes=on, kernelHashes='yes'; the firmware must be of the AmdSev build",
    source: QEMU_SEV,
    judge: about(({ kernelHashes }, { kernel }) => {
      if (kernel === undefined) return skipped("no kernel is given");
      return kernelHashes ? PASS : { outcome: "fail" };
    }),
  },
];

function skipped(because: string): Ruling {
  return { outcome: "skipped", because };
}

/** What is wrong with a file or text that must hold base64. */
function defect(name: string, input: OwnerInput | undefined, size: number): readonly string[] {
  const content = input?.content;
  if (content === undefined) return [];
  const text = new TextDecoder("latin1").decode(content.subarray(0, 4 * size)).trim();
  try {
    const { length } = base64Decode(text.replaceAll(/\s/g, ""), name);
    return length === size ? [] : [`the ${name} has ${length} bytes, not ${size}`];
  } catch (error) {
    if (!(error instanceof LayoutError)) throw error;
    const binary = content.length === size ? `${size} bytes of binary` : "something else";
    return [`the ${name} is ${binary}, not base64`];
  }
}
