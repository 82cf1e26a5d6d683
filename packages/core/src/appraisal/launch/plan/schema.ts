// SPDX-License-Identifier: Apache-2.0
// The whole of a plan file, from its sections.

import * as z from "zod/mini";
import { flag, text, wholeNumber, word } from "../../policy/values.ts";
import { HOST_SECTION } from "./schema-host.ts";
import { each, needed, optional, path, paths, patterned, texts, withDefault } from "./field.ts";
import { LAUNCH_PLAN_SCHEMA, SEV_PRODUCTS } from "./types.ts";

/** A day. */
const MAX_SECONDS = 86_400;

const DISK = z.strictObject({
  file: needed(path(), "The image."),
  format: withDefault(word(["qcow2", "raw"]), "qcow2", "Its format; it is never guessed."),
  readonly: withDefault(flag(), false, "Whether the guest may not write to it."),
});

const SECRET = z.strictObject({
  guid: withDefault(
    patterned(
      /^([0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[a-z][a-z0-9-]{0,40})$/,
      "a GUID or a known name such as luks-key",
    ),
    "luks-key",
    "GUID that the guest finds it by, or the name of a known one.",
  ),
  file: needed(
    path(),
    "File with the secret. It should be readable by its owner alone (mode 0600).",
  ),
  nul: withDefault(
    flag(),
    false,
    "Whether a NUL is put behind a disk passphrase, as GRUB needs it; cryptsetup must not see one.",
  ),
  trim: withDefault(
    flag(),
    true,
    "Whether one line break at the end of the file, as editors leave it, does not belong to the secret.",
  ),
});

const GUEST_SECTION = z.strictObject({
  firmware: needed(
    path(),
    "OVMF of the AmdSev build, without variable store. It is measured whole.",
  ),
  otherFirmwares: withDefault(
    paths(),
    [],
    "Other firmware that is taken too. It explains a mismatch, and accepts a guest the host started.",
  ),
  kernel: optional(
    path(),
    "Kernel of a measured direct boot; without one the firmware alone is measured.",
  ),
  initrd: optional(path(), "Initrd of a measured direct boot."),
  cmdline: withDefault(text(4096, ""), "", "Kernel command line, byte for byte as it is measured."),
  vcpus: withDefault(wholeNumber(1, 4096), 1, "vCPUs that the guest starts with."),
  vcpuType: withDefault(
    patterned(/^[A-Za-z0-9._-]{1,64}$/, "a CPU model of QEMU such as EPYC-v4"),
    "EPYC-v4",
    "QEMU's CPU model; its signature is measured by SEV-ES and SEV-SNP.",
  ),
  vmsaProfiles: withDefault(
    texts(/^[a-z0-9][a-z0-9.-]{0,40}$/, "ids of VMSA profiles, see vmsa-profiles.md"),
    [],
    "Registers that vCPUs may start with. None given: those of QEMU for the generation.",
  ),
  sevFeatures: withDefault(
    texts(/^0x[0-9a-fA-F]{1,16}$/, "guest features such as 0x1"),
    [],
    "Guest features words that vCPUs may start with. None given: 0x0, for SEV-SNP 0x1.",
  ),
  memoryMiB: withDefault(wholeNumber(64, 64 * 1024 * 1024), 1024, "Memory in MiB; not measured."),
  disks: withDefault(
    each(DISK),
    [],
    "Disks in their order. They are not measured: encrypt what matters.",
  ),
  policy: withDefault(
    patterned(/^[A-Za-z0-9>=., ]{1,100}$/, "a policy such as 0x0f or NODBG,NOKS,ES,NOSEND"),
    "default",
    "Guest policy: a number, or for SEV and SEV-ES names of bits. `default` for these is " +
      "NODBG,NOKS,NOSEND (with ES), with the minimum API put in; for SEV-SNP 0x30000.",
  ),
  idBlock: optional(path(), "ID block, 96 bytes (SEV-SNP)."),
  idAuth: optional(path(), "ID authentication information, 4096 bytes (SEV-SNP)."),
  hostData: optional(
    patterned(/^[0-9a-fA-F]{64}$/, "64 hexadecimal digits"),
    "Host data that the guest's reports must have, 32 bytes (SEV-SNP).",
  ),
});

const PLATFORM_SECTION = z.prefault(
  z.strictObject({
    products: withDefault(
      texts(new RegExp(`^(${SEV_PRODUCTS.join("|")})$`), `any of ${SEV_PRODUCTS.join(", ")}`),
      [],
      "Product lines that are taken (SEV and SEV-ES; for SEV-SNP see the policy). None given: all.",
    ),
    minimumApi: withDefault(
      patterned(
        /^(any|(2[0-4][0-9]|25[0-5]|1?[0-9]{1,2})\.(2[0-4][0-9]|25[0-5]|1?[0-9]{1,2}))$/,
        'any, or a version such as "1.55"',
      ),
      "any",
      "Lowest firmware API. It is put into the guest policy, checked in the certificates, and " +
        "checked again when the measurement has proved it (SEV and SEV-ES).",
    ),
    minimumBuild: withDefault(wholeNumber(0, 255), 0, "Lowest build of the lowest firmware API."),
    owners: withDefault(
      paths(),
      [],
      "Certificates of platform owners (OCA). None given: any owner, also none at all.",
    ),
    certificates: withDefault(
      paths(),
      [],
      "What the host does not give: the CEK as AMD's KDS signs it, ASK and ARK; for SEV-SNP VCEK or " +
        "VLEK and revocation lists.",
    ),
    simulatorRoots: withDefault(
      paths(),
      [],
      "Roots of simulated platforms that are taken. Never for a guest with real secrets.",
    ),
    export: withDefault(
      paths(),
      [],
      "What the platform exported beforehand (PDH and chain), where the host cannot be asked.",
    ),
  }),
  {},
);

/** The schema. What it gives is made a plan by parse.ts. */
export const PLAN = z.strictObject({
  // Parsing takes it off; it stands here for the JSON Schema of plans in JSON.
  $schema: z.exactOptional(text(1000, "Where editors find the JSON Schema of this file.")),
  schema: word([LAUNCH_PLAN_SCHEMA], "Says that this is a launch plan, and of which version."),
  name: needed(
    patterned(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, "a name of letters, digits, dots and dashes"),
    "What the guest and its record are called.",
  ),
  description: withDefault(text(10_000, ""), "", "What the plan is for, for people."),
  generation: needed(
    word(["sev", "sev-es", "sev-snp"]),
    "Generation of the technology. Older ones protect less: see the threat model.",
  ),
  guest: GUEST_SECTION,
  platform: PLATFORM_SECTION,
  evidence: z.prefault(
    z.strictObject({
      policy: optional(
        path(),
        "Policy that the guest's evidence is appraised by (SEV-SNP). The plan's own launch digests, " +
          "guest policy and host data are demanded besides.",
      ),
    }),
    {},
  ),
  secrets: withDefault(
    each(SECRET),
    [],
    "What the guest is given, once everything holds. A disk passphrase is put last.",
  ),
  accept: withDefault(
    texts(/^[a-z0-9]+([.-][a-z0-9]+)+$/, "ids of findings"),
    [],
    "Findings that are lived with, by id: doors that firmware or host configuration leave open.",
  ),
  deadlines: z.prefault(
    z.strictObject({
      start: withDefault(
        wholeNumber(1, MAX_SECONDS),
        120,
        "Seconds until the guest is there and measured.",
      ),
      evidence: withDefault(
        wholeNumber(1, MAX_SECONDS),
        300,
        "Seconds until a running SEV-SNP guest has asked for its secrets.",
      ),
    }),
    {},
  ),
  host: HOST_SECTION,
});
