// SPDX-License-Identifier: Apache-2.0
// `greenlight idblock key-digest`: the digest that attestation reports carry for an ID or author
// key. Takes snpguest's arguments and prints what it prints.

import { hexEncode } from "@greenlight/core/bytes";
import { keyDigest } from "@greenlight/core/id-block";
import { defineCommand } from "../../command/command.ts";
import { loadArtefact } from "../../input/recognise.ts";
import { writeFiles } from "../../output/file.ts";
import { toJson } from "../../output/json.ts";

export const command = defineCommand({
  name: "idblock key-digest",
  brief: "print the digest that reports carry for a key",
  description: [
    "Prints the SHA-384 of a P-384 public key in AMD's form of 1028 bytes, as ID_KEY_DIGEST and " +
      "AUTHOR_KEY_DIGEST of attestation reports hold it. The key may be private or public.",
  ],
  positionals: { usage: "KEY", brief: "key file, PEM or DER", min: 1, max: 1 },
  options: {
    "key-digest-file": {
      kind: "value",
      short: "d",
      placeholder: "FILE",
      brief: "also write the digest to FILE, without 0x",
    },
    force: { kind: "flag", brief: "overwrite an existing file" },
    json: { kind: "flag", brief: "print JSON (schema greenlight/idblock-key-digest/v1)" },
  },
  examples: [{ line: "idblock key-digest id-key.pem", brief: "the digest to expect in reports" }],
  async run({ options, positionals, io }) {
    const kinds = ["private-key", "public-key"] as const;
    const { name, artefact } = await loadArtefact(positionals[0]!, { kinds });
    if (!("publicKey" in artefact)) throw new Error(`${artefact.kind} is no key`);
    const digest = hexEncode(keyDigest(artefact.publicKey));
    const path = options["key-digest-file"];
    if (path !== undefined) writeFiles([{ path, content: digest }], options.force);
    const schema = "greenlight/idblock-key-digest/v1";
    const { kind } = artefact;
    io.out(options.json ? toJson({ schema, file: name, kind, digest }) : `0x${digest}\n`);
    return 0;
  },
});
