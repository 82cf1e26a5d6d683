// SPDX-License-Identifier: Apache-2.0
// `greenlight inspect`: what a file is, what it means, and where each meaning stands in its bytes.

import { defineCommand } from "../../command/command.ts";
import { UsageError } from "../../command/usage-error.ts";
import { KIND_NAMES, describeLoaded, kindNamed, loadArtefact } from "../../input/recognise.ts";
import type { Loaded } from "../../input/recognise.ts";
import { countFindings, formatFindings } from "../../output/findings.ts";
import type { Io } from "../../output/io.ts";
import { toJson } from "../../output/json.ts";
import type { View } from "./view.ts";
import { viewOf } from "./views.ts";

export const command = defineCommand({
  name: "inspect",
  brief: "show what is in a file, field by field",
  description: [
    "Recognises OVMF firmware, firmware descriptors, SVSM binaries, VMSA pages, kernel-hashes " +
      "tables, ID blocks, ID authentication information, P-384 keys, certificates, revocation lists, " +
      "SEV-SNP evidence (attestation reports, with certificate tables, in Azure's HCL reports, in " +
      "JSON or protobuf of other tools), certificate tables and SVSM manifests; and of SEV and " +
      "SEV-ES: certificates of platforms and of AMD's roots, launch sessions, packet headers, tables " +
      "of secrets, legacy attestation reports, exported guests, firmware statements and, when it is " +
      "said with --as, launch measurements. They may also stand as hexadecimal or base64 text. Of a private key only the public half is " +
      "shown, of secrets only what they are for.",
    "Showing is not judging: the exit code is 0 also when findings fail.",
  ],
  positionals: { usage: "FILE", brief: "the file; - for standard input", min: 1, max: 1 },
  options: {
    as: {
      kind: "value",
      placeholder: "KIND",
      brief: "take the file as this kind instead of recognising it",
      choices: KIND_NAMES,
    },
    hex: { kind: "flag", brief: "add an annotated hexdump" },
    json: { kind: "flag", brief: "print JSON (schema greenlight/inspect/v1)" },
    verbose: {
      kind: "flag",
      short: "v",
      brief: "show sources of findings and fields that are zero",
    },
  },
  examples: [
    { line: "inspect OVMF.fd", brief: "what a firmware supports and where" },
    { line: "inspect vmsa0.bin --hex", brief: "the registers a vCPU starts with, and their bytes" },
    { line: "inspect platform.bin", brief: "the certificates of a SEV platform" },
    { line: "inspect id-key.pem", brief: "the digest that reports carry for a key" },
  ],
  async run({ options, positionals, io }) {
    const loaded = await loadArtefact(positionals[0]!, {
      as: kindNamed(options.as),
    });
    const { json, hex, verbose } = options;
    await show(loaded, { schema: "greenlight/inspect/v1", json, hex, verbose }, io);
    return 0;
  },
});

/** How an artefact is shown. */
export interface ShowOptions {
  readonly schema: string;
  readonly json: boolean;
  readonly hex: boolean;
  readonly verbose: boolean;
}

/**
 * Prints an artefact.
 * @throws {UsageError} `conflicting-options` for a hexdump of a kind that is text or secret.
 */
export async function show(loaded: Loaded, options: ShowOptions, io: Io): Promise<void> {
  const view = await viewOf(loaded, options);
  if (options.hex && view.dump.length === 0) {
    const { kind } = loaded.artefact;
    throw new UsageError(
      "conflicting-options",
      kind === "sev-secret-table"
        ? "--hex: a table of secrets is not dumped, since its bytes are the secrets"
        : "--hex: a firmware descriptor is text, it has no bytes to annotate",
      "leave --hex out",
    );
  }
  if (options.json) {
    io.out(toJson(jsonOf(loaded, view, options.schema)));
    return;
  }
  const summary = view.summary === "" ? "" : `, ${view.summary}`;
  const blocks = [describeLoaded(loaded) + summary, ...view.blocks];
  const { verbose } = options;
  if (view.findings.length > 0) {
    const list = formatFindings(view.findings, { colour: io.colour, verbose });
    blocks.push(`Findings: ${countFindings(view.findings)}\n${list}`);
  }
  if (options.hex) {
    const { hexdump } = await import("../../output/hexdump.ts");
    blocks.push(...view.dump.map((part) => hexdump(part, io.colour)));
  }
  io.out(`${blocks.join("\n\n")}\n`);
}

function jsonOf({ name, encoding, bytes, artefact }: Loaded, view: View, schema: string): object {
  const { kind } = artefact;
  const { findings } = view;
  return { schema, file: name, kind, encoding, size: bytes.length, ...view.json, findings };
}
