// SPDX-License-Identifier: Apache-2.0
// The views of what stands beside a report: a certificate table (auxblob) and an SVSM's manifest.

import { annotate } from "@greenlight/core/bytes";
import type { Annotation } from "@greenlight/core/bytes";
import {
  CERTIFICATE_TABLE_ENTRY,
  SVSM_MANIFEST_ENTRY,
  SVSM_MANIFEST_HEADER,
  certificateGuidFacts,
} from "@greenlight/core/evidence";
import { table } from "../../output/table.ts";
import { certificatesBlock, certificatesJson, extrasBlocks, servicesBlock } from "./carried.ts";
import { fieldsToJson, hex } from "./view.ts";
import type { ArtefactOf, View } from "./view.ts";

/** The view of a certificate table. */
export function certificateTableView({
  table: { entries, certificates, extras, usedSize },
  bytes,
}: ArtefactOf<"certificate-table">): View {
  const { size } = CERTIFICATE_TABLE_ENTRY;
  const rows = entries.map(({ guid, offset, bytes: data }, i) => [
    String(i),
    certificateGuidFacts(guid)?.title ?? guid,
    hex(offset),
    String(data.length),
  ]);
  const columns = [
    { title: "#", align: "right" },
    { title: "entry" },
    { title: "offset" },
    { title: "bytes", align: "right" },
  ] as const;
  // The terminating entry is shown too.
  const heads = Array.from({ length: entries.length + 1 }, (_, i) => i * size);
  const fields = heads.flatMap((at, i) =>
    prefixed(annotate(CERTIFICATE_TABLE_ENTRY, bytes, at), i),
  );
  const padding = bytes.length - usedSize;
  return {
    summary: `${entries.length} ${entries.length === 1 ? "entry" : "entries"}`,
    blocks: [
      ...(rows.length === 0 ? [] : [table(columns, rows)]),
      ...(padding === 0 ? [] : [`${padding} bytes of padding follow.`]),
      certificatesBlock(certificates),
      ...extrasBlocks(extras),
    ],
    findings: [],
    json: {
      entries: entries.map(({ guid, offset, bytes: data }) => ({
        guid,
        title: certificateGuidFacts(guid)?.title ?? null,
        offset,
        size: data.length,
      })),
      padding,
      certificates: certificatesJson(certificates),
      extras,
      fields: fieldsToJson(fields),
    },
    dump: [{ title: "certificate table, entries", bytes, fields }],
  };
}

/** The view of the manifest of all services of an SVSM. */
export function svsmManifestView({ manifest, bytes }: ArtefactOf<"svsm-manifest">): View {
  const { services } = manifest;
  const entries = services.flatMap((_, i) => {
    const at = SVSM_MANIFEST_HEADER.size + i * SVSM_MANIFEST_ENTRY.size;
    return prefixed(annotate(SVSM_MANIFEST_ENTRY, bytes, at), i);
  });
  const fields = [...annotate(SVSM_MANIFEST_HEADER, bytes), ...entries];
  return {
    summary: `${services.length} ${services.length === 1 ? "service" : "services"}`,
    blocks: [servicesBlock(manifest)],
    findings: [],
    json: { services, fields: fieldsToJson(fields) },
    dump: [{ title: SVSM_MANIFEST_HEADER.name, bytes, fields }],
  };
}

function prefixed(fields: readonly Annotation[], i: number): readonly Annotation[] {
  return fields.map((field) => ({ ...field, path: `[${i}].${field.path}` }));
}
