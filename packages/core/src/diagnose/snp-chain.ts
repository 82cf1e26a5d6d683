// SPDX-License-Identifier: Apache-2.0
// The search's inner loop for SEV-SNP. Firmware and sections are hashed once and forked, VMSA pages
// are hashed once each, and every further vCPU, which is a candidate of its own, is one hash of 112
// bytes: 0.8 us where this was measured.

import { hexDecode, hexEncode } from "../bytes/index.ts";
import { allocate, sha384Into } from "#crypto";
import type { FirmwareDescriptor } from "../firmware/index.ts";
import type { KernelHashes } from "../launch/kernel-hashes.ts";
import { PAGE_INFO, PAGE_TYPES } from "../launch/page-info.ts";
import type { LaunchDigest } from "../launch/page-info.ts";
import { snpOvmfHash, snpPrefix } from "../launch/snp.ts";
import { digestOf, extendBy } from "../launch/steps.ts";
import type { Chain } from "./chain.ts";
import type { FirmwareCandidate } from "./firmware-candidate.ts";
import { RULES } from "./section-rules.ts";
import { VmsaHashes } from "./vmsa-hashes.ts";
import type { VmsaPages } from "./vmsa-pages.ts";

const DIGEST = 48;
const CONTENTS = PAGE_INFO.offsetOf("contents");
const GPA = PAGE_INFO.offsetOf("gpa");

/** A firmware whose pages have been hashed. */
interface Root {
  readonly firmware: FirmwareDescriptor;
  /** By rules: the digest before the kernel-hashes section. */
  readonly stems: (LaunchDigest | undefined)[];
  /** By rules: the digest before the VMSA pages when nothing is in that section. */
  readonly plain: (Uint8Array | undefined)[];
}

/** The chain of SEV-SNP. */
export class SnpChain implements Chain {
  readonly #target: Uint8Array;
  readonly #pages: VmsaPages;
  readonly #hashes: VmsaHashes;
  readonly #info: Uint8Array;
  readonly #view: DataView;
  readonly #roots = new Map<FirmwareCandidate, Root>();
  #root: Root | undefined;
  #kernelHashes: KernelHashes | undefined;
  /** By rules: the digest before the VMSA pages, for what was entered last. */
  readonly #prefixes: (Uint8Array | undefined)[] = [];

  /** @param target The observed digest, 48 bytes. */
  constructor(target: Uint8Array, pages: VmsaPages) {
    this.#target = target;
    this.#pages = pages;
    this.#hashes = new VmsaHashes(pages);
    this.#info = allocate(PAGE_INFO.size);
    this.#view = new DataView(this.#info.buffer, this.#info.byteOffset, PAGE_INFO.size);
    this.#info.set(
      PAGE_INFO.encode({
        digestCur: new Uint8Array(DIGEST),
        contents: new Uint8Array(DIGEST),
        pageType: PAGE_TYPES.VMSA,
        imiPage: 0,
        vmpl1Perms: 0,
        vmpl2Perms: 0,
        vmpl3Perms: 0,
        gpa: 0n,
      }),
    );
  }

  enter(firmware: FirmwareCandidate, hashes: KernelHashes | undefined): void {
    let root = this.#roots.get(firmware);
    if (root === undefined) {
      root = rootOf(firmware);
      this.#roots.set(firmware, root);
    }
    this.#root = root;
    this.#kernelHashes = hashes;
    this.#prefixes.length = 0;
  }

  walk(vmsa: number, first: number, last: number): number {
    const info = this.#info;
    const root = this.#root!;
    const place = this.#hashes.place(vmsa, root.firmware.resetEip ?? 0);
    const gpa = this.#pages.gpa(vmsa);
    this.#view.setUint32(GPA, gpa % 0x1_0000_0000, true);
    this.#view.setUint32(GPA + 4, Math.floor(gpa / 0x1_0000_0000), true);
    info.set(this.#prefix(this.#pages.rules(vmsa)));
    info.set(this.#hashes.boot(place), CONTENTS);
    sha384Into(info, info, 0);
    if (first === 1 && this.#isTarget()) return 1;
    if (last === 1) return 0;
    info.set(this.#hashes.application(place), CONTENTS);
    const start = this.#target[0];
    for (let vcpus = 2; vcpus <= last; vcpus++) {
      sha384Into(info, info, 0);
      if (info[0] === start && vcpus >= first && this.#isTarget()) return vcpus;
    }
    return 0;
  }

  #isTarget(): boolean {
    for (let i = 0; i < DIGEST; i++) if (this.#info[i] !== this.#target[i]) return false;
    return true;
  }

  #prefix(rules: number): Uint8Array {
    const known = this.#prefixes[rules];
    if (known !== undefined) return known;
    const hashes = this.#kernelHashes;
    const prefix = hashes === undefined ? this.#plain(rules) : this.#hashed(rules, hashes);
    this.#prefixes[rules] = prefix;
    return prefix;
  }

  #plain(rules: number): Uint8Array {
    const { firmware, plain } = this.#root!;
    const known = plain[rules];
    if (known !== undefined) return known;
    const { steps, seed } = snpPrefix({ firmware }, RULES[rules]!);
    const prefix = digestOf(steps, seed).value();
    plain[rules] = prefix;
    return prefix;
  }

  #hashed(rules: number, kernelHashes: KernelHashes): Uint8Array {
    const { firmware, stems } = this.#root!;
    const { steps, seed } = snpPrefix({ firmware, kernelHashes }, RULES[rules]!);
    // The table is the only section with contents; what comes before it is the same for all tables.
    const table = steps.findIndex(({ pageType }) => pageType === "NORMAL");
    const shared = table < 0 ? steps.length : table;
    stems[rules] ??= digestOf(steps.slice(0, shared), seed);
    const digest = stems[rules].fork();
    for (const step of steps.slice(shared)) extendBy(digest, step);
    return digest.value();
  }
}

function rootOf(candidate: FirmwareCandidate): Root {
  const firmware = { ...candidate.layout, sha256: null, ovmfHash: hexEncode(pagesOf(candidate)) };
  return { firmware, stems: [], plain: [] };
}

/** The digest after the firmware's pages. */
function pagesOf({ ovmfHash, load }: FirmwareCandidate): Uint8Array {
  if (ovmfHash !== undefined) return ovmfHash;
  const firmware = load();
  return "bytes" in firmware ? snpOvmfHash(firmware) : hexDecode(firmware.ovmfHash);
}
