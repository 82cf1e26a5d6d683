// SPDX-License-Identifier: Apache-2.0
// The view of a firmware descriptor, ours or sev-snp-measure-go's.

import { checkFirmwareFor, firmwareDescriptorToJson } from "@greenlight/core/firmware";
import { pairs } from "../../output/table.ts";
import { sectionRows, sectionsBlock, supportBlock, supportOf } from "./firmware-layout.ts";
import { sizeText } from "./view.ts";
import type { ArtefactOf, View } from "./view.ts";

/** The view of a descriptor. */
export function descriptorView(artefact: ArtefactOf<"firmware-descriptor">): View {
  const { descriptor, writer } = artefact;
  const { sha256, size, ovmfHash } = descriptor;
  const isOurs = writer === "greenlight";
  return {
    summary: isOurs ? "written by greenlight" : "written by sev-snp-measure-go parse-metadata",
    blocks: [
      pairs([
        ["size", isOurs ? sizeText(size) : "not recorded"],
        ["SHA-256", sha256 ?? "not recorded"],
        ["OVMF hash", ovmfHash],
      ]),
      supportBlock(descriptor, isOurs),
      sectionsBlock(descriptor, ""),
    ],
    findings: checkFirmwareFor(descriptor, { mode: "snp", vcpus: 2 }),
    json: {
      writer,
      support: { ...supportOf(descriptor), ...(isOurs ? {} : { kernelHashes: null }) },
      sevMetadata: descriptor.sections === null ? null : { sections: sectionRows(descriptor) },
      descriptor: firmwareDescriptorToJson(descriptor),
    },
    dump: [],
  };
}
