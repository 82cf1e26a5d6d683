// SPDX-License-Identifier: Apache-2.0
// The four kinds of messages that QEMU sends (QEMU: docs/interop/qmp-spec.rst): greeting, answer,
// error, event.

import { QmpError } from "./error.ts";
import { isObject } from "./lines.ts";
import type { QmpMessage } from "./lines.ts";

/** What QEMU says of itself when a client connects. */
export interface QmpGreeting {
  readonly version: { readonly major: number; readonly minor: number; readonly micro: number };
  /** The builder's version: `Debian 1:7.2+dfsg-7`; may be empty. */
  readonly package: string;
  readonly capabilities: readonly string[];
}

/** Something that happened, told without being asked. */
export interface QmpEvent {
  /** `SHUTDOWN`, `STOP`, `GUEST_PANICKED` and so on. */
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A message after the greeting. */
export type QmpReply =
  | { readonly kind: "return"; readonly id: string; readonly value: unknown }
  | {
      readonly kind: "error";
      /** Absent when QEMU could not make out which command it was. */
      readonly id: string | undefined;
      readonly class: string;
      readonly desc: string;
    }
  | { readonly kind: "event"; readonly event: QmpEvent };

/** @throws {QmpError} `protocol` when it is not a greeting. */
export function readGreeting(message: QmpMessage): QmpGreeting {
  const body = message["QMP"];
  if (!isObject(body)) throw broken("does not greet as QMP servers do");
  const { version, capabilities } = body;
  if (!isObject(version) || !isObject(version["qemu"])) throw broken("greets without its version");
  const { major, minor, micro } = version["qemu"];
  if (!isNumber(major) || !isNumber(minor) || !isNumber(micro)) {
    throw broken("greets with a version that is not made of numbers");
  }
  const named = version["package"];
  return {
    version: { major, minor, micro },
    package: typeof named === "string" ? cleaned(named) : "",
    capabilities: Array.isArray(capabilities)
      ? capabilities.filter((name): name is string => typeof name === "string")
      : [],
  };
}

/** @throws {QmpError} `protocol` when it is neither an answer nor an error nor an event. */
export function readReply(message: QmpMessage): QmpReply {
  const kinds = ["return", "error", "event"].filter((kind) => Object.hasOwn(message, kind));
  if (kinds.length !== 1) throw broken("sent a message that is not one of QMP");
  const { id, error, event, data } = message;
  if (kinds[0] === "event") {
    if (typeof event !== "string") throw broken("sent an event without a name");
    return { kind: "event", event: { name: cleaned(event), data: isObject(data) ? data : {} } };
  }
  if (id !== undefined && typeof id !== "string") throw broken("answered with an id never given");
  if (kinds[0] === "return") {
    if (id === undefined) throw broken("answered without an id");
    return { kind: "return", id, value: message["return"] };
  }
  if (!isObject(error)) throw broken("sent an error without a body");
  const { class: name, desc } = error;
  if (typeof name !== "string" || typeof desc !== "string") {
    throw broken("sent an error without class and description");
  }
  return {
    kind: "error",
    id,
    class: cleaned(name),
    desc: cleaned(desc),
  };
}

/** Longest text of QEMU's that is passed on. */
const MAX_TEXT = 400;

/** Foreign text without what a terminal would act on, cut to a length that a line can hold. */
export function cleaned(text: string): string {
  const cut = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}...` : text;
  return cut.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, "?");
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function broken(problem: string): QmpError {
  return new QmpError("protocol", `QEMU ${problem}`);
}
