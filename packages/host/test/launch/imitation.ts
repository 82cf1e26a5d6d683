// SPDX-License-Identifier: Apache-2.0
// A host for launches, imitated around the software secure processor: it measures real bytes, checks
// real sessions and packets, and can fail or lie at every step.

import { readFileSync } from "node:fs";
import type { Duplex } from "node:stream";
import { base64Decode } from "@greenlight/core/bytes";
import type { Finding } from "@greenlight/core/finding";
import { createPlatform, systemRandom } from "@greenlight/psp/platform";
import type { Platform, PlatformLine } from "@greenlight/psp/platform";
import type { LaunchHost, OfferedFiles } from "../../src/launch/host.ts";
import type { GuestEnd, Hypervisor, LaunchInfo, RunState } from "../../src/launch/hypervisor.ts";
import { QmpError } from "../../src/qmp/error.ts";

/** Where an imitated host can fail. */
export const STEPS = [
  "check",
  "platformExport",
  "open",
  "launchInfo",
  "runState",
  "launchMeasurement",
  "injectSecret",
  "resume",
  "kill",
] as const;

/** A step of an imitated host. */
export type Step = (typeof STEPS)[number];

/** How it fails there: answers with an error, never answers, or the guest dies. */
export type Failure = "error" | "silence" | "death";

/** What the host does, where it does not do as it is told. */
export interface ImitationOptions {
  readonly platform: Platform;
  /** What is measured, piece after piece, besides the VMSA pages. */
  readonly pieces: readonly Uint8Array[];
  readonly vmsas?: readonly Uint8Array[];
  /** Given to LAUNCH_START in place of the session's. */
  readonly policy: number;
  /** Session files that are used in place of the offered ones. */
  readonly session?: OfferedFiles;
  /** What it says of the launch. */
  readonly info?: Partial<Extract<LaunchInfo, { readonly type: "sev" }>>;
  /** Told in place of what was measured. */
  readonly blob?: Uint8Array;
  readonly running?: boolean;
  /** How it ends as soon as it runs: by powering off, or told to quit by its host. */
  readonly brief?: "powers-off" | "quits";
  readonly findings?: readonly Finding[];
  readonly failures?: Partial<Record<Step, Failure>>;
  /** The packet as it gets to the processor. */
  readonly tamper?: (payload: Uint8Array) => Uint8Array;
}

/** A platform that is ready for guests, as good as new for each caller. */
export function testPlatform(
  line: PlatformLine = "Milan",
  names: "simulator" | "forged-amd" = "simulator",
): Platform {
  const platform = createPlatform({
    line,
    names,
    api: { major: 1, minor: 55, build: 24 },
    es: true,
    random: systemRandom,
  });
  const { status } = platform.sev.init({ es: true });
  if (status !== "SUCCESS") throw new Error(`INIT: ${status}`);
  return platform;
}

/** An imitated host, and what became of its guest. */
export class ImitationHost implements LaunchHost {
  readonly kind = "imitation";
  readonly starts = true;
  readonly ownsGuest = false;
  /** What the guest got of the owner; what matters in the end. */
  readonly secrets: Uint8Array[] = [];
  state: "none" | "stopped" | "running" | "gone" = "none";
  /** Every call that came, in its order. */
  readonly calls: Step[] = [];
  readonly #options: ImitationOptions;
  readonly #ended = Promise.withResolvers<GuestEnd>();
  #handle = 0;
  #blob = new Uint8Array(0);

  constructor(options: ImitationOptions) {
    this.#options = options;
  }

  describe(): Record<string, string> {
    return { guest: "imitated" };
  }

  async check(): Promise<readonly Finding[]> {
    await this.#called("check");
    return this.#options.findings ?? [];
  }

  async platformExport() {
    await this.#called("platformExport");
    const exported = this.#options.platform.sev.pdhCertExport();
    if (exported.status !== "SUCCESS") throw new QmpError("refused", exported.status);
    return { pdh: exported.pdh, certChain: exported.certs };
  }

