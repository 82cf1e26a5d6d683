// SPDX-License-Identifier: Apache-2.0
// `greenlight idblock show`: an ID block or ID authentication information, field by field.

import { defineCommand } from "../../command/command.ts";
import type { ArtefactKind } from "../../input/artefact.ts";
import { kindNamed } from "../../input/recognise.ts";
import { show } from "../inspect/command.ts";
import { loadFileOrText } from "./inputs.ts";

const KINDS = ["id-block", "id-auth"] as const satisfies readonly ArtefactKind[];

export const command = defineCommand({
  name: "idblock show",
  brief: "show an ID block or ID authentication information",
  description: [
    "Shows what an ID block demands, or which keys vouch for it. The file may be binary, base64 or " +
      "hexadecimal; base64 text can be given in its place.",
  ],
  positionals: {
    usage: "FILE|BASE64",
    brief: "the file, - for standard input, or its content as text",
    min: 1,
    max: 1,
  },
  options: {
    as: {
      kind: "value",
      placeholder: "KIND",
      brief: "take it as this kind instead of recognising it",
      choices: KINDS,
    },
    hex: { kind: "flag", brief: "add an annotated hexdump" },
    json: { kind: "flag", brief: "print JSON (schema greenlight/idblock-show/v1)" },
    verbose: { kind: "flag", short: "v", brief: "show sources of findings and clear policy bits" },
  },
  examples: [
    { line: "idblock show id-block.b64", brief: "what an ID block demands of the guest" },
    { line: "idblock show id-auth.b64 --hex", brief: "the keys that vouch for it, byte by byte" },
  ],
  async run({ options, positionals, io }) {
    const as = kindNamed(options.as);
    const loaded = await loadFileOrText(positionals[0]!, "the argument", { as, kinds: KINDS });
    const { json, hex, verbose } = options;
    await show(loaded, { schema: "greenlight/idblock-show/v1", json, hex, verbose }, io);
    return 0;
  },
});
