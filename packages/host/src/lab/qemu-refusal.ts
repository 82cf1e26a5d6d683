// SPDX-License-Identifier: Apache-2.0
// QEMU giving up before or while it launches a guest: what it prints, after which it exits with code 1.

/** QEMU's exit with its words, without the program's name before them. */
export class QemuRefusal extends Error {
  override readonly name = "QemuRefusal";
  /** One a line of standard error, in order. */
  readonly lines: readonly string[];

  constructor(...lines: readonly string[]) {
    super(lines[0] ?? "QEMU gave up");
    this.lines = lines;
  }
}

/** A QMP command that QEMU refuses: the words of a GenericError. */
export class CommandRefusal extends Error {
  override readonly name = "CommandRefusal";
}
