// SPDX-License-Identifier: Apache-2.0
// `greenlight diagnose`: from a digest that a platform reported back to the launch that has it.

import { hexEncode } from "@greenlight/core/bytes";
import { explainLaunch, searchSpace } from "@greenlight/core/diagnose";
import type { SearchRequest } from "@greenlight/core/diagnose";
import { defineCommand } from "../../command/command.ts";
import { parseNumber } from "../../input/number.ts";
import type { Io } from "../../output/io.ts";
import { bootCandidatesOf, expectationOf, fixedOf, vcpusOf } from "./expectation.ts";
import type { BootCandidates } from "./expectation.ts";
import { firmwaresOf } from "./firmware.ts";
import type { Firmwares } from "./firmware.ts";
import { OPTIONS } from "./options.ts";
import type { DiagnoseOptions } from "./options.ts";
import { targetOf } from "./observed.ts";
import type { Target } from "./observed.ts";
import { reproduction } from "./reproduce.ts";
import { runSearch } from "./run.ts";

/** Exit codes. */
const AS_EXPECTED = 0;
const EXPLAINED = 1;
const NOT_EXPLAINED = 3;

/** Digests compared unless --limit says otherwise: some seconds. */
const DEFAULT_LIMIT = 10_000_000;

const DEFAULT_MAX_VCPUS = 512;

export const command = defineCommand({
  name: "diagnose",
  brief: "find out why an observed digest differs",
  description: [
    "Finds the launch that has a digest a platform reported: which vCPU count and type, guest " +
      "features, VMSA, firmware, kernel, initrd or command line the host used instead of those " +
      "expected. Tries what is nearest to the expectation first, and says what it could rule out " +
      "when nothing fits.",
    "OBSERVED is a digest in hexadecimal or base64, or a file: an attestation report, or a digest " +
      "in any of these forms. Options that are not given are open, or have measure's defaults.",
    "Exit code 0: the launch is as expected; 1: another launch explains the digest; 3: none of " +
      "those tried does.",
  ],
  positionals: {
    usage: "OBSERVED",
    brief: "the reported digest, or a file with it or with a report",
    min: 1,
    max: 1,
  },
  options: OPTIONS,
  examples: [
    {
      line:
        "diagnose 3b02fd481df2cd7899d2d8cce9e7c18e773c4d73883f29396e7afca606fe9d16" +
        "5ed81e126b83a98ace378ead74d1b8b5 --ovmf OVMF.fd --vcpus 4 --vcpu-type EPYC-v4",
      brief: "what the host used instead of 4 vCPUs of EPYC-v4",
    },
    {
      line:
        "diagnose d74bd3ea40b240c3228edc5177ce6193561ebff633dbd0be76d6c143b876d651" +
        "02425c0e2e8a930857c48daa5eacda58 --ovmf OVMF.fd --vcpus 1 --vcpu-type EPYC-v4 " +
        "--kernel vmlinuz --initrd initrd.img --append console=ttyS0",
      brief: "whether the kernel is measured as it should be",
    },
    {
      line:
        "diagnose d74bd3ea40b240c3228edc5177ce6193561ebff633dbd0be76d6c143b876d651" +
        "02425c0e2e8a930857c48daa5eacda58 --ovmf . --json",
      brief: "which firmware of a folder it was, and with which vCPUs",
    },
  ],
  async run({ options, positionals, io }) {
    const target = await targetOf(positionals[0] ?? "", options);
    const accept = new Set(options.accept);
    const boot = await bootCandidatesOf(options);
    const firmwares = firmwaresOf(
      [...options.ovmf, ...options["firmware-descriptor"]],
      options["snp-ovmf-hash"],
      accept,
    );
    const request = requestOf(target, options, firmwares, boot, accept);
    return answer({ target, request, options, firmwares, boot }, io);
  },
});

function requestOf(
  target: Target,
  options: DiagnoseOptions,
  firmwares: Firmwares,
  boot: BootCandidates,
  accept: ReadonlySet<string>,
): SearchRequest {
  const fixed = fixedOf(options, firmwares);
  const { expectedMode, session, observed } = target;
  const spaceOptions = {
    maxVcpus: vcpusOf(options["max-vcpus"] ?? String(DEFAULT_MAX_VCPUS), "--max-vcpus"),
    exhaustive: options.exhaustive,
    fixed,
    ...(observed.report?.cpu === undefined ? {} : { hostCpu: observed.report.cpu }),
  };
  const modes = fixed.has("mode") && expectedMode !== undefined ? [expectedMode] : target.modes;
  return {
    observed: target.bytes,
    spaces: modes.map((mode) =>
      searchSpace(expectationOf(options, mode, firmwares, boot), spaceOptions),
    ),
    ...(expectedMode === undefined ? {} : { expectedMode }),
    ...(session === undefined ? {} : { session }),
    accept,
    ...limitOf(options),
  };
}

function limitOf({ limit, exhaustive }: DiagnoseOptions): { readonly limit?: number } {
  if (limit === undefined) return exhaustive ? {} : { limit: DEFAULT_LIMIT };
  const value = parseNumber(limit, "--limit", Number.MAX_SAFE_INTEGER);
  return value === 0 ? {} : { limit: value };
}

interface Question {
  readonly target: Target;
  readonly request: SearchRequest;
  readonly options: DiagnoseOptions;
  readonly firmwares: Firmwares;
  readonly boot: BootCandidates;
}

async function answer(question: Question, io: Io): Promise<number> {
  const { target, request, options, firmwares, boot } = question;
  notePassedOver(firmwares, io);
  const timed = await runSearch(request, io);
  const { launch } = timed.outcome;
  const explained =
    launch === undefined
      ? undefined
      : {
          explanation: explainLaunch(launch, request),
          again: reproduction(launch, {
            blobs: [...boot.kernels, ...boot.initrds],
            accept: options.accept,
            session: sessionOptions(target, options),
          }),
        };
  if (options.json) {
    const { diagnosisToJson } = await import("./json.ts");
    io.out(diagnosisToJson(target, request, timed, explained, firmwares.passedOver));
  } else {
    const { printExplained, printUnexplained } = await import("./report.ts");
    if (explained === undefined) printUnexplained(target, request, timed, io);
    else printExplained(explained.explanation, explained.again, timed, io);
  }
  if (explained === undefined) return NOT_EXPLAINED;
  return explained.explanation.asExpected ? AS_EXPECTED : EXPLAINED;
}

/** measure's options for the session; the nonce may have come with the measurement. */
function sessionOptions({ session }: Target, options: DiagnoseOptions): readonly string[] {
  if (session === undefined) return [];
  const key = options.tik === undefined ? "tk" : "tik";
  const names = [key, "api-major", "api-minor", "build-id", "policy"] as const;
  const given = names.flatMap((name) => [`--${name}`, options[name] ?? ""]);
  return [...given, "--nonce", hexEncode(session.mnonce)];
}

/** Files in folders that are no firmware: said by count, so that a wrong folder is noticed. */
function notePassedOver({ candidates, passedOver }: Firmwares, io: Io): void {
  if (passedOver.size === 0) return;
  const reasons = [...passedOver].map(([reason, paths]) => `${paths.length} ${reason}`);
  const forms =
    candidates.length === 1 ? "1 form of firmware" : `${candidates.length} forms of firmware`;
  io.err(`${forms} to try; passed over: ${reasons.join(", ")}\n`);
}
