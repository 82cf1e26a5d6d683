// SPDX-License-Identifier: Apache-2.0
// Boots of the demonstration's guest: by `greenlight launch` as a process, and by QEMU alone on the same
// machine, with the table of hashes and the secret put into memory by its command line.

import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hash } from "node:crypto";
import { readFirmware } from "@greenlight/core/firmware";
import { cmdlineHash, kernelHashesTable } from "@greenlight/core/launch";
import { parseLaunchRecord } from "@greenlight/core/launch-appraisal";
import type { LaunchRecordEntry, LaunchStep } from "@greenlight/core/launch-appraisal";
import { buildSecretTable } from "@greenlight/core/session";
import { DISK_PASSPHRASE_GUID, readGuestConsole } from "@greenlight/host/guest";
import { SCENARIOS, deviations, observe, writePlan } from "../../demo/scenarios.ts";
import type { Scenario } from "../../demo/scenarios.ts";
import type { Setting } from "../../demo/setting.ts";
import { readRequest } from "../../packages/host/src/lab/command-line/request.ts";
import { rewrite } from "../../packages/host/src/lab/command-line/rewrite.ts";
import { formatCommandLine } from "../../packages/host/src/lab/command-line/format.ts";
import { qemuVersion } from "../../packages/host/src/lab/machine/emulator.ts";
import { readCommandLine } from "../../packages/host/src/machine/lint/command-line.ts";
import type { CommandOption } from "../../packages/host/src/machine/lint/command-line.ts";
import type { Command } from "./turns.ts";

/** A machine with a hundred times the usual load ends a boot by then. */
const DEADLINE_MS = 600_000;

/** What a launch took, in milliseconds from the start of its process. */
export interface LaunchTimes {
  /** Until QEMU has answered that the guest's processors run. */
  readonly running: number;
  /** Until the process has ended, which is after the guest has powered off. */
  readonly ended: number;
  /** Of processors, by the process and what it started; undefined where the system does not tell. */
  readonly processor: number | undefined;
}

/** What a plain boot took, in milliseconds. */
export type BootTimes = Pick<LaunchTimes, "ended" | "processor">;

/** A launch that was carried out, and what it started. */
export interface MeasuredLaunch extends LaunchTimes {
  /** The machine's command line as of real hardware, without the program. */
  readonly args: readonly string[];
}

/**
 * Launches the honest plan of the demonstration.
 * @param program The command as it is shipped, up to its first argument.
 * @param id Never twice in one setting.
 * @throws Error when anything came out otherwise than it must.
 */
export async function launchOnce(
  setting: Setting,
  program: Command,
  id: string,
): Promise<MeasuredLaunch> {
  const scenario: Scenario = { ...SCENARIOS.find((each) => each.id === "honest")!, id };
  const plan = writePlan(setting, scenario);
  const command = { program: program.program, args: [...program.args, "launch", plan] };
  const begun = Date.now();
  const { code, said, ...times } = await runProcess(command, setting.folder);
  const wrong = deviations(scenario, observe(setting, scenario, code ?? -1));
  if (wrong.length > 0) throw new Error(`a launch went wrong: ${wrong.join("; ")}\n${said}`);
  const record = readFileSync(join(setting.folder, `${id}.launch/record.jsonl`), "utf8");
  const entries = parseLaunchRecord(record).flatMap((line) =>
    "entry" in line ? [line.entry] : [],
  );
  const { command: words } = entryOf(entries, "starting").detail;
  if (!Array.isArray(words)) throw new Error("the record does not tell what was started");
  return {
    running: Date.parse(entryOf(entries, "running").at) - begun,
    ended: times.ended,
    processor: times.processor,
    args: words.slice(1).map(String),
  };
}

function entryOf(entries: readonly LaunchRecordEntry[], step: LaunchStep): LaunchRecordEntry {
  const found = entries.find((entry) => entry.step === step);
  if (found === undefined) throw new Error(`the record has no step ${step}`);
  return found;
}

/** The machine of a launch, without anything that measures, listens or waits. */
export interface PlainMachine {
  readonly boot: Command;
  /** The same, which waits before its first instruction, with QMP on its standard streams. */
  readonly waiting: Command;
  readonly serial: string;
}

