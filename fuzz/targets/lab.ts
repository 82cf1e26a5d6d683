// SPDX-License-Identifier: Apache-2.0
// Targets of the lab host: command lines that are rewritten, what a guest sends through its report port,
// and what is read of the emulator.

import { formatCommandLine } from "../../packages/host/src/lab/command-line/format.ts";
import { readRequest } from "../../packages/host/src/lab/command-line/request.ts";
import { rewrite } from "../../packages/host/src/lab/command-line/rewrite.ts";
import { LabError } from "../../packages/host/src/lab/error.ts";
import { firmwareBase } from "../../packages/host/src/lab/machine/emulator.ts";
import { isDeadLoop, processorState } from "../../packages/host/src/lab/machine/watch.ts";
import { QemuRefusal } from "../../packages/host/src/lab/qemu-refusal.ts";
import {
  formatAnswer,
  formatOperation,
  parseAnswer,
  parseOperation,
} from "../../packages/host/src/lab/reports/protocol.ts";
import { TextLines } from "../../packages/host/src/lab/text-lines.ts";
import { readCommandLine } from "../../packages/host/src/machine/lint/command-line.ts";
import type { Target } from "../engine/target.ts";
import { bytesOf, check, concat, declared, textOf } from "./support.ts";

const isLabError = declared(LabError);

const GUEST =
  "-machine\0q35,confidential-guest-support=a\0-object\0sev-guest,id=a,reduced-phys-bits=1,policy=5";

export const targets: readonly Target[] = [
  {
    name: "lab-command-line",
    text: true,
    seeds: () =>
      [
        `${GUEST}\0-S\0-qmp\0unix:/a,server=on,wait=off\0-kernel\0k\0-shim\0s`,
        `${GUEST.replace("sev-guest", "sev-snp-guest")},id-block=AAAA\0-smp\0cpus=2,cores=2`,
        '-object\0{"qom-type":"sev-guest","id":"a"}\0-M\0memory-encryption=a',
        "-chardev\0socket,id=m,path=/a,server=on\0-mon\0chardev=m,mode=control\0-gdb\0tcp::1",
      ].map(bytesOf),
    dictionary: [
      "\0-object\0",
      "\0-machine\0",
      "sev-snp-guest",
      "confidential-guest-support=",
      "host-data=",
      ",,",
      "=on",
      "-monitor",
      "-daemonize",
    ].map(bytesOf),
    maxLength: 1024,
    expected: (error) => error instanceof QemuRefusal || isLabError(error),
    run(data) {
      const { options } = readCommandLine(textOf(data).split("\0"));
      const request = readRequest(options);
      const sockets = { qmp: "/lab/qmp", qtest: "/lab/qtest" };
      const { options: made } = rewrite(options, { request, sockets, major: 7 });
      const args = formatCommandLine(made);
      const again = readCommandLine(args).options;
      for (const name of ["gdb", "s", "enable-kvm", "incoming"]) {
        check(!again.some((option) => option.name === name), `-${name} is gone`);
      }
      check(
        again.filter(({ name }) => name === "accel").every(({ value }) => value === "tcg"),
        "processors are emulated",
      );
    },
  },
  {
    name: "lab-report-port",
    text: true,
    seeds: () =>
      [
        "mkdir a\nwrite a/inblob AAAA\nread a/outblob\nrmdir a\n",
        "write a/inblob -\n",
        "ok AAAA\nok\nerror EINVAL\n",
      ].map(bytesOf),
    dictionary: ["mkdir ", "rmdir ", "read ", "write ", "/", "ok ", "error E", "==", "\n"].map(
      bytesOf,
    ),
    expected: isLabError,
    run(data) {
      const half = Math.floor(data.length / 2);
      const whole = [...new TextLines(1024).take(concat(data, [0x0a]))];
      const lines = new TextLines(1024);
      const parts = [data.subarray(0, half), data.subarray(half), Uint8Array.of(0x0a)];
      const cut = parts.flatMap((part) => [...lines.take(part)]);
      check(whole.join("\n") === cut.join("\n"), "lines do not depend on the chunks they come in");
      for (const line of whole) {
        const operation = parseOperation(line);
        if (operation !== undefined) {
          const same = parseOperation(formatOperation(operation));
          check(JSON.stringify(same) === JSON.stringify(operation), "an operation reads back");
        }
        const answer = parseAnswer(line);
        if (answer !== undefined) {
          const same = parseAnswer(formatAnswer(answer));
          check(JSON.stringify(same) === JSON.stringify(answer), "an answer reads back");
        }
      }
    },
  },
  {
    name: "lab-emulator-text",
    seeds: () => [
      bytesOf("RIP=000000001ec73148 RFL=00000246 HLT=0\n"),
      bytesOf("  00000000ffc00000-00000000ffffffff (prio 0, romd): system.flash0\n"),
      Uint8Array.of(0x75, 0x04, 0xf3, 0x90, 0xeb, 0xef, 0xc9, 0xc3),
    ],
    dictionary: ["RIP=", "HLT=1", "(prio 0, rom): pc.bios"]
      .map(bytesOf)
      .concat(Uint8Array.of(0xf3, 0x90, 0xeb)),
    expected: () => false,
    run(data) {
      const text = textOf(data);
      const base = firmwareBase(text);
      check(base === undefined || (base >= 0 && base < 2 ** 53), "the base is an address");
      const state = processorState(text);
      check(state === undefined || state.rip >= 0n, "the instruction pointer is an address");
      for (let at = 0; at <= data.length; at += 7) isDeadLoop(data, at);
    },
  },
];
