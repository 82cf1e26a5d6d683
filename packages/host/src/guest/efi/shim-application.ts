// SPDX-License-Identifier: Apache-2.0
// The program of the attack through fw_cfg `etc/boot/shim`: firmware that is open to it starts this in
// place of the measured kernel, under an unchanged launch measurement. It says so on the serial port,
// looks whether the launch secret lies in memory, without showing it, and turns the machine off.

import { guidEncode } from "@greenlight/core/bytes";
import { GuestError } from "../error.ts";
import { assemble, row, rowTo, textRow } from "./assemble.ts";
import type { Assembled, CodeRow } from "./assemble.ts";
import { efiApplication } from "./pe.ts";

/** GUID a table of launch secrets begins with (OVMF's SecretDxe, Linux's efi_secret). */
const SECRET_TABLE_GUID = "1e74f542-71dd-4d66-963e-ef4287ff173b";

/** What the program prints. */
export const SHIM_LINES = {
  runs: "greenlight-shim: code that nobody measured runs",
  found: "greenlight-shim: the launch secret is here, its table in bytes: 0x",
  notFound: "greenlight-shim: there is no launch secret",
} as const;

/** What the program is made for. */
export interface ShimParameters {
  /** Address of the firmware's secret area in guest memory, as its footer table says. */
  readonly secretArea: number;
}

/**
 * The EFI application, a few hundred bytes, the same for the same address.
 * @throws {GuestError} `bad-parameter` for an address that is not below 4 GiB.
 */
export function shimApplication(parameters: ShimParameters): Uint8Array {
  return efiApplication(assembleShim(parameters).code);
}

/** The program's machine code with its listing. Errors as {@link shimApplication}. */
export function assembleShim({ secretArea }: ShimParameters): Assembled {
  if (!Number.isInteger(secretArea) || secretArea < 0 || secretArea > 0xffff_ffff) {
    throw new GuestError("bad-parameter", `the secret area at ${secretArea} is not below 4 GiB`);
  }
  const guid = Buffer.from(guidEncode(SECRET_TABLE_GUID));
  const address = Buffer.alloc(4);
  address.writeUInt32LE(secretArea);
  return assemble([
    ...say("runs"),
    row(`bf ${address.toString("hex")}`, `mov edi, 0x${secretArea.toString(16)}`),
    row(`48b8 ${guid.toString("hex", 0, 8)}`, "mov rax, first half of the table's GUID"),
    row("48 39 07", "cmp [rdi], rax"),
    rowTo("75", "none", 1, "jne none"),
    row(`48b8 ${guid.toString("hex", 8, 16)}`, "mov rax, second half of it"),
    row("48 39 47 08", "cmp [rdi + 8], rax"),
    rowTo("75", "none", 1, "jne none"),
    ...say("found"),
    row("8b 5f 10", "mov ebx, [rdi + 16]"),
    rowTo("e8", "hex", 4, "call hex"),
    ...say("end"),
    rowTo("eb", "off", 1, "jmp off"),
    { label: "none" },
    ...say("notFound"),
    ...OFF,
    ...PRINT,
    { label: "runs" },
    textRow(`\r\n${SHIM_LINES.runs}\r\n`),
    { label: "found" },
    textRow(SHIM_LINES.found),
    { label: "notFound" },
    textRow(`${SHIM_LINES.notFound}\r\n`),
    { label: "end" },
    textRow("\r\n"),
  ]);
}

function say(label: string): readonly CodeRow[] {
  return [
    rowTo("48 8d 35", label, 4, `lea rsi, [rip + ${label}]`),
    rowTo("e8", "print", 4, "call print"),
  ];
}

/** Waits until the last character has left, then the S5 state of ACPI as QEMU's q35 has it. */
const OFF: readonly CodeRow[] = [
  { label: "off" },
  row("66 ba fd 03", "mov dx, 0x3fd"),
  row("ec", "in al, dx"),
  row("a8 40", "test al, 0x40"),
  rowTo("74", "off", 1, "jz off"),
  row("66 ba 04 06", "mov dx, 0x604"),
  row("66 b8 00 20", "mov ax, 0x2000"),
  row("66 ef", "out dx, ax"),
  { label: "stop" },
  row("f4", "hlt"),
  rowTo("eb", "stop", 1, "jmp stop"),
];

/** Output on the first serial port (a 16550 at 0x3f8). */
const PRINT: readonly CodeRow[] = [
  { label: "print" },
  row("ac", "lodsb"),
  row("84 c0", "test al, al"),
  rowTo("74", "printed", 1, "jz printed"),
  rowTo("e8", "put", 4, "call put"),
  rowTo("eb", "print", 1, "jmp print"),
  { label: "printed" },
  row("c3", "ret"),
  { label: "hex" },
  row("b9 08 00 00 00", "mov ecx, 8"),
  { label: "digit" },
  row("c1 c3 04", "rol ebx, 4"),
  row("88 d8", "mov al, bl"),
  row("24 0f", "and al, 15"),
  row("04 30", "add al, '0'"),
  row("3c 39", "cmp al, '9'"),
  rowTo("76", "decimal", 1, "jbe decimal"),
  row("04 27", "add al, 'a' - '9' - 1"),
  { label: "decimal" },
  rowTo("e8", "put", 4, "call put"),
  rowTo("e2", "digit", 1, "loop digit"),
  row("c3", "ret"),
  { label: "put" },
  row("50", "push rax"),
  row("66 ba fd 03", "mov dx, 0x3fd"),
  { label: "wait" },
  row("ec", "in al, dx"),
  row("a8 20", "test al, 0x20"),
  rowTo("74", "wait", 1, "jz wait"),
  row("58", "pop rax"),
  row("66 ba f8 03", "mov dx, 0x3f8"),
  row("ee", "out dx, al"),
  row("c3", "ret"),
];
