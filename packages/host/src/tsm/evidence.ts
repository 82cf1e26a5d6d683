// SPDX-License-Identifier: Apache-2.0
// Evidence of an SEV-SNP guest: a report over data of the caller's choice, with the certificates the host
// gives along. Bytes come back as the kernel gave them; nothing is decoded or judged here.

import { setTimeout as sleep } from "node:timers/promises";
import { REPORT_SIZE } from "@greenlight/core/evidence";
import { ReportEntry, TSM_FOLDER } from "./entry.ts";
import { TsmError } from "./error.ts";
import type { TsmErrorCode } from "./error.ts";
import { systemFiles } from "./files.ts";
import type { TsmFiles } from "./files.ts";
import { checkPrivlevel, checkProvider, checkRequest, sharpened } from "./request.ts";
import type { EvidenceRequest } from "./request.ts";

export type { EvidenceRequest } from "./request.ts";

/** How evidence is got. */
export interface EvidenceOptions {
  /** The kernel's folder of entries, where configfs is mounted elsewhere. */
  readonly folder?: string;
  /** How often it is tried when others write to our entries. Every attempt asks the host once more. */
  readonly attempts?: number;
  /** Ends the attempt at the next step. A read that waits for the host cannot be cut short. */
  readonly signal?: AbortSignal;
  /** File operations; the system's unless given. */
  readonly files?: TsmFiles;
  /** Waits between two attempts; a timer unless given. */
  readonly pause?: (milliseconds: number) => Promise<void>;
}

/** What the kernel gave. */
export interface TsmEvidence {
  /** The attestation report, 1184 bytes (outblob). */
  readonly report: Uint8Array;
  /** The host's certificate table (auxblob); empty when it gave none. */
  readonly certificates: Uint8Array;
  /** The services manifest (manifestblob); only when a service provider was asked. */
  readonly manifest?: Uint8Array;
  /** Always `sev_guest`. */
  readonly provider: string;
  /** The VMPL that was asked for. */
  readonly privlevel: number;
  /** The lowest VMPL the kernel has a key for: the one it runs at, unless told otherwise (vmpck_id). */
  readonly privlevelFloor: number;
  /** The entry's generation when all was read: the number of writes to it. */
  readonly generation: bigint;
  /** How many attempts it took. */
  readonly attempts: number;
  /** What the caller should know, one sentence each. */
  readonly notes: readonly string[];
}

const DEFAULT_ATTEMPTS = 5;

/** First wait, in milliseconds; doubled each time. */
const FIRST_PAUSE = 20;

/** Where VMPL and REPORT_DATA stand in reports of any version (AMD 56860, ATTESTATION_REPORT). */
const REPORT_VMPL = 0x30;
const REPORT_DATA = 0x50;

/** What another attempt may cure. */
const RETRIED: ReadonlySet<TsmErrorCode> = new Set(["race", "other-report"]);

/**
 * Asks the kernel for a report over `reportData`. Each attempt makes an entry of its own and removes it,
 * whatever happens; it counts only when the entry's generation shows that nobody else wrote to it.
 * @throws {TsmError} with a code for every way this can fail.
 */
export async function getEvidence(
  request: EvidenceRequest,
  options: EvidenceOptions = {},
): Promise<TsmEvidence> {
  checkRequest(request);
  const { pause = sleep, attempts = DEFAULT_ATTEMPTS } = options;
  for (let attempt = 1; ; attempt++) {
    try {
      return { ...(await once(request, options)), attempts: attempt };
    } catch (error) {
      if (!(error instanceof TsmError) || !RETRIED.has(error.code)) throw error;
      if (attempt >= attempts) throw gaveUp(error, attempt, options.folder);
    }
    await pause(FIRST_PAUSE * 2 ** (attempt - 1) * (0.5 + Math.random()));
  }
}

/** Failures that a request of somebody else, written into our entry, can lead to. */
const DEPENDS_ON_REQUEST: ReadonlySet<TsmErrorCode> = new Set([
  "firmware-refused",
  "refused",
  "too-large",
  "unexpected-length",
]);

type Attempt = Omit<TsmEvidence, "attempts">;

async function once(request: EvidenceRequest, options: EvidenceOptions): Promise<Attempt> {
  const { folder = TSM_FOLDER, files = systemFiles, signal } = options;
  const entry = await ReportEntry.create(folder, files, signal);
  let evidence: Attempt;
  try {
    evidence = await ask(entry, request);
  } catch (error) {
    const leftover = await entry.remove();
    throw leftover === undefined ? error : withLeftover(error, leftover);
  }
  const leftover = await entry.remove();
  return leftover === undefined ? evidence : { ...evidence, notes: [`${leftover}.`] };
}

