// SPDX-License-Identifier: Apache-2.0
// The inputs of `greenlight verify sev`: files of certificates, roots of simulators, what is demanded.

import { LayoutError } from "@greenlight/core/bytes";
import {
  AMD_SEV_ROOTS,
  SEV_CHAIN_FILE_LIMIT,
  ownerFingerprint,
  readSevChain,
} from "@greenlight/core/sev-endorsement";
import type {
  SevCertificate,
  SevChainFiles,
  SevChainPolicy,
  SevFirmwareVersion,
  SevTrustRoot,
} from "@greenlight/core/sev-endorsement";
import { UsageError } from "../../../command/usage-error.ts";
import { parseBytes } from "../../../input/digest.ts";
import { readBounded } from "../../../input/file.ts";
import { naming } from "../../../input/named-error.ts";
import { parseNumber } from "../../../input/number.ts";
import { readStdin } from "../../../input/stdin.ts";
import { CHIP_ID_SIZE, readHostStatement } from "./host-statement.ts";
import type { VerifySevOptions } from "./options.ts";

/** What was given of a platform. */
interface GivenPlatform {
  readonly chain: SevChainFiles;
  /** Of the chip, 64 bytes: as the option says, else as a host states it. */
  readonly chipId?: Uint8Array;
}

/**
 * Reads the certificates of all files.
 * @throws {UsageError} {LayoutError} for files that cannot be read or hold something else.
 */
export async function readPlatform(
  paths: readonly string[],
  options: Pick<VerifySevOptions, "chip-id">,
): Promise<GivenPlatform> {
  if (paths.filter((path) => path === "-").length > 1) {
    throw new UsageError("conflicting-options", "two files are -, standard input is one file");
  }
  const files: { readonly name: string; readonly bytes: Uint8Array }[] = [];
  const given = options["chip-id"];
  let chipId = given === undefined ? undefined : parseBytes(given, "--chip-id", CHIP_ID_SIZE);
  for (const path of paths) {
    const bytes = await readFile(path);
    const name = path === "-" ? "standard input" : path;
    const statement = readHostStatement(name, bytes);
    if (statement === undefined) files.push({ name, bytes });
    else files.push(...statement.files);
    chipId ??= statement?.chipId;
  }
  const chain = readSevChain(files);
  return { chain, ...(chipId === undefined ? {} : { chipId }) };
}

type DemandOptions = Pick<VerifySevOptions, "build" | "cek" | "minimum-api" | "owner" | "product">;

/**
 * What is demanded of the platform.
 * @throws {UsageError} `bad-value`.
 */
export async function policyOf(options: DemandOptions): Promise<SevChainPolicy> {
  const { product, owner, cek, build, "minimum-api": minimum } = options;
  const owners = await Promise.all(owner.map(ownerOf));
  return {
    ...(product.length === 0 ? {} : { products: productsOf(product) }),
    ...(owners.length === 0 ? {} : { owners }),
    ...(minimum === undefined ? {} : { minimumApi: parseApi(minimum) }),
    ...(build === undefined ? {} : { reportedBuild: parseNumber(build, "--build", 255) }),
    ...(cek === undefined ? {} : { cekOfKds: await readOne(cek, "--cek", "cek") }),
  };
}

/** The roots that are trusted: AMD's, and those of simulators that were named. */
export async function rootsOf(paths: readonly string[]): Promise<readonly SevTrustRoot[]> {
  return [...AMD_SEV_ROOTS, ...(await Promise.all(paths.map(simulatorRoot)))];
}

/** The options take only names of product lines; this tells the compiler which. */
function productsOf(names: readonly string[]): NonNullable<SevChainPolicy["products"]> {
  return AMD_SEV_ROOTS.flatMap(({ line }) => (names.includes(line) ? [line] : []));
}

function parseApi(text: string): SevFirmwareVersion {
  const parts = text.trim().split(".");
  const [major, minor, build] = parts.map((part) =>
    /^\d{1,3}$/.test(part) && Number(part) <= 255 ? Number(part) : undefined,
  );
  if (major === undefined || minor === undefined || parts.length > 3) throw badApi(text);
  if (parts.length === 2) return { major, minor };
  if (build === undefined) throw badApi(text);
  return { major, minor, build };
}

function badApi(text: string): UsageError {
  return new UsageError(
    "bad-value",
    `--minimum-api is ${JSON.stringify(text.slice(0, 40))}`,
    "write it as MAJOR.MINOR or MAJOR.MINOR.BUILD in decimal, such as 1.55 or 0.17.22",
  );
}

async function ownerOf(text: string): Promise<string> {
  if (/^[0-9a-f]{64}$/i.test(text)) return text.toLowerCase();
  return ownerFingerprint(await readOne(text, "--owner", "oca"));
}

/** The certificate of that kind in a file. */
async function readOne(
  path: string,
  option: string,
  place: "cek" | "oca",
): Promise<SevCertificate> {
  const chain = await naming(path, async () => readSevChain([await fileNamed(path)]));
  const found = chain[place];
  const [contradiction] = chain.contradictions;
  if (contradiction !== undefined) {
    throw new UsageError("bad-value", `${option}: ${contradiction}`, "give a file with one only");
  }
  if (found !== undefined) return found;
  throw new UsageError(
    "bad-value",
    `${option} ${JSON.stringify(path)}: holds no ${place.toUpperCase()}`,
    "is it the right file? `greenlight inspect` shows what is in it",
  );
}

/**
 * A root of trust out of a file with the ARK of a simulator, and its ASK where it does not come with the
 * chain.
 * @throws {UsageError} `bad-value` for anything else, and for a root of AMD's, which needs no option.
 */
async function simulatorRoot(path: string): Promise<SevTrustRoot> {
  const refuse = (reason: string, hint: string): never => {
    throw new UsageError("bad-value", `--simulator-root ${JSON.stringify(path)}: ${reason}`, hint);
  };
  const { ark, ask, contradictions } = readSevChain([await fileNamed(path)]);
  if (contradictions.length > 0) return refuse(contradictions.join("; "), "give one root a file");
  if (ark === undefined) return refuse("has no ARK", "give the simulator's ASK and ARK");
  if (AMD_SEV_ROOTS.some((root) => Buffer.compare(root.ark.modulus, ark.modulus) === 0)) {
    return refuse("is AMD's own root", "leave the option out");
  }
  return { origin: "simulator", ark, ...(ask === undefined ? {} : { ask }) };
}

async function fileNamed(path: string): Promise<{ name: string; bytes: Uint8Array }> {
  return { name: path, bytes: await readFile(path) };
}

async function readFile(path: string): Promise<Uint8Array> {
  if (path === "-") return readStdin(SEV_CHAIN_FILE_LIMIT);
  return readBounded(path, SEV_CHAIN_FILE_LIMIT);
}

/** The legacy attestation report of a file, binary or base64 text. */
export async function readReportBytes(path: string): Promise<Uint8Array> {
  const { sevCertificateBytes } = await import("@greenlight/core/sev-endorsement");
  const bytes = await readFile(path);
  try {
    return sevCertificateBytes(bytes);
  } catch (error) {
    // Not text after all: what it is instead, its decoder tells.
    if (error instanceof LayoutError) return bytes;
    throw error;
  }
}
