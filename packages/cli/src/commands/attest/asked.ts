// SPDX-License-Identifier: Apache-2.0
// What is asked of the kernel, out of the options, and how a verifier is told to check it.

import { createHash, randomBytes } from "node:crypto";
import { hexEncode } from "@greenlight/core/bytes";
import type { EvidenceRequest } from "@greenlight/host/tsm";
import { UsageError } from "../../command/usage-error.ts";
import { parseBytesUpTo } from "../../input/digest.ts";
import { parseNumber } from "../../input/number.ts";
import type { AttestOptions } from "./options.ts";

/** Nonces that are hashed with a key. */
const MAX_NONCE_SIZE = 1024;

/** A request, and the other side of it. */
export interface Asked {
  readonly request: EvidenceRequest;
  /** What the report data is made of, in words. */
  readonly meaning: string;
  /** Options that make `greenlight verify` check the same. */
  readonly verifyOptions: string;
}

/**
 * The request that the options describe.
 * @throws {UsageError} `missing-option`, `conflicting-options`, `bad-value`, and those of reading files.
 */
export async function askedBy(options: AttestOptions): Promise<Asked> {
  const { privlevel, "service-provider": serviceProvider } = options;
  const { "service-guid": serviceGuid, "service-manifest-version": version } = options;
  const bound =
    serviceProvider === undefined ? await reportDataOf(options) : serviceNonceOf(options);
  const level = privlevel === undefined ? undefined : parseNumber(privlevel, "--privlevel", 3);
  const manifestVersion =
    version === undefined
      ? undefined
      : parseNumber(version, "--service-manifest-version", 0xffff_ffff);
  return {
    ...bound,
    request: {
      reportData: bound.reportData,
      ...(level === undefined ? {} : { privlevel: level }),
      ...(serviceProvider === undefined ? {} : { serviceProvider }),
      ...(serviceGuid === undefined ? {} : { serviceGuid }),
      ...(manifestVersion === undefined ? {} : { serviceManifestVersion: manifestVersion }),
    },
  };
}

interface Bound {
  readonly reportData: Uint8Array;
  readonly meaning: string;
  readonly verifyOptions: string;
}

/** Report data as `greenlight verify` builds it. */
async function reportDataOf(options: AttestOptions): Promise<Bound> {
  const { "report-data": given, nonce, key, random } = options;
  oneOf([
    ["--report-data", given !== undefined],
    ["--random", random],
    ["--nonce with --key", nonce !== undefined || key !== undefined],
  ]);
  if (given !== undefined) {
    const reportData = padded(parseBytesUpTo(given, "--report-data", 64));
    return raw(reportData, "as given");
  }
  if (random) return raw(randomBytes(64), "random");
  if (nonce === undefined) {
    throw new UsageError("missing-option", "--key needs a nonce", "add --nonce HEX");
  }
  if (key === undefined) {
    throw new UsageError(
      "missing-option",
      "--nonce alone does not say what the report data is",
      "add --key FILE; if the nonce itself is the report data, give it as --report-data",
    );
  }
  const nonceBytes = parseBytesUpTo(nonce, "--nonce", MAX_NONCE_SIZE);
  // What the verifier's --key stands for when it is given the same file.
  const { readKeyBytes } = await import("../../input/public-key.ts");
  const keyBytes = readKeyBytes(key, { orRaw: true });
  return {
    reportData: createHash("sha512").update(nonceBytes).update(keyBytes).digest(),
    meaning: "SHA-512 of nonce and key",
    verifyOptions: `--nonce ${hexEncode(nonceBytes)} --key ${quoted(key)}`,
  };
}

/** The 64 bytes that an SVSM hashes together with its manifest. */
function serviceNonceOf(options: AttestOptions): Bound {
  const { "report-data": given, nonce, key, random } = options;
  if (given !== undefined || key !== undefined) {
    throw new UsageError(
      "conflicting-options",
      `${key === undefined ? "--report-data" : "--key"} and --service-provider are both given`,
      "the SVSM makes the report data itself, of a nonce and its manifest: give --nonce or --random",
    );
  }
  oneOf([
    ["--nonce", nonce !== undefined],
    ["--random", random],
  ]);
  const reportData = nonce === undefined ? randomBytes(64) : parseBytesUpTo(nonce, "--nonce", 64);
  if (reportData.length !== 64) {
    throw new UsageError(
      "bad-value",
      `--nonce has ${reportData.length} bytes`,
      "for services it has 64: 128 hexadecimal digits",
    );
  }
  return {
    reportData,
    meaning: `${random ? "random " : ""}nonce of the services' report`,
    verifyOptions: `--svsm --nonce ${hexEncode(reportData)}`,
  };
}

function raw(reportData: Uint8Array, meaning: string): Bound {
  return { reportData, meaning, verifyOptions: `--report-data ${hexEncode(reportData)}` };
}

function padded(bytes: Uint8Array): Uint8Array {
  const reportData = new Uint8Array(64);
  reportData.set(bytes);
  return reportData;
}

function oneOf(ways: readonly (readonly [name: string, given: boolean])[]): void {
  const given = ways.filter(([, isGiven]) => isGiven);
  if (given.length === 1) return;
  const names = ways.map(([name]) => name).join(", or ");
  if (given.length === 0) {
    throw new UsageError(
      "missing-option",
      "nothing says what the report is to speak for",
      `give ${names}`,
    );
  }
  throw new UsageError(
    "conflicting-options",
    `${given.map(([name]) => name).join(" and ")} are both given`,
    "give one of them",
  );
}

/** A path as a shell takes it. */
export function quoted(path: string): string {
  return /^[\w./:@%+,-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
