// SPDX-License-Identifier: Apache-2.0
// The services manifest of an SVSM.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import * as fc from "fast-check";
import { guidEncode, hexDecode } from "../../src/bytes/index.ts";
import {
  SVSM_MANIFEST_GUID,
  SVSM_SERVICES,
  decodeSvsmManifest,
  isSvsmManifest,
} from "../../src/evidence/index.ts";
import { missingVectors, readVector, readVectorJson } from "../support/vectors.ts";
import { concat, isOrderly, refusal } from "./support.ts";

const [VTPM = "", UEFI_MM = ""] = Object.keys(SVSM_SERVICES);

type Entry = readonly [guid: string, offset: number, length: number];

function manifest(
  entries: readonly Entry[],
  data: number,
  edit: { length?: number; count?: number } = {},
) {
  const size = 24 + entries.length * 24 + data;
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  bytes.set(guidEncode(SVSM_MANIFEST_GUID));
  view.setUint32(16, edit.length ?? size, true);
  view.setUint32(20, edit.count ?? entries.length, true);
  for (const [i, [guid, offset, length]] of entries.entries()) {
    const at = 24 + i * 24;
    bytes.set(guidEncode(guid), at);
    view.setUint32(at + 16, offset, true);
    view.setUint32(at + 20, length, true);
  }
  return bytes;
}

const of = (bytes: Uint8Array): string => refusal(() => decodeSvsmManifest(bytes));

test("services with their own manifests", () => {
  const { services } = decodeSvsmManifest(
    manifest(
      [
        [VTPM, 72, 10],
        [UEFI_MM, 82, 0],
      ],
      10,
    ),
  );
  assert.deepEqual(
    services.map(({ name, bytes, offset }) => [name, bytes.length, offset]),
    [
      ["vTPM", 10, 72],
      ["UEFI MM", 0, 82],
    ],
  );
  assert.deepEqual(decodeSvsmManifest(manifest([], 0)).services, []);
});

test("trap 25: GUIDs are stored in EFI's order, other than in certificate tables", () => {
  const bytes = manifest([], 0);
  assert.equal(bytes[0], 0xbb);
  assert.ok(isSvsmManifest(bytes));
  bytes.set(guidEncode(SVSM_MANIFEST_GUID, "rfc"));
  assert.ok(!isSvsmManifest(bytes));
  assert.equal(of(bytes), "constant-mismatch");
});

test("numbers that do not fit are refused", () => {
  assert.equal(of(manifest([], 0, { length: 25 })), "truncated");
  assert.equal(of(manifest([], 4, { length: 24 })), "trailing-bytes");
  assert.equal(of(manifest([], 0, { count: 1 })), "truncated");
  assert.equal(of(manifest([], 0, { count: 0xffff_ffff })), "bad-length");
  assert.equal(of(manifest([[VTPM, 47, 4]], 4)), "out-of-range");
  assert.equal(of(manifest([[VTPM, 48, 5]], 4)), "out-of-range");
  assert.equal(of(manifest([[VTPM, 48, 0xffff_ffff]], 4)), "out-of-range");
  assert.equal(of(manifest([[VTPM, 0xffff_ffff, 1]], 4)), "out-of-range");
  assert.equal(
    of(
      manifest(
        [
          [VTPM, 72, 4],
          [UEFI_MM, 75, 4],
        ],
        8,
      ),
    ),
    "out-of-range",
  );
  assert.equal(
    of(
      manifest(
        [
          [VTPM, 72, 4],
          [VTPM, 76, 4],
        ],
        8,
      ),
    ),
    "unknown-value",
  );
  assert.equal(of(new Uint8Array(0)), "truncated");
  assert.equal(of(manifest([], 0x1_0000)), "bad-length");
});

test("any bytes are a manifest or a LayoutError", () => {
  const edits = fc.array(fc.tuple(fc.nat(90), fc.nat(255)), { maxLength: 4 });
  fc.assert(
    fc.property(edits, fc.nat(100), (changes, cut) => {
      const bytes = concat(
        manifest(
          [
            [VTPM, 72, 10],
            [UEFI_MM, 82, 0],
          ],
          10,
        ),
      );
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
      assert.ok(isOrderly(() => decodeSvsmManifest(bytes)));
      assert.ok(isOrderly(() => decodeSvsmManifest(bytes.subarray(0, cut))));
    }),
  );
});

const INDEX = "svsm/index.json";
test("manifests as an SVSM makes them, and broken ones", { skip: missingVectors(INDEX) }, () => {
  const { manifests, nonce } = readVectorJson(INDEX) as {
    readonly nonce: string;
    readonly manifests: readonly {
      readonly file: string;
      readonly kind?: string;
      readonly reject?: string;
      readonly report_data?: string;
    }[];
  };
  assert.ok(manifests.length >= 12);
  for (const { file, kind = "", reject, report_data: reportData } of manifests) {
    const bytes = readVector(`svsm/${file}`);
    const isAll = kind.startsWith("all services");
    assert.equal(of(bytes) === "accepted", isAll && reject === undefined, file);
    if (reportData === undefined) continue;
    const hash = createHash("sha512").update(hexDecode(nonce)).update(bytes).digest("hex");
    assert.equal(hash, reportData, file);
  }
});
