// SPDX-License-Identifier: Apache-2.0
// From the value of a plan file (parsed YAML or JSON) to a plan, with every problem told.

import * as z from "zod/mini";
import { LaunchError } from "../../../launch/error.ts";
import { vmsaProfile } from "../../../launch/vmsa/build.ts";
import { knownSecret } from "../../../launch/session/secret-guids.ts";
import { kindOf } from "../../policy/values.ts";
import { isAcceptable } from "../acceptance.ts";
import { PlanError } from "./error.ts";
import type { PlanProblem } from "./error.ts";
import { problemsOf } from "./problems.ts";
import { PLAN } from "./schema.ts";
import { LAUNCH_PLAN_SCHEMA, SEV_PRODUCTS } from "./types.ts";
import type { LaunchPlan } from "./types.ts";

const SCHEMA_HINT = `a launch plan begins with: schema: ${LAUNCH_PLAN_SCHEMA}`;

/**
 * The plan in a parsed file, every field filled in.
 * @throws {PlanError} with every problem, the first one in front.
 */
export function parseLaunchPlan(value: unknown): LaunchPlan {
  const result = z.safeParse(PLAN, requirePlan(value));
  const read = result.success ? completed(result.data) : undefined;
  const problems = result.success
    ? contradictions(read!)
    : result.error.issues.flatMap((issue) => problemsOf(issue));
  const [first, ...more] = problems;
  if (first !== undefined) throw new PlanError(first, ...more);
  if (read === undefined) throw new Error("zod refused a plan without saying why");
  return read;
}

/** Says early what is no plan at all, or one of another schema; takes `$schema` off. */
function requirePlan(value: unknown): object {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const reason = `${kindOf(value)}, must be a mapping`;
    throw new PlanError({ code: "wrong-type", path: [], reason, hint: SCHEMA_HINT });
  }
  const schema: unknown = "schema" in value ? value.schema : undefined;
  if (schema === LAUNCH_PLAN_SCHEMA) {
    return Object.fromEntries(Object.entries(value).filter(([name]) => name !== "$schema"));
  }
  const path = schema === undefined ? [] : ["schema"];
  const reason =
    schema === undefined
      ? "does not say its schema"
      : `${kindOf(schema)}, must be ${LAUNCH_PLAN_SCHEMA}`;
  throw new PlanError({ code: "unsupported-schema", path, reason, hint: SCHEMA_HINT });
}

/** What was read, with the lists that stand for "any" and "default" spelt so. */
function completed({ $schema: _, ...plan }: z.output<typeof PLAN>): LaunchPlan {
  const { guest, platform } = plan;
  const products = SEV_PRODUCTS.filter((name) => platform.products.includes(name));
  const { vmsaProfiles, sevFeatures } = guest;
  return {
    ...plan,
    guest: {
      ...guest,
      vmsaProfiles: vmsaProfiles.length === 0 ? "default" : vmsaProfiles,
      sevFeatures: sevFeatures.length === 0 ? "default" : sevFeatures,
    },
    platform: { ...platform, products: products.length === 0 ? "any" : products },
  };
}

/** What cannot be meant together. */
function contradictions(plan: LaunchPlan): readonly PlanProblem[] {
  return [
    ...hostProblems(plan),
    ...generationProblems(plan),
    ...profileProblems(plan),
    ...amountProblems(plan),
    ...secretProblems(plan),
    ...plan.accept.flatMap((id, index) =>
      isAcceptable(id)
        ? []
        : [
            problem(["accept", index], "is no finding that can be accepted", {
              code: "bad-value",
              hint: "these can be: what firmware and machine.* findings leave open, and some launch.policy.* ones",
            }),
          ],
    ),
  ];
}

function hostProblems({ host }: LaunchPlan): readonly PlanProblem[] {
  const given = Object.keys(host);
  if (given.length === 1) return [];
  const reason =
    given.length === 0 ? "names no host" : `names ${given.length} hosts: ${given.join(", ")}`;
  return [problem(["host"], reason, { hint: "give one of qemu, qmp, libvirt, lab" })];
}

