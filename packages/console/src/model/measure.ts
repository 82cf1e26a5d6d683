// SPDX-License-Identifier: Apache-2.0
// The launch digest a firmware and its parameters give, computed in small pieces; and the search for
// the number and type of vCPUs that give a digest.

import { hexEncode } from "@greenlight/core/bytes";
import { FOUR_GIB } from "@greenlight/core/firmware";
import type { LaunchFirmware } from "@greenlight/core/firmware";
import {
  LaunchDigest,
  allEpycTypes,
  digestSet,
  digestSetSize,
  extendBy,
  snpPlan,
} from "@greenlight/core/launch";
import type { DigestSetEntry, SnpParameters, VmsaProfile } from "@greenlight/core/launch";
import { Turns } from "./pause.ts";
import type { Progress } from "./pause.ts";

/** Bytes measured between two turns of the page: 16 pages. */
const PIECE = 0x1_0000;

/**
 * The SEV-SNP launch digest, 48 bytes.
 * @throws {LaunchError} when the firmware does not suit or a parameter is out of range.
 * @throws {DOMException} AbortError when stopped.
 */
export async function measureLaunch(
  parameters: SnpParameters,
  signal: AbortSignal,
  progress: Progress,
): Promise<Uint8Array> {
  const turns = new Turns(signal);
  const { steps, seed } = snpPlan(parameters);
  const digest = new LaunchDigest(seed);
  const total = steps.reduce((sum, { size, repeat }) => sum + size * repeat, 0);
  let done = 0;
  for (const step of steps) {
    for (let time = 0; time < step.repeat; time++) {
      for (let offset = 0; offset < step.size; offset += PIECE) {
        const size = Math.min(PIECE, step.size - offset);
        extendBy(digest, {
          ...step,
          gpa: step.gpa + offset,
          size,
          repeat: 1,
          ...(step.data === undefined ? {} : { data: pieceOf(step.data, offset, size) }),
        });
        done += size;
        progress(done / total);
        await turns.pause();
      }
    }
  }
  return digest.value();
}

/** What a search tries. */
export interface SearchRequest extends Pick<SnpParameters, "kernelHashes" | "sevFeatures"> {
  readonly firmware: LaunchFirmware;
  readonly profiles: readonly VmsaProfile[];
  readonly mostVcpus: number;
  /** 48 bytes. */
  readonly wanted: Uint8Array;
}

/**
 * The launch with this digest among all vCPU counts, EPYC models and profiles; undefined when none of
 * them gives it. A digest that more than one gives is answered with the first.
 * @throws {LaunchError} when the firmware does not suit or a parameter is out of range.
 * @throws {DOMException} AbortError when stopped.
 */
export async function searchLaunch(
  { wanted, mostVcpus, ...request }: SearchRequest,
  signal: AbortSignal,
  progress: Progress,
): Promise<DigestSetEntry | undefined> {
  const turns = new Turns(signal);
  const target = hexEncode(wanted);
  const set = {
    ...request,
    ovmfHash: await hashFirmware(request.firmware, turns, (done) => progress(done / 2)),
    mode: "snp" as const,
    vcpus: Array.from({ length: mostVcpus }, (_, i) => i + 1),
    vcpuTypes: allEpycTypes(),
    sevFeatures: [request.sevFeatures],
  };
  const size = digestSetSize(set);
  let tried = 0;
  for (const entry of digestSet(set)) {
    if (hexEncode(entry.digest) === target) return entry;
    tried += 1;
    progress(0.5 + tried / size / 2);
    await turns.pause();
  }
  return undefined;
}

/** The digest after the firmware's pages, which every launch of a search begins with. */
async function hashFirmware(
  { size, bytes }: LaunchFirmware,
  turns: Turns,
  progress: Progress,
): Promise<Uint8Array> {
  const digest = new LaunchDigest();
  for (let offset = 0; offset < size; offset += PIECE) {
    const piece = pieceOf(bytes, offset, Math.min(PIECE, size - offset));
    digest.extendPages("NORMAL", FOUR_GIB - size + offset, piece);
    progress(offset / size);
    await turns.pause();
  }
  return digest.value();
}

/** Part of some data; all of it as the same array, whose hash LaunchDigest then remembers. */
function pieceOf(data: Uint8Array, offset: number, size: number): Uint8Array {
  return size === data.length ? data : data.subarray(offset, offset + size);
}
