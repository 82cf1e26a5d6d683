// SPDX-License-Identifier: Apache-2.0
// The launch that is compared with the report: its parameters, and the digest they give.

import { computed, signal } from "@preact/signals";
import { hexEncode } from "@greenlight/core/bytes";
import { LaunchError, VMSA_PROFILES } from "@greenlight/core/launch";
import type { SnpParameters } from "@greenlight/core/launch";
import { LayoutError } from "@greenlight/core/bytes";
import { hashFile } from "../model/hash-file.ts";
import { launchParameters } from "../model/launch-form.ts";
import type { BootHashes, LaunchForm } from "../model/launch-form.ts";
import { measureLaunch, searchLaunch } from "../model/measure.ts";
import { isStopped } from "../model/pause.ts";
import { roles } from "./session.ts";

/** What the form says. */
export const form = signal<LaunchForm>({
  vcpus: "1",
  model: "EPYC",
  signature: "",
  profile: "qemu",
  features: "0x1",
  cmdline: "",
});

/** Kernel and initrd as far as they were chosen. */
export const boot = signal<BootHashes>({});

/** How far something long is. */
export type Work<T> =
  | { readonly state: "none" }
  | { readonly state: "working"; readonly what: string; readonly done: number }
  | { readonly state: "done"; readonly result: T }
  | { readonly state: "failed"; readonly reason: string; readonly hint?: string };

/** The digest of the form; hexadecimal. */
export const computedDigest = signal<Work<string>>({ state: "none" });
/** What a search found, in words. */
export const searched = signal<Work<string>>({ state: "none" });

/** Profiles a SEV-SNP guest can have. */
export const PROFILES = VMSA_PROFILES.filter(({ modes }) => modes.includes("snp"));

/** Most vCPUs a search tries. */
export const SEARCHED_VCPUS = 64;

let stopper: AbortController | undefined;

/** Stops what is going on. */
export function stopWork(): void {
  stopper?.abort();
}

/** The parameters of the form, or why there are none. */
const parameters = computed(() => {
  const image = roles.value.firmware?.image;
  return image === undefined ? undefined : launchParameters(image, form.value, boot.value);
});

/** Computes the digest of the form. */
export async function compute(): Promise<void> {
  const wanted = parameters.peek();
  searched.value = { state: "none" };
  if (wanted === undefined) {
    stopWork();
    computedDigest.value = { state: "none" };
    return;
  }
  if ("problem" in wanted) {
    stopWork();
    computedDigest.value = { state: "failed", reason: wanted.problem };
    return;
  }
  await work(computedDigest, "measuring", async (signal_, progress) =>
    hexEncode(await measureLaunch(wanted.parameters, signal_, progress)),
  );
}

/** Looks for the vCPUs and profile that give a digest. */
export async function search(wanted: Uint8Array): Promise<void> {
  const now = parameters.peek();
  const image = roles.peek().firmware?.image;
  if (now === undefined || "problem" in now || image === undefined) return;
  const { kernelHashes, sevFeatures } = now.parameters satisfies SnpParameters;
  await work(searched, "searching", async (signal_, progress) => {
    const request = {
      firmware: image,
      profiles: PROFILES,
      mostVcpus: SEARCHED_VCPUS,
      sevFeatures,
      wanted,
      ...(kernelHashes === undefined ? {} : { kernelHashes }),
    };
    const found = await searchLaunch(request, signal_, progress);
    if (found === undefined) return "";
    form.value = {
      ...form.peek(),
      vcpus: String(found.vcpus),
      profile: found.profile.id,
      ...(found.vcpuType === undefined ? {} : { model: found.vcpuType.name }),
    };
    computedDigest.value = { state: "done", result: hexEncode(found.digest) };
    const type = found.vcpuType === undefined ? "any model" : found.vcpuType.name;
    return `${found.vcpus} vCPUs, ${type}, profile ${found.profile.id}`;
  });
}

/** Takes a kernel or an initrd: only its hash is kept. */
export async function chooseBootFile(
  what: "kernel" | "initrd",
  file: File | undefined,
): Promise<void> {
  if (file === undefined) {
    const { [what]: _forgotten, ...rest } = boot.peek();
    boot.value = rest;
    await compute();
    return;
  }
  await work(computedDigest, `hashing ${file.name}`, async (signal_, progress) => {
    const hash = await hashFile(file, signal_, progress);
    boot.value = { ...boot.peek(), [what]: { name: file.name, hash } };
    return "";
  });
  await compute();
}

async function work<T>(
  target: { value: Work<T> },
  what: string,
  run: (signal: AbortSignal, progress: (done: number) => void) => Promise<T>,
): Promise<void> {
  stopWork();
  const mine = new AbortController();
  stopper = mine;
  target.value = { state: "working", what, done: 0 };
  let shown = 0;
  try {
    const result = await run(mine.signal, (done) => {
      // A hundred steps are enough for a bar.
      if (done - shown < 0.01) return;
      shown = done;
      target.value = { state: "working", what, done };
    });
    if (stopper === mine) target.value = { state: "done", result };
  } catch (error) {
    if (isStopped(error)) {
      if (stopper === mine) target.value = { state: "failed", reason: "stopped" };
    } else if (error instanceof LaunchError || error instanceof LayoutError) {
      const { message, hint } = error;
      target.value = { state: "failed", reason: message, ...(hint === undefined ? {} : { hint }) };
    } else {
      throw error;
    }
  }
}
