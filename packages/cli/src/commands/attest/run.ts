// SPDX-License-Identifier: Apache-2.0
// `greenlight attest`: asks the kernel, writes what it gave.

import { TsmError, getEvidence } from "@greenlight/host/tsm";
import type { TsmErrorCode, TsmEvidence, TsmFiles } from "@greenlight/host/tsm";
import { UsageError } from "../../command/usage-error.ts";
import { parseNumber } from "../../input/number.ts";
import { reportFailure } from "../../output/failure.ts";
import { refuseExisting, writeFiles } from "../../output/file.ts";
import type { Io } from "../../output/io.ts";
import { toJson } from "../../output/json.ts";
import { askedBy } from "./asked.ts";
import type { Asked } from "./asked.ts";
import { interruptible } from "./interruption.ts";
import { FORMS } from "./options.ts";
import type { AttestOptions } from "./options.ts";
import { asJsonValue, asText, contentOf, verifyLine } from "./written.ts";

/** Errors that are about what was asked for; all others are about what the machine lacks. */
const WRONG_REQUEST: ReadonlySet<TsmErrorCode> = new Set([
  "bad-privlevel",
  "bad-report-data",
  "bad-service",
]);

/**
 * @param files File operations; the system's unless given.
 * @returns 0 when there is evidence, 2 for a request that no guest can fulfil, 3 where this machine
 * gives none.
 */
export async function attest(options: AttestOptions, io: Io, files?: TsmFiles): Promise<number> {
  const form = FORMS.find((name) => name === options.form) ?? "bundle";
  checkOutput(options, form);
  const asked = await askedBy(options);
  let evidence: TsmEvidence;
  try {
    evidence = await ask(asked, options, io, files);
  } catch (error) {
    if (!(error instanceof TsmError)) throw error;
    await reportFailure(error, "attest", options.json, io);
    return WRONG_REQUEST.has(error.code) ? 2 : 3;
  }
  const content = contentOf(form, evidence, asked);
  const { out } = options;
  if (out === undefined) {
    io.out(Buffer.from(content).toString("utf8"));
  } else {
    writeFiles([{ path: out, content }], options.force);
    io.out(
      options.json
        ? toJson(asJsonValue(out, form, evidence, asked))
        : asText(out, form, evidence, asked),
    );
  }
  for (const note of evidence.notes) io.err(`note: ${note}\n`);
  if (!options.json) io.err(`next: ${verifyLine(out ?? "-", evidence, asked)}\n`);
  return 0;
}

function ask(
  { request }: Asked,
  options: AttestOptions,
  io: Io,
  files: TsmFiles | undefined,
): Promise<TsmEvidence> {
  const { attempts = "5", tsm: folder } = options;
  const limit = parseNumber(attempts, "--attempts", 100);
  if (limit === 0) {
    throw new UsageError("bad-value", "--attempts is 0", "give 1 or more");
  }
  return interruptible(
    async (signal) =>
      getEvidence(request, {
        signal,
        attempts: limit,
        ...(folder === undefined ? {} : { folder }),
        ...(files === undefined ? {} : { files }),
      }),
    () => io.err("greenlight attest: stopping as soon as the kernel lets go\n"),
  );
}

/** Refuses output that would lose something, before the kernel is asked. */
function checkOutput({ out, form, force, ...options }: AttestOptions, chosen: string): void {
  if (chosen !== "bundle" && options["service-provider"] !== undefined) {
    throw new UsageError(
      "conflicting-options",
      `--form ${form} has no place for the services' manifest, which the verifier needs`,
      "use --form bundle",
    );
  }
  if (out !== undefined) {
    if (!force) refuseExisting(out);
    return;
  }
  if (chosen !== "bundle") {
    throw new UsageError("missing-option", `--form ${form} is not text`, "add --out FILE");
  }
}