/** Makes the plain machine of a launch; its files go into the setting's folder. */
export async function plainMachine(
  setting: Setting,
  args: readonly string[],
): Promise<PlainMachine> {
  const { folder, binary } = setting;
  const file = (name: string, content: Uint8Array): string => {
    const path = join(folder, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  };
  const { options } = readCommandLine(args);
  const request = readRequest(options);
  const { major } = await qemuVersion(binary);
  const rewritten = rewrite(options, { request, major, sockets: { qmp: "none", qtest: "none" } });
  const serial = join(folder, "plain.serial");
  const kept = rewritten.options.flatMap((option) => keptOption(option, serial));
  const { hashTable, secret } = readFirmware(readFileSync(join(folder, "OVMF.fd")));
  if (hashTable === null || secret === null) throw new Error("the firmware has no such areas");
  const hashOf = (name: string): Uint8Array => hash("sha256", readFileSync(name), "buffer");
  const hashes = kernelHashesTable({
    kernel: hashOf(request.kernel ?? ""),
    initrd: hashOf(request.initrd ?? ""),
    cmdline: cmdlineHash(request.append ?? ""),
  });
  const secrets = buildSecretTable([{ guid: DISK_PASSPHRASE_GUID, data: setting.passphrase }]);
  const words = [
    ...formatCommandLine(kept),
    ...loader(file("plain.hashes", hashes), hashTable.base),
    ...loader(file("plain.secret", secrets), secret.base),
  ];
  return {
    boot: { program: binary, args: words },
    waiting: { program: binary, args: [...words, "-S", "-qmp", "stdio"] },
    serial,
  };
}

/** What the lab adds for itself. */
const OF_THE_LAB: ReadonlySet<string> = new Set(["S", "qmp", "qtest", "qtest-log"]);

function keptOption(option: CommandOption, serial: string): readonly CommandOption[] {
  const { name, value } = option;
  if (OF_THE_LAB.has(name)) return [];
  const isSerial = name === "chardev" && value.startsWith("file,");
  return [isSerial ? { name, value: `file,id=serial0,path=${serial}` } : option];
}

function loader(path: string, address: number): readonly string[] {
  return ["-device", `loader,file=${path},addr=0x${address.toString(16)},force-raw=on`];
}

/**
 * Boots the plain machine until it powers off.
 * @throws Error when the guest did not open its disk.
 */
export async function bootOnce({ boot, serial }: PlainMachine, folder: string): Promise<BootTimes> {
  const { code, said, ...times } = await runProcess(boot, folder);
  const { states, proof } = readGuestConsole(readFileSync(serial, "latin1"));
  if (code === 0 && states.includes("unlocked") && proof.length > 0) return times;
  throw new Error(`the plain boot went wrong: ${states.join(", ")}\n${said}`);
}

/** Starts the plain machine and ends it again. @returns milliseconds until QEMU took commands. */
export async function startOnce({ waiting }: PlainMachine, folder: string): Promise<number> {
  const { ready } = await runProcess(waiting, folder, true);
  if (ready !== undefined) return ready;
  throw new Error("QEMU did not take commands");
}

interface ProcessRun extends BootTimes {
  readonly code: number | null;
  /** Until it answered a command of QMP; only of a process that is ended then. */
  readonly ready?: number;
  /** What it wrote to its standard error. */
  readonly said: string;
}

/** Runs a process to its end, which comes with its first answer where that is all that is wanted. */
async function runProcess(
  { program, args }: Command,
  folder: string,
  untilReady = false,
): Promise<ProcessRun> {
  const stream = untilReady ? "pipe" : "ignore";
  const before = childTime();
  const start = performance.now();
  const child = spawn(program, args, { cwd: folder, stdio: [stream, stream, "pipe"] });
  let [said, heard] = ["", ""];
  let ready: number | undefined;
  child.stderr?.setEncoding("utf8").on("data", (text: string) => void (said += text));
  // The greeting comes before the machine is there, the answer after it.
  child.stdin?.write('{"execute":"qmp_capabilities"}\n');
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    heard += text;
    if (ready !== undefined || !heard.includes('"return"')) return;
    ready = performance.now() - start;
    child.kill("SIGTERM");
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), DEADLINE_MS);
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.once("error", reject);
  child.once("exit", resolve);
  try {
    const code = await promise;
    const ended = performance.now() - start;
    const after = childTime();
    const processor = before === undefined || after === undefined ? undefined : after - before;
    return { code, ended, processor, said, ...(ready === undefined ? {} : { ready }) };
  } finally {
    clearTimeout(timer);
  }
}

/** Milliseconds of a tick in which Linux tells times to programs (USER_HZ). */
const TICK_MS = 10;

/**
 * Milliseconds of processors that ended children of this process have used, with all that they waited
 * for (proc(5), cutime and cstime); undefined where there is no /proc.
 */
function childTime(): number | undefined {
  if (!existsSync("/proc/self/stat")) return undefined;
  // The name, in parentheses, may hold spaces; the state behind it is field 3.
  const fields = readFileSync("/proc/self/stat", "latin1")
    .replace(/^.*\) /s, "")
    .split(" ");
  return (Number(fields[16 - 3]) + Number(fields[17 - 3])) * TICK_MS;
}
