// SPDX-License-Identifier: Apache-2.0
// The lab host: a command line of a machine with SEV, run on one without. QEMU emulates the processors,
// the software secure processor measures and decrypts, and clients talk to QMP as they always do.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import type { Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { QmpError } from "../qmp/index.ts";
import { applyFaults } from "./command-line/apply-faults.ts";
import { readCommandLine } from "../machine/lint/command-line.ts";
import type { CommandOption } from "../machine/lint/command-line.ts";
import { formatCommandLine } from "./command-line/format.ts";
import { Emulator, qemuVersion } from "./machine/emulator.ts";
import type { EmulatorEnd } from "./machine/emulator.ts";
import { LabError } from "./error.ts";
import type { GuestLaunch, LaunchHost } from "./launch/guest-launch.ts";
import type { Lab, LabEnd, LabNote, LabOptions } from "./lab-types.ts";
import { loadMachine, loadedHashes } from "./machine/load-machine.ts";
import { LabOutput } from "./output.ts";
import { QmpProxy } from "./monitor/proxy.ts";
import type { CommandHandler } from "./monitor/proxy.ts";
import { CommandRefusal, QemuRefusal } from "./qemu-refusal.ts";
import { readRequest } from "./command-line/request.ts";
import type { LabRequest } from "./command-line/request.ts";
import { rewrite } from "./command-line/rewrite.ts";
import type { LabSockets } from "./command-line/rewrite.ts";
import { SEV_COMMANDS, blocked } from "./monitor/sev-commands.ts";
import { SevLaunch } from "./launch/sev-launch.ts";
import { SnpLaunch } from "./launch/snp-launch.ts";
import { ReportMaker, serveReports } from "./reports/service.ts";
import { findDeadLoop } from "./machine/watch.ts";

/** QEMU as it is usually called. */
const USUAL_BINARY = "qemu-system-x86_64";

/**
 * Starts a lab. What the imitated host refuses is no error: the lab is there and has ended, with QEMU's
 * words and exit code 1.
 * @throws {LabError} for a command line that cannot be run here, or QEMU that cannot.
 */
export async function startLab(options: LabOptions): Promise<Lab> {
  const used = applyFaults(readCommandLine(options.args).options, options.faults ?? {});
  const running = new RunningLab(options);
  try {
    await running.start(used);
  } catch (error) {
    if (error instanceof QemuRefusal) {
      await running.giveUp(error);
    } else if (
      !(error instanceof QmpError || error instanceof LabError) ||
      !(await running.isGone())
    ) {
      await running.stop();
      throw error;
    }
  }
  return running;
}

class RunningLab implements Lab, CommandHandler {
  readonly ended: Promise<LabEnd>;
  readonly firmwareRefused: Promise<LabNote | undefined>;
  readonly #options: LabOptions;
  readonly #output: LabOutput;
  readonly #resolveEnded: (end: LabEnd) => void;
  readonly #resolveRefused: (note: LabNote | undefined) => void;
  #privateFolder: string | undefined;
  #emulator: Emulator | undefined;
  #launch: GuestLaunch | undefined;
  #proxy: QmpProxy | undefined;
  #reports: Socket | undefined;
  /** QEMU's exit code, where the lab ends the emulator in QEMU's place. */
  #exitCode: number | undefined;
  #isOver = false;
  #isResumed = false;

  constructor(options: LabOptions) {
    this.#options = options;
    this.#output = new LabOutput(basename(options.binary ?? USUAL_BINARY), options);
    const ended = Promise.withResolvers<LabEnd>();
    this.ended = ended.promise;
    this.#resolveEnded = ended.resolve;
    const refused = Promise.withResolvers<LabNote | undefined>();
    this.firmwareRefused = refused.promise;
    this.#resolveRefused = refused.resolve;
  }

  get pid(): number | undefined {
    return this.#emulator?.pid;
  }

  get notes(): readonly LabNote[] {
    return this.#output.notes;
  }

  readonly stderr = (): string => this.#output.text();

