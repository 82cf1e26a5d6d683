// SPDX-License-Identifier: Apache-2.0
// A domain of libvirt, as the hypervisor of a launch. It is known to be gone by asking again and again.

import { setTimeout as wait } from "node:timers/promises";
import type { GuestEnd, Hypervisor } from "../launch/hypervisor.ts";
import { readVersion } from "./answers.ts";
import { LibvirtDomain } from "./domain.ts";
import type { LibvirtOptions } from "./domain.ts";
import { LibvirtError } from "./error.ts";

/** How a domain is watched. */
export interface LibvirtHypervisorOptions extends LibvirtOptions {
  /** Pause between two looks at the domain's state, 1000 unless given. */
  readonly watchMs?: number;
  /** How long a destroyed domain may take to be gone, 30000 unless given. */
  readonly goneMs?: number;
}

const WATCH_MS = 1000;
const GONE_MS = 30_000;

/** As often libvirt may fail to answer before the domain is given up. */
const MAX_FAILURES = 5;

/**
 * A domain that is started, paused or not; see {@link LibvirtDomain} for starting it.
 * @throws {LibvirtError} when libvirt cannot be reached, or the domain does not exist.
 */
export async function libvirtHypervisor(options: LibvirtHypervisorOptions): Promise<Hypervisor> {
  const domain = new LibvirtDomain(options);
  const version = readVersion(await domain.version());
  await domain.state();
  const closed = new AbortController();
  const ended = watch(domain, options.watchMs ?? WATCH_MS, closed.signal);
  return {
    kind: "libvirt",
    version,
    platformExport: async () => domain.platformExport(),
    launchInfo: async () => domain.launchInfo(),
    runState: async () => (await domain.state()).state,
    launchMeasurement: async () => domain.launchMeasurement(),
    attestationReport: async (mnonce) => domain.attestationReport(mnonce),
    injectSecret: async (packet) => domain.injectSecret(packet),
    resume: async () => domain.resume(),
    async kill() {
      await destroyed(domain, options.goneMs ?? GONE_MS);
    },
    ended,
    async close() {
      closed.abort();
    },
  };
}

/** Destroys a domain that may be gone already, and looks whether it is. */
async function destroyed(domain: LibvirtDomain, goneMs: number): Promise<void> {
  const end = performance.now() + goneMs;
  let refusal: LibvirtError | undefined;
  try {
    await domain.destroy();
  } catch (error) {
    if (!(error instanceof LibvirtError)) throw error;
    refusal = error;
  }
  for (;;) {
    if (await isGone(domain)) return;
    if (refusal !== undefined) throw refusal;
    if (performance.now() >= end) {
      const message = `${domain.name} was destroyed and is there after ${goneMs / 1000} s`;
      throw new LibvirtError("timeout", message, { command: "destroy" });
    }
    await wait(100);
  }
}

async function isGone(domain: LibvirtDomain): Promise<boolean> {
  try {
    return (await domain.state()).state === "shutdown";
  } catch (error) {
    // A domain without a persistent definition is forgotten when it ends.
    if (error instanceof LibvirtError && error.code === "no-domain") return true;
    throw error;
  }
}

/** Sentences for libvirt's reasons of being shut off. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ["crashed", "QEMU crashed"],
  ["daemon", "libvirt ended the domain"],
  ["destroyed", "the domain was destroyed"],
  ["failed", "the domain failed to start"],
  ["shutdown", "the guest powered off"],
]);

async function watch(
  domain: LibvirtDomain,
  watchMs: number,
  signal: AbortSignal,
): Promise<GuestEnd> {
  let failures = 0;
  while (!signal.aborted) {
    try {
      const { state, reason } = await domain.state();
      if (state === "shutdown" || state === "crashed") {
        const words = REASONS.get(reason) ?? `libvirt says: ${state} (${reason})`;
        return { reason: words, ...(reason === "shutdown" ? { byGuest: true } : {}) };
      }
      failures = 0;
    } catch (error) {
      if (!(error instanceof LibvirtError)) return { reason: String(error) };
      if (error.code === "no-domain") return { reason: "the domain is gone" };
      if (++failures >= MAX_FAILURES) return { reason: error.message };
    }
    // Only an abort ends the pause early, and the loop sees it.
    await wait(watchMs, undefined, { ref: false, signal }).catch(() => undefined);
  }
  return { reason: "the domain is not watched any more" };
}
