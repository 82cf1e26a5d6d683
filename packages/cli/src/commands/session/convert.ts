// SPDX-License-Identifier: Apache-2.0
// `greenlight session convert`: the files of a session, under another tool's names and in its forms.

import { LayoutError } from "@greenlight/core/bytes";
import { SESSION, readSized, sessionFiles } from "@greenlight/core/session";
import type { FileForm, SessionKeys } from "@greenlight/core/session";
import { parseSevCertificate } from "@greenlight/core/sev-endorsement";
import { defineCommand } from "../../command/command.ts";
import type { OptionValues } from "../../command/command.ts";
import { UsageError } from "../../command/usage-error.ts";
import { readBounded } from "../../input/file.ts";
import { naming } from "../../input/named-error.ts";
import { KEY_OPTIONS, readNamedKeys } from "../../input/session-keys.ts";
import { toJson } from "../../output/json.ts";
import { shownName } from "../../output/name.ts";
import { pairs } from "../../output/table.ts";
import { FILE_OPTIONS, filePlan, fileRows, filesToJson, writeSessionFiles } from "./files.ts";

const SCHEMA = "greenlight/session-convert/v1";

/** A certificate of SEV, of which an owner's is one. */
const CERTIFICATE_SIZE = 2084;

/** More than either file in its longest form. */
const MAX_FILE = 16_384;

export const command = defineCommand({
  name: "session convert",
  brief: "write a session's files in another tool's form",
  description: [
    "Reads the owner's certificate and the session, told apart by their size, binary, base64 or " +
      "hexadecimal, and writes them as sevctl does (base64, which QEMU and libvirt take) or as " +
      "sev-tool does (binary). With the keys their files are written too; without, only the two that " +
      "go to the host.",
  ],
  positionals: {
    usage: "FILE FILE",
    brief: "certificate and session, in any order",
    min: 2,
    max: 2,
  },
  options: {
    ...KEY_OPTIONS,
    ...FILE_OPTIONS,
    json: { kind: "flag", brief: `print JSON (schema ${SCHEMA})`, group: "Output" },
  },
  examples: [
    {
      line: "session convert godh.cert launch_blob.bin --tk tmp_tk.bin --name converted",
      brief: "what sev-tool made, for QEMU and libvirt",
    },
  ],
  async run({ options, positionals, io }) {
    const plan = filePlan(options);
    const read = await Promise.all(positionals.map(readPart));
    const godh = read.find(({ kind }) => kind === "certificate");
    const session = read.find(({ kind }) => kind === "session");
    if (godh === undefined || session === undefined) {
      throw new UsageError(
        "bad-value",
        `both files hold a ${read[0]!.kind}`,
        "give the owner's certificate and the session, one of each",
      );
    }
    const keys = keysOf(options);
    const none = { tek: new Uint8Array(0), tik: new Uint8Array(0) };
    const all = sessionFiles(
      { godh: godh.bytes, session: session.bytes, policy: 0, keys: keys ?? none },
      plan.form,
      plan.name,
    );
    const files = all.filter(({ secret }) => keys !== undefined || !secret);
    writeSessionFiles(files, plan);
    if (options.json) {
      const from = read.map(({ path, kind, form }) => ({ path, kind, form }));
      io.out(toJson({ schema: SCHEMA, read: from, files: filesToJson(files, plan) }));
      return 0;
    }
    const from = read.map(({ path, kind, form }) => [shownName(path), `${kind}, ${form}`] as const);
    io.out(`Read\n${pairs(from)}\nWritten\n${pairs(fileRows(files, plan))}\n`);
    return 0;
  },
});

/** One of the two files. */
interface Part {
  readonly path: string;
  readonly kind: "certificate" | "session";
  readonly bytes: Uint8Array;
  readonly form: FileForm;
}

function readPart(path: string): Promise<Part> {
  return naming(path, () => {
    const content = readBounded(path, MAX_FILE);
    const certificate = sizedOrNot(content, CERTIFICATE_SIZE);
    if (certificate !== undefined) {
      parseSevCertificate(certificate.bytes);
      return { path, kind: "certificate", ...certificate };
    }
    const session = sizedOrNot(content, SESSION.size);
    if (session !== undefined) return { path, kind: "session", ...session };
    throw new LayoutError({
      code: "bad-length",
      structure: "session file",
      reason: `is neither a certificate of SEV nor a session (${content.length} bytes)`,
      hint:
        `a certificate has ${CERTIFICATE_SIZE} bytes and a session ${SESSION.size}: raw, in ` +
        "base64 or in hexadecimal; files with keys are for --tk, --tik and --tek",
    });
  });
}

function sizedOrNot(content: Uint8Array, size: number) {
  try {
    return readSized(content, size, "session file");
  } catch (error) {
    if (error instanceof LayoutError) return undefined;
    throw error;
  }
}

function keysOf(options: OptionValues<typeof KEY_OPTIONS>): SessionKeys | undefined {
  const { tk, tik, tek } = options;
  return (tk ?? tik ?? tek) === undefined ? undefined : readNamedKeys(options);
}
