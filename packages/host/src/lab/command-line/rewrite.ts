// SPDX-License-Identifier: Apache-2.0
// The command line of a machine with SEV as one that an ordinary machine can run: emulated processors,
// no launch object, and sockets of the lab's own in place of those that are served to the client.

import type { CommandOption } from "../../machine/lint/command-line.ts";
import { optionValue } from "../../machine/lint/option-value.ts";
import { formatValue } from "./format.ts";
import { LabError } from "../error.ts";
import { GUEST_TYPES, SUPPORT_KEYS } from "./guest-object.ts";
import type { LabRequest } from "./request.ts";
import { REPORT_PORT } from "../../guest/channels.ts";

/** Where the lab talks to the emulator: unix sockets in a folder of its own. */
export interface LabSockets {
  readonly qmp: string;
  readonly qtest: string;
  /** Present for a guest that gets reports. */
  readonly tsm?: string;
}

/** What the rewriting depends on. */
export interface RewriteContext {
  readonly request: LabRequest;
  readonly sockets: LabSockets;
  /** Major version of QEMU. */
  readonly major: number;
}

/** The emulator's command line, and what was changed that a user may wonder about. */
export interface Rewritten {
  readonly options: readonly CommandOption[];
  readonly changes: readonly string[];
}

/** Since this version QEMU publishes kernel and shim as files of their own, and has -shim. */
const NAMED_BLOBS_SINCE = 10;

/** Since this version QEMU can be told to end when its parent does. */
const ENDS_WITH_PARENT_SINCE = 11;

/** Replaced without a word: the lab is what does their work. */
const REPLACED: ReadonlySet<string> = new Set([
  "S",
  "accel",
  "cpu",
  "enable-kvm",
  "qmp",
  "qmp-pretty",
]);

/** Left out, because they show the memory that real hardware encrypts. */
const LEFT_OUT: ReadonlySet<string> = new Set(["gdb", "monitor", "qtest", "qtest-log", "s"]);

/** Refused: they have no meaning here. */
const REFUSED: ReadonlySet<string> = new Set(["daemonize", "incoming", "loadvm", "preconfig"]);

/**
 * Rewrites a command line.
 * @throws {LabError} `unsupported`.
 */
export function rewrite(options: readonly CommandOption[], context: RewriteContext): Rewritten {
  const { request, sockets, major } = context;
  const changes: string[] = [];
  const kept = options.flatMap((option) => {
    if (REFUSED.has(option.name)) {
      throw new LabError("unsupported", `-${option.name} has no meaning in the lab`);
    }
    if (!LEFT_OUT.has(option.name)) return keptOption(option, request, major);
    changes.push(`-${option.name} was left out: it shows memory that the hardware would encrypt`);
    return [];
  });
  const own = ownOptions(sockets);
  if (request.kernel !== undefined && major < NAMED_BLOBS_SINCE) {
    own.push(blob("kernel", request.kernel));
  }
  if (major >= ENDS_WITH_PARENT_SINCE) {
    own.push({ name: "run-with", value: "exit-with-parent=on" });
  }
  const resettable = request.guest === undefined || isPlainSev(request);
  if (!resettable && !options.some(({ name }) => name === "no-reboot")) {
    own.push({ name: "no-reboot", value: "" });
    changes.push("-no-reboot was added: processors of such a guest cannot be reset");
  }
  return { options: [...kept, ...own], changes };
}

/** Whether nothing protects the processors' registers: bit 2 of the policy is SEV-ES. */
function isPlainSev({ guest }: LabRequest): boolean {
  return guest?.kind === "sev" && (guest.policy & 4) === 0;
}

function keptOption(option: CommandOption, request: LabRequest, major: number): CommandOption[] {
  const { name, value } = option;
  if (REPLACED.has(name)) return [];
  switch (name) {
    case "machine":
    case "M":
      return machine(value);
    case "object": {
      const type = optionValue(value, "qom-type").get("qom-type");
      return type !== undefined && GUEST_TYPES.has(type) ? [] : [option];
    }
    case "chardev": {
      const id = optionValue(value, "backend").get("id");
      return id !== undefined && request.qmpChardevs.includes(id) ? [] : [option];
    }
    case "mon":
      return [];
    case "shim":
      return major < NAMED_BLOBS_SINCE ? [blob("shim", value)] : [option];
    default:
      return [option];
  }
}

function machine(value: string): CommandOption[] {
  const properties = new Map(optionValue(value, "type"));
  for (const key of [...SUPPORT_KEYS, "accel"]) properties.delete(key);
  return properties.size === 0 ? [] : [{ name: "machine", value: formatValue(properties) }];
}

function ownOptions({ qmp, qtest, tsm }: LabSockets): CommandOption[] {
  const server = (path: string): string => `unix:${path.replaceAll(",", ",,")},server=on,wait=off`;
  const options: CommandOption[] = [
    // Never KVM: the device may be there and broken, and it could not encrypt anyway.
    { name: "accel", value: "tcg" },
    { name: "cpu", value: "max" },
    { name: "S", value: "" },
    { name: "monitor", value: "none" },
    { name: "qmp", value: server(qmp) },
    { name: "qtest", value: server(qtest) },
    { name: "qtest-log", value: "/dev/null" },
  ];
  if (tsm === undefined) return options;
  const socket = `socket,id=labtsm,path=${tsm.replaceAll(",", ",,")},server=on,wait=off`;
  return [
    ...options,
    { name: "device", value: "virtio-serial-pci,id=labports,romfile=" },
    { name: "chardev", value: socket },
    { name: "device", value: `virtserialport,bus=labports.0,chardev=labtsm,name=${REPORT_PORT}` },
  ];
}

/** A file that firmware finds as etc/boot/NAME. */
function blob(name: "kernel" | "shim", file: string): CommandOption {
  const value = `name=etc/boot/${name},file=${file.replaceAll(",", ",,")}`;
  return { name: "fw_cfg", value };
}