  async open(files: OfferedFiles | undefined): Promise<Hypervisor> {
    await this.#called("open");
    const { platform, pieces, vmsas = [], policy, session = files } = this.#options;
    if (session === undefined) throw new Error("a legacy launch needs a session");
    const read = (path: string): Uint8Array => base64Decode(readFileSync(path, "latin1").trim());
    const started = platform.sev.launchStart({
      handle: 0,
      policy,
      godh: read(session.godhFile),
      session: read(session.sessionFile),
    });
    if (started.status !== "SUCCESS") {
      const text = started.status === "BAD_MEASUREMENT" ? "fw_error=11 'Bad measurement'" : "";
      this.#end(`sev_launch_start: LAUNCH_START ret=1 ${text}`);
      return this.#hypervisor();
    }
    const { handle } = started;
    this.#handle = handle;
    this.state = "stopped";
    must(platform.sev.activate({ handle, asid: 1 }));
    for (const data of pieces) must(platform.sev.launchUpdateData({ handle, data }));
    for (const data of vmsas) must(platform.sev.launchUpdateVmsa({ handle, data }));
    const measured = platform.sev.launchMeasure({ handle });
    if (measured.status !== "SUCCESS") throw new Error(measured.status);
    this.#blob = Uint8Array.from(measured.blob);
    return this.#hypervisor();
  }

  async channel(): Promise<Duplex> {
    throw new Error("there is no owner channel");
  }

  async close(): Promise<void> {
    this.#leave();
  }

  #hypervisor(): Hypervisor {
    const { platform, policy, blob, info, tamper = (same) => same } = this.#options;
    return {
      kind: "imitation",
      version: "imitation 1",
      platformExport: async () => this.platformExport(),
      launchInfo: async () => {
        await this.#called("launchInfo");
        const { major, minor, build } = platform.api;
        const version = { apiMajor: major, apiMinor: minor, buildId: build };
        return { type: "sev", ...version, policy, state: "launch-secret", ...info };
      },
      runState: async (): Promise<RunState> => {
        await this.#called("runState");
        if (this.state === "running" || this.#options.running === true) return "running";
        return "prelaunch";
      },
      launchMeasurement: async () => {
        await this.#called("launchMeasurement");
        return blob ?? this.#blob;
      },
      attestationReport: async () => {
        throw new QmpError("refused", "not imitated");
      },
      injectSecret: async ({ header, payload }) => {
        await this.#called("injectSecret");
        const result = platform.sev.launchSecret({
          handle: this.#handle,
          header,
          payload: tamper(payload),
        });
        if (result.status !== "SUCCESS") throw new QmpError("refused", result.status);
        this.secrets.push(result.plaintext);
      },
      resume: async () => {
        await this.#called("resume");
        must(platform.sev.launchFinish({ handle: this.#handle }));
        this.state = "running";
        const { brief } = this.#options;
        if (brief === undefined) return;
        const end = { reason: `QEMU ${brief}`, exitCode: 0 };
        this.#ended.resolve(brief === "quits" ? end : { ...end, byGuest: true });
        this.#leave();
      },
      kill: async () => {
        await this.#called("kill");
        this.#leave();
      },
      ended: this.#ended.promise,
      close: async () => undefined,
    };
  }

  async #called(step: Step): Promise<void> {
    this.calls.push(step);
    if (this.state === "gone" && step !== "kill") throw new QmpError("closed", "QEMU is gone");
    const failure = this.#options.failures?.[step];
    if (failure === "silence") await new Promise<never>(() => undefined);
    if (failure === "death") this.#end("killed");
    if (failure !== undefined) throw new QmpError("refused", `${step} is refused`);
  }

  #end(stderr: string): void {
    this.#ended.resolve({ reason: "QEMU ended with exit code 1", exitCode: 1, stderr });
    this.#leave();
  }

  #leave(): void {
    const { sev } = this.#options.platform;
    if (this.#handle !== 0) {
      sev.deactivate({ handle: this.#handle });
      sev.decommission({ handle: this.#handle });
      sev.wbinvd();
      sev.dfFlush();
      this.#handle = 0;
    }
    this.state = "gone";
    this.#ended.resolve({ reason: "the guest was ended" });
  }
}

function must(result: { readonly status: string }): void {
  if (result.status !== "SUCCESS") throw new Error(result.status);
}