  /** Everything up to a guest that waits for `cont`, or runs where it was not told to wait. */
  async start(used: readonly CommandOption[]): Promise<void> {
    const { faults = {}, folder, platform, binary = USUAL_BINARY } = this.#options;
    for (const name of Object.keys(faults)) {
      this.#output.note("fault", `the host misbehaves on purpose: ${name}`);
    }
    const qemu = await qemuVersion(binary);
    const request = readRequest(used);
    const { guest } = request;
    const host: LaunchHost = {
      platform,
      qemu,
      folder,
      note: (id, text) => this.#output.note(id, text),
    };
    if (guest?.kind === "sev") this.#launch = await SevLaunch.start(host, guest);
    if (guest?.kind === "sev-snp") this.#launch = SnpLaunch.start(host, guest);
    const sockets = await this.#makeSockets();
    // While QEMU starts, which takes as long. What is wrong with the files is told when it runs.
    const hashes = loadedHashes(request, folder);
    hashes.catch(() => undefined);
    const emulator = await this.#emulate(used, request, sockets, qemu.major);
    if (emulator === undefined) return;
    await this.#launch?.load(await loadMachine(emulator, { request, hashes, line: platform.line }));
    const { snp } = platform;
    if (this.#launch instanceof SnpLaunch && snp !== undefined && sockets.tsm !== undefined) {
      const maker = new ReportMaker(snp, this.#launch, faults.report);
      this.#reports = serveReports(sockets.tsm, maker);
    }
    if (faults.killAt === "start") {
      emulator.kill();
      await this.ended;
      return;
    }
    this.#proxy = new QmpProxy(emulator.monitor, this, faults.messages);
    for (const path of request.qmpSockets) await this.#proxy.listen(resolve(folder, path));
    if (request.paused) return;
    await this.#launch?.finish();
    await emulator.monitor.execute("cont");
    this.#resumed();
  }

  /** Whether the emulator ended by itself, which is no error of the lab. */
  async isGone(): Promise<boolean> {
    if (this.#emulator === undefined) return false;
    // Connections break a moment before the end of the process is known.
    const soon = wait(1000, false, { ref: false });
    return Promise.race([this.ended.then(() => true), soon]);
  }

  /** Ends as QEMU does when it gives up. */
  async giveUp(refusal: QemuRefusal): Promise<void> {
    this.#output.qemu(refusal.lines);
    this.#exitCode = 1;
    if (this.#emulator === undefined) {
      await this.#over({});
      return;
    }
    this.#emulator.kill();
    await this.ended;
  }

  async stop(): Promise<LabEnd> {
    if (this.#emulator === undefined) await this.#over({});
    else await this.#emulator.stop();
    return this.ended;
  }

  async answer(
    command: string,
    args: Readonly<Record<string, unknown>>,
  ): Promise<{ readonly value: unknown } | "pass-on"> {
    const { platform, faults = {} } = this.#options;
    if (command === faults.killAt) {
      this.#emulator?.kill();
      await this.ended;
      throw new LabError("emulator", "QEMU was killed");
    }
    const launch = this.#launch;
    if (launch === undefined) return "pass-on";
    if (command === "cont") {
      await this.#finish(launch);
      return "pass-on";
    }
    const reason = blocked(command);
    if (reason !== undefined) throw new CommandRefusal(reason);
    const own = Object.hasOwn(SEV_COMMANDS, command) ? SEV_COMMANDS[command] : undefined;
    if (own === undefined) return "pass-on";
    return { value: await own({ platform, launch, faults }, args) };
  }

  /** What the first `cont` does before processors run. */
  async #finish(launch: GuestLaunch): Promise<void> {
    try {
      await launch.finish();
    } catch (error) {
      if (!(error instanceof QemuRefusal)) throw error;
      await this.giveUp(error);
      throw new LabError("emulator", "QEMU gave up", undefined, error);
    }
    this.#resumed();
  }

  #resumed(): void {
    const emulator = this.#emulator;
    if (this.#isResumed || emulator === undefined || this.#isOver) return;
    this.#isResumed = true;
    this.#output.note("resumed", "the guest's processors run");
    void this.#watch(emulator);
  }

  /** Notices firmware that stops without a word. */
  async #watch(emulator: Emulator): Promise<void> {
    const rip = await findDeadLoop(emulator, () => this.#isOver);
    if (rip === undefined) return;
    const text =
      `the firmware has stopped for ever at 0x${rip.toString(16)} without a word, as it does when ` +
      "kernel, initrd or command line are not those of the measured table";
    this.#resolveRefused(this.#output.note("firmware-refused", text, true));
  }

  async #makeSockets(): Promise<LabSockets> {
    // mkdtemp makes it for the owner alone (0700): over these sockets all of guest memory is open.
    const folder = await mkdtemp(join(tmpdir(), "greenlight-lab-"));
    this.#privateFolder = folder;
    const tsm = this.#launch?.kind === "sev-snp" ? { tsm: join(folder, "tsm") } : {};
    return { qmp: join(folder, "qmp"), qtest: join(folder, "qtest"), ...tsm };
  }

  /** @returns undefined when the emulator refused its arguments and is gone. */
  async #emulate(
    used: readonly CommandOption[],
    request: LabRequest,
    sockets: LabSockets,
    major: number,
  ): Promise<Emulator | undefined> {
    const { binary = USUAL_BINARY, folder, stdio = "ignore", faults = {} } = this.#options;
    const loaded = withKernel(used, request, faults.kernelBehindTable);
    const { options, changes } = rewrite(loaded.options, {
      request: loaded.request,
      sockets,
      major,
    });
    this.#output.note("emulated", "processors are emulated (TCG) and memory is not encrypted");
    for (const change of changes) this.#output.note("option-changed", change);
    const emulator = await Emulator.start({
      binary,
      args: formatCommandLine(options),
      folder,
      privateFolder: this.#privateFolder ?? folder,
      stdio,
      onStderr: (text) => this.#output.emulator(text),
    });
    this.#emulator = emulator;
    void emulator.ended.then(async (end) => this.#over(end));
    if (await emulator.connect(sockets)) return emulator;
    await this.ended;
    return undefined;
  }

  /** The guest is gone: the secure processor forgets it, and nothing is left behind. */
  async #over(end: EmulatorEnd): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#launch?.end();
    this.#emulator?.close();
    this.#reports?.destroy();
    this.#output.flush();
    this.#resolveRefused(undefined);
    await this.#proxy?.close();
    const folder = this.#privateFolder;
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    const exit = this.#exitCode === undefined ? end : { exitCode: this.#exitCode };
    this.#resolveEnded({ ...exit, stderr: this.#output.text() });
  }
}

/** The command line with another kernel than the one that is hashed. */
function withKernel(
  options: readonly CommandOption[],
  request: LabRequest,
  kernel: string | undefined,
): { readonly options: readonly CommandOption[]; readonly request: LabRequest } {
  if (kernel === undefined) return { options, request };
  const others = options.filter(({ name }) => name !== "kernel");
  return {
    options: [...others, { name: "kernel", value: kernel }],
    request: { ...request, kernel },
  };
}
