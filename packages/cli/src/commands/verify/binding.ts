// SPDX-License-Identifier: Apache-2.0
// What the report data must be bound to, out of the options.

import type { ReportDataBinding } from "@greenlight/core/appraisal";
import { UsageError } from "../../command/usage-error.ts";
import { parseBytesUpTo } from "../../input/digest.ts";
import type { VerifyOptions } from "./options.ts";

const HASHES = ["SHA-256", "SHA-384", "SHA-512"] as const;

/**
 * The binding that the options ask for; undefined when they ask for none.
 * @throws {UsageError} `conflicting-options` for several, `missing-option`, `bad-value`.
 */
export async function bindingOf(options: VerifyOptions): Promise<ReportDataBinding | undefined> {
  const { "report-data": reportData, nonce, key, "tls-key": tlsKey, svsm } = options;
  const kinds = [
    ...(reportData === undefined ? [] : ["--report-data"]),
    ...(key === undefined ? [] : ["--key"]),
    ...(tlsKey === undefined ? [] : ["--tls-key"]),
    ...(svsm ? ["--svsm"] : []),
  ];
  if (kinds.length > 1) {
    throw new UsageError(
      "conflicting-options",
      `${kinds.join(" and ")} bind the report data to different things`,
      "give one of them",
    );
  }
  if (nonce !== undefined && key === undefined && !svsm) {
    throw new UsageError(
      "missing-option",
      "--nonce alone does not say what the report data is",
      "add --key FILE or --svsm; if the nonce itself is the report data, give it as --report-data",
    );
  }
  if (reportData !== undefined) {
    const value = parseBytesUpTo(reportData, "--report-data", 64);
    return value.length === 64 ? { kind: "raw", reportData: value } : { kind: "padded", value };
  }
  if (key !== undefined) {
    return {
      kind: "nonce-and-key",
      nonce: nonceOf(nonce, "--key"),
      key: await keyBytes(key, true),
    };
  }
  if (tlsKey !== undefined) {
    const hash = HASHES.find((name) => name === options["tls-key-hash"]) ?? "SHA-256";
    return { kind: "tls-key", spki: await keyBytes(tlsKey, false), hash };
  }
  return svsm ? { kind: "svsm-manifest", nonce: nonceOf(nonce, "--svsm") } : undefined;
}

function nonceOf(nonce: string | undefined, option: string): Uint8Array {
  if (nonce !== undefined) return parseBytesUpTo(nonce, "--nonce", 1024);
  throw new UsageError("missing-option", `${option} needs a nonce`, "add --nonce HEX");
}

async function keyBytes(path: string, orRaw: boolean): Promise<Uint8Array> {
  const { readKeyBytes } = await import("../../input/public-key.ts");
  return readKeyBytes(path, { orRaw });
}