async function ask(entry: ReportEntry, request: EvidenceRequest): Promise<Attempt> {
  const provider = await entry.readText("provider", /^[\x20-\x7e]+$/);
  checkProvider(provider);
  // What others wrote before this, a service provider for one, would stay and not be counted.
  await checkGeneration(entry);
  const privlevelFloor = Number(await entry.readText("privlevel_floor", /^[0-9]{1,10}$/));
  const privlevel = request.privlevel ?? privlevelFloor;
  checkPrivlevel(privlevel, privlevelFloor);
  try {
    await writeRequest(entry, request, privlevel);
    // The first of these makes the report; the others read what was made with it.
    const certificates = await entry.read("auxblob");
    const report = await entry.read("outblob");
    // Without a service provider the kernel has no manifest to give.
    const manifest =
      request.serviceProvider === undefined ? undefined : await entry.read("manifestblob");
    const generation = await checkGeneration(entry);
    checkReport(report, request, privlevel);
    return {
      report,
      certificates,
      ...(manifest === undefined ? {} : { manifest }),
      provider,
      privlevel,
      privlevelFloor,
      generation,
      notes: [],
    };
  } catch (error) {
    // What was refused may be what somebody else has written.
    if (error instanceof TsmError && DEPENDS_ON_REQUEST.has(error.code)) {
      await checkGeneration(entry);
    }
    throw await sharpened(error, entry, request, privlevelFloor);
  }
}

async function writeRequest(
  entry: ReportEntry,
  request: EvidenceRequest,
  privlevel: number,
): Promise<void> {
  // A fresh entry asks for VMPL 0, which a kernel under an SVSM may not ask for: always say it.
  await entry.write("privlevel", String(privlevel));
  const { serviceProvider, serviceGuid, serviceManifestVersion } = request;
  if (serviceProvider !== undefined) await entry.write("service_provider", serviceProvider);
  if (serviceGuid !== undefined) await entry.write("service_guid", serviceGuid);
  if (serviceManifestVersion !== undefined) {
    await entry.write("service_manifest_version", String(serviceManifestVersion));
  }
  await entry.write("inblob", request.reportData);
}

/** An entry starts at generation 0, and each write adds 1: only ours have been there. */
async function checkGeneration(entry: ReportEntry): Promise<bigint> {
  const generation = BigInt(await entry.readText("generation", /^[0-9]{1,20}$/));
  if (generation === entry.writes) return generation;
  const message = `the entry's generation is ${generation}, and ${entry.writes} was expected`;
  throw new TsmError("race", message);
}

/** A report that is not the one that was asked for is of no use, whatever the generation says. */
function checkReport(report: Uint8Array, request: EvidenceRequest, privlevel: number): void {
  if (report.length !== REPORT_SIZE) {
    throw new TsmError(
      "unexpected-length",
      `the report has ${report.length} bytes, and ${REPORT_SIZE} were expected`,
      { hint: report.length === 0 ? "see the host's log" : "is there a newer greenlight?" },
    );
  }
  // An SVSM asks at its own level, and puts a hash over data and manifest into the report.
  if (request.serviceProvider !== undefined) return;
  const { reportData } = request;
  const stated = report.subarray(REPORT_DATA, REPORT_DATA + reportData.length);
  const vmpl = new DataView(report.buffer, report.byteOffset).getUint32(REPORT_VMPL, true);
  if (vmpl === privlevel && Buffer.compare(stated, reportData) === 0) return;
  throw new TsmError("other-report", "the report is not about the data and the level asked for");
}

function gaveUp(error: TsmError, attempts: number, folder = TSM_FOLDER): TsmError {
  const often = attempts === 1 ? "in the only attempt" : `in each of ${attempts} attempts`;
  const message = `something interfered ${often}; at last: ${error.message}`;
  return new TsmError(error.code, message, {
    cause: error,
    errno: error.errno,
    hint: `find the process that writes below ${folder}`,
  });
}

function withLeftover(error: unknown, leftover: string): unknown {
  if (!(error instanceof TsmError)) return error;
  const hint = [error.hint, leftover].filter((part) => part !== undefined).join("; ");
  return new TsmError(error.code, error.message, { cause: error, errno: error.errno, hint });
}
