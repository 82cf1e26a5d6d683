// SPDX-License-Identifier: Apache-2.0
// What a lab says: QEMU's standard error, the words that QEMU would have, and notes of the lab's own.

import type { LabNote, LabNoteId, LabOptions } from "./lab-types.ts";

/** What is kept of standard error. */
const MAX_STDERR = 64 * 1024;

/** A line that never ends is passed on in pieces of this size. */
const MAX_LINE = 8 * 1024;

/** QEMU's warning about files that the lab itself adds. */
const OWN_WARNING =
  /name=etc\/boot\/kernel,.*warning: externally provided fw_cfg item names should be prefixed/;

/** Collects what is said, within bounds, and passes it on. */
export class LabOutput {
  readonly notes: LabNote[] = [];
  readonly #program: string;
  readonly #listeners: Pick<LabOptions, "onNote" | "onStderr">;
  #text = "";
  #line = "";

  /** @param program Name of the program before every line of QEMU's. */
  constructor(program: string, listeners: Pick<LabOptions, "onNote" | "onStderr">) {
    this.#program = program;
    this.#listeners = listeners;
  }

  /** All of standard error so far, the last part at most. */
  text(): string {
    return this.#text;
  }

  /** A note. What concerns the guest's user is said on standard error too. */
  note(id: LabNoteId, text: string, isSaid = false): LabNote {
    const note = { id, text };
    this.notes.push(note);
    this.#listeners.onNote?.(note);
    if (isSaid) this.#say(`greenlight lab: ${text}\n`);
    return note;
  }

  /** Lines that QEMU would print. */
  qemu(lines: readonly string[]): void {
    for (const line of lines) this.#say(`${this.#program}: ${line}\n`);
  }

  /** What the emulator prints, as it comes. */
  emulator(chunk: string): void {
    const lines = (this.#line + chunk).split("\n");
    this.#line = lines.pop() ?? "";
    for (const line of lines) this.#emulatorLine(line);
    if (this.#line.length > MAX_LINE) this.flush();
  }

  /** The emulator says nothing more. */
  flush(): void {
    if (this.#line !== "") this.#emulatorLine(this.#line);
    this.#line = "";
  }

  #emulatorLine(line: string): void {
    if (!OWN_WARNING.test(line)) this.#say(`${line}\n`);
  }

  #say(text: string): void {
    this.#text = (this.#text + text).slice(-MAX_STDERR);
    this.#listeners.onStderr?.(text);
  }
}