function generationProblems({ generation, guest, platform }: LaunchPlan): readonly PlanProblem[] {
  const isSnp = generation === "sev-snp";
  const only = (given: boolean, path: readonly string[], what: string): readonly PlanProblem[] =>
    given ? [problem(path, `is only for ${what}`)] : [];
  return [
    ...only(!isSnp && guest.idBlock !== undefined, ["guest", "idBlock"], "SEV-SNP"),
    ...only(!isSnp && guest.idAuth !== undefined, ["guest", "idAuth"], "SEV-SNP"),
    ...only(!isSnp && guest.hostData !== undefined, ["guest", "hostData"], "SEV-SNP"),
    ...only(
      isSnp && platform.minimumApi !== "any",
      ["platform", "minimumApi"],
      "SEV and SEV-ES; for SEV-SNP the evidence policy has platform.firmware and platform.tcb",
    ),
    ...only(
      isSnp && platform.products !== "any",
      ["platform", "products"],
      "SEV and SEV-ES; for SEV-SNP the evidence policy has evidence.productLines",
    ),
    ...only(
      guest.kernel === undefined && (guest.initrd !== undefined || guest.cmdline !== ""),
      ["guest", guest.initrd === undefined ? "cmdline" : "initrd"],
      "guests with a kernel: without one it is not measured",
    ),
    ...((guest.idBlock === undefined) === (guest.idAuth === undefined)
      ? []
      : [problem(["guest", "idBlock"], "goes together with idAuth, and one of them is missing")]),
    ...(platform.minimumBuild > 0 && platform.minimumApi === "any"
      ? [problem(["platform", "minimumBuild"], "has no minimumApi that it could be a build of")]
      : []),
  ];
}

function profileProblems({ generation, guest }: LaunchPlan): readonly PlanProblem[] {
  if (guest.vmsaProfiles === "default") return [];
  const mode = { sev: "sev", "sev-es": "seves", "sev-snp": "snp" }[generation];
  return guest.vmsaProfiles.flatMap((id, index) => {
    try {
      if (vmsaProfile(id).modes.some((known) => known === mode)) return [];
      return [problem(["guest", "vmsaProfiles", index], `is no profile for ${generation}`)];
    } catch (error) {
      if (!(error instanceof LaunchError)) throw error;
      return [
        problem(["guest", "vmsaProfiles", index], "is no VMSA profile", {
          code: "bad-value",
          ...(error.hint === undefined ? {} : { hint: error.hint }),
        }),
      ];
    }
  });
}

/** Launches that a plan may describe: digests of all of them are computed before anything is begun. */
const MAX_LAUNCHES = 256;

/** vCPUs of all launches together: SEV-ES and SEV-SNP measure a page of each. */
const MAX_MEASURED_VCPUS = 16_384;

function amountProblems({ generation, guest }: LaunchPlan): readonly PlanProblem[] {
  const count = (list: readonly string[] | "default", usual: number): number =>
    list === "default" ? usual : list.length;
  const states = count(guest.vmsaProfiles, 2) * count(guest.sevFeatures, 1);
  const launches = (1 + guest.otherFirmwares.length) * (generation === "sev" ? 1 : states);
  const hint = "leave out firmwares, VMSA profiles and features that this host does not have";
  const refused = (reason: string) => [problem(["guest"], reason, { code: "too-large", hint })];
  if (launches > MAX_LAUNCHES) {
    return refused(`describes ${launches} launches, at most ${MAX_LAUNCHES} are taken`);
  }
  const pages = generation === "sev" ? 0 : launches * guest.vcpus;
  if (pages <= MAX_MEASURED_VCPUS) return [];
  return refused(
    `describes launches with ${pages} vCPUs together, at most ${MAX_MEASURED_VCPUS} are taken`,
  );
}

function secretProblems({ secrets, generation }: LaunchPlan): readonly PlanProblem[] {
  const seen = new Set<string>();
  if (generation === "sev-snp" && secrets.length > 1) {
    return [
      problem(["secrets"], "has more than one secret, which a guest of SEV-SNP is not given"),
    ];
  }
  return secrets.flatMap(({ guid, nul }, index): readonly PlanProblem[] => {
    const known = knownSecret(guid);
    const isGuid = guid.length === 36 && /^[0-9a-f]{8}-/i.test(guid);
    if (!isGuid && known === undefined) {
      const hint = "write the GUID itself, or luks-key for the disk passphrase";
      return [problem(["secrets", index, "guid"], "is no known name", { code: "bad-value", hint })];
    }
    const name = known?.guid ?? guid.toLowerCase();
    if (seen.has(name)) {
      return [
        problem(["secrets", index, "guid"], "stands there twice", { code: "duplicate-value" }),
      ];
    }
    seen.add(name);
    if (nul && generation === "sev-snp") {
      return [problem(["secrets", index, "nul"], "is only for SEV and SEV-ES, where GRUB asks")];
    }
    if (nul && known?.alias !== "luks-key") {
      return [problem(["secrets", index, "nul"], "is only for the disk passphrase")];
    }
    return [];
  });
}

function problem(
  path: PlanProblem["path"],
  reason: string,
  more: Partial<Pick<PlanProblem, "code" | "hint">> = {},
): PlanProblem {
  return { code: "contradiction", path, reason, ...more };
}
