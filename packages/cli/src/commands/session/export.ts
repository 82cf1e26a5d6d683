// SPDX-License-Identifier: Apache-2.0
// `greenlight session export`: a prepared guest, encrypted for a platform that was verified first.

import { SEV_POLICY_BITS, exportGuest, formatSevPolicy } from "@greenlight/core/session";
import { defineCommand } from "../../command/command.ts";
import { UsageError } from "../../command/usage-error.ts";
import { refuseExisting, writeFiles } from "../../output/file.ts";
import { toJson } from "../../output/json.ts";
import { shownName } from "../../output/name.ts";
import { pairs } from "../../output/table.ts";
import { PLATFORM_FILES, PLATFORM_OPTIONS } from "./options.ts";
import { readParts, readSaveAreas } from "./parts.ts";
import { fresh, freshRandomness, platformFor, policyOf, tellRefusal } from "./verified.ts";

const SCHEMA = "greenlight/session-export/v1";

const GUEST = "The guest";
const OUTPUT = "Output";

/** KVM's and QEMU's state of things, told with every export. */
const WARNING =
  "note: the processor binds neither addresses nor order nor completeness of what is sent: the guest's " +
  "first program must check itself before it uses anything secret\n";

/** With ES in the policy a save area that the owner did not send is not the owner's. */
const NO_SAVE_AREA =
  "warning: no save area is sent: where the guest's processors start is not the owner's choice; --vmsa\n";

export const command = defineCommand({
  name: "session export",
  brief: "encrypt a prepared guest for a verified platform",
  description: [
    "Encrypts memory of a guest, secrets included, so that one platform can take it in with " +
      "RECEIVE_START, RECEIVE_UPDATE_DATA and RECEIVE_UPDATE_VMSA. No measurement comes back: the guest " +
      "itself is the proof that it runs unchanged. Its first program must be position-checked by itself; " +
      "docs/exported-guest.md says what is protected and what is not.",
    "QEMU and libvirt have no way to take such a guest in; the simulator has.",
  ],
  positionals: PLATFORM_FILES,
  options: {
    part: {
      kind: "list",
      placeholder: "ADDRESS:FILE",
      brief: "memory: guest physical address and content",
      group: GUEST,
    },
    vmsa: {
      kind: "list",
      placeholder: "FILE",
      brief: "save area of a processor (SEV-ES), in order of the processors",
      group: GUEST,
    },
    ...PLATFORM_OPTIONS,
    out: {
      kind: "value",
      short: "o",
      placeholder: "FILE",
      brief: "the file to write",
      group: OUTPUT,
    },
    force: { kind: "flag", brief: "overwrite an existing file", group: OUTPUT },
    json: { kind: "flag", brief: `print JSON (schema ${SCHEMA})`, group: OUTPUT },
  },
  examples: [
    {
      line: "session export platform.bin --policy NODBG,NOKS --part 0xffff0000:shim.bin --out guest.glg",
      brief: "a first program at the end of the first 4 GiB",
    },
  ],
  async run({ options, positionals, io }) {
    const { out, force, json } = options;
    if (out === undefined) {
      throw new UsageError("missing-option", "--out is missing", "add --out FILE");
    }
    if (!force) refuseExisting(out);
    const policy = policyOf(options);
    const parts = [...readParts(options.part), ...readSaveAreas(options.vmsa)];
    if (parts.length === 0) {
      throw new UsageError("missing-option", "there is nothing to send", "add --part ADDRESS:FILE");
    }
    const es = (policy & SEV_POLICY_BITS.ES) !== 0;
    if (!es && options.vmsa.length > 0) {
      throw new UsageError(
        "conflicting-options",
        "--vmsa is given, and the policy is without ES, so the processor takes no save area",
        "add ES to --policy",
      );
    }
    const platform = await platformFor(positionals, options, io);
    if (platform.pdh === undefined) return tellRefusal(platform, SCHEMA, json, io);
    const randomness = await freshRandomness();
    const { pdh, verdict, findings, words } = platform;
    const { file } = await exportGuest({ pdh, policy, randomness, parts, freshIv: fresh });
    writeFiles([{ path: out, content: file }], force);
    io.err(WARNING);
    if (es && options.vmsa.length === 0) io.err(NO_SAVE_AREA);
    const facts = { policyText: formatSevPolicy(policy), packets: parts.length };
    io.out(
      json
        ? toJson({ schema: SCHEMA, verdict, policy, ...facts, files: [{ path: out }], findings })
        : `Guest for ${words}\n${pairs([
            ["policy", facts.policyText],
            ["packets", String(facts.packets)],
            ["written", shownName(out)],
          ])}\n`,
    );
    return 0;
  },
});
