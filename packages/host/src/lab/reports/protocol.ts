// SPDX-License-Identifier: Apache-2.0
// The lines of the report port, described in guest/channels.ts: a guest's file operations on an
// imitation of configfs-tsm, each answered by one line.

import { base64Bytes } from "../base64.ts";

/** A file operation. */
export type TsmOperation =
  | { readonly kind: "mkdir" | "rmdir"; readonly entry: string }
  | { readonly kind: "read"; readonly entry: string; readonly attribute: string }
  | {
      readonly kind: "write";
      readonly entry: string;
      readonly attribute: string;
      readonly bytes: Uint8Array;
    };

/** What becomes of it: bytes read, none for other operations; or the name of a system error. */
export type TsmAnswer =
  | { readonly kind: "ok"; readonly bytes: Uint8Array }
  | { readonly kind: "error"; readonly errno: string };

const NAME = "([A-Za-z0-9_-]{1,64})";
const ENTRY = new RegExp(`^(mkdir|rmdir) ${NAME}$`);
const READ = new RegExp(`^read ${NAME}/${NAME}$`);
const WRITE = new RegExp(`^write ${NAME}/${NAME} (-|[A-Za-z0-9+/]+={0,2})$`);

/** Text of an operation, without its newline. */
export function formatOperation(operation: TsmOperation): string {
  switch (operation.kind) {
    case "mkdir":
    case "rmdir":
      return `${operation.kind} ${operation.entry}`;
    case "read":
      return `read ${operation.entry}/${operation.attribute}`;
    case "write": {
      const text = Buffer.from(operation.bytes).toString("base64");
      return `write ${operation.entry}/${operation.attribute} ${text === "" ? "-" : text}`;
    }
  }
}

/** Reads an operation; undefined for anything else. */
export function parseOperation(line: string): TsmOperation | undefined {
  const folder = ENTRY.exec(line);
  if (folder !== null) {
    return { kind: folder[1] === "mkdir" ? "mkdir" : "rmdir", entry: folder[2] ?? "" };
  }
  const read = READ.exec(line);
  if (read !== null) return { kind: "read", entry: read[1] ?? "", attribute: read[2] ?? "" };
  const write = WRITE.exec(line);
  if (write === null) return undefined;
  const [, entry = "", attribute = "", text = ""] = write;
  const bytes = text === "-" ? new Uint8Array(0) : base64Bytes(text);
  return bytes === undefined ? undefined : { kind: "write", entry, attribute, bytes };
}

/** Text of an answer, without its newline. */
export function formatAnswer(answer: TsmAnswer): string {
  if (answer.kind === "error") return `error ${answer.errno}`;
  const text = Buffer.from(answer.bytes).toString("base64");
  return text === "" ? "ok" : `ok ${text}`;
}

/** Reads an answer; undefined for anything else. */
export function parseAnswer(line: string): TsmAnswer | undefined {
  if (line === "ok") return { kind: "ok", bytes: new Uint8Array(0) };
  if (line.startsWith("ok ")) {
    const bytes = base64Bytes(line.slice(3));
    return bytes === undefined ? undefined : { kind: "ok", bytes };
  }
  const errno = /^error (E[A-Z0-9]{1,20})$/.exec(line)?.[1];
  return errno === undefined ? undefined : { kind: "error", errno };
}
