// SPDX-License-Identifier: Apache-2.0
// The JSON area of LUKS2. Objects of the types that are known may have no members but the known ones;
// objects of other types are kept for a judge. Source: LUKS2 On-Disk Format Specification 1.1.4, section 3.

import * as z from "zod/mini";
import { LayoutError } from "../../bytes/index.ts";

const SOURCE = "LUKS2 On-Disk Format 1.1.4, section 3";

/** Numbers of 64 bits stand there as text; none of them exceeds what a number holds exactly. */
const wide = z.pipe(
  z.string().check(z.regex(/^(0|[1-9][0-9]{0,15})$/)),
  z.transform((text) => Number(text)),
);
const count = z.int().check(z.nonnegative());
const id = z.string().check(z.regex(/^[0-9]{1,3}$/));
const base64 = z.string().check(z.regex(/^[A-Za-z0-9+/]*={0,2}$/));

const KDF = z.union([
  z.strictObject({
    type: z.literal("pbkdf2"),
    salt: base64,
    hash: z.string(),
    iterations: count,
  }),
  z.strictObject({
    type: z.enum(["argon2i", "argon2id"]),
    salt: base64,
    time: count,
    /** KiB. */
    memory: count,
    cpus: count,
  }),
]);

const KEYSLOT = z.strictObject({
  type: z.literal("luks2"),
  key_size: count,
  area: z.strictObject({
    type: z.literal("raw"),
    offset: wide,
    size: wide,
    encryption: z.string(),
    key_size: count,
  }),
  kdf: KDF,
  af: z.strictObject({ type: z.literal("luks1"), stripes: count, hash: z.string() }),
  priority: z.optional(count),
});

const SEGMENT = z.strictObject({
  type: z.literal("crypt"),
  offset: wide,
  size: z.union([z.literal("dynamic"), wide]),
  iv_tweak: wide,
  encryption: z.string(),
  sector_size: count,
  flags: z.optional(z.array(z.string())),
  integrity: z.optional(z.looseObject({})),
});

const DIGEST = z.strictObject({
  type: z.literal("pbkdf2"),
  keyslots: z.array(id),
  segments: z.array(id),
  hash: z.string(),
  iterations: count,
  salt: base64,
  digest: base64,
});

/** An object of a type that only has its name here. */
const other = (known: string): z.ZodMiniType<{ type: string }> =>
  z.looseObject({ type: z.string().check(z.refine((type) => type !== known)) });

const METADATA = z.strictObject({
  keyslots: z.record(id, z.union([KEYSLOT, other("luks2")])),
  tokens: z.record(id, z.looseObject({ type: z.string() })),
  segments: z.record(id, z.union([SEGMENT, other("crypt")])),
  digests: z.record(id, z.union([DIGEST, other("pbkdf2")])),
  config: z.strictObject({
    json_size: wide,
    keyslots_size: wide,
    flags: z.optional(z.array(z.string())),
    requirements: z.optional(z.unknown()),
  }),
});

/** What a LUKS2 header says of keys and data. */
export type LuksMetadata = z.output<typeof METADATA>;
/** A keyslot that a passphrase opens. */
export type LuksKeyslot = z.output<typeof KEYSLOT>;
/** A part of the partition that is encrypted. */
export type LuksSegment = z.output<typeof SEGMENT>;

/** What proves that a key is the one of its segments. */
type LuksDigest = z.output<typeof DIGEST>;

/** Whether an object is of the type that is known. */
export function isDigest(value: LuksMetadata["digests"][string]): value is LuksDigest {
  return value.type === "pbkdf2";
}

/** Whether an object is of the type that is known. */
export function isKeyslot(value: LuksMetadata["keyslots"][string]): value is LuksKeyslot {
  return value.type === "luks2";
}

/** Whether an object is of the type that is known. */
export function isSegment(value: LuksMetadata["segments"][string]): value is LuksSegment {
  return value.type === "crypt";
}

/**
 * Reads the JSON of a header.
 * @throws {LayoutError} `bad-text` for text that is no such JSON; `trailing-bytes` for a text longer or
 * shorter than its content, as one that names something twice is.
 */
export function readLuksMetadata(json: string): LuksMetadata {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw problem("bad-text", "is not JSON");
  }
  const result = METADATA.safeParse(value);
  if (!result.success) {
    const [issue] = result.error.issues;
    const path = issue?.path.map(String).join(".") ?? "";
    throw problem("bad-text", `is not what the format has there: ${issue?.message ?? ""}`, path);
  }
  // The text has no blanks, and `/` as `\/`. Readers differ in which of two members of one name they take.
  if (JSON.stringify(value).length !== json.replaceAll("\\/", "/").length) {
    throw problem("trailing-bytes", "is not in the form that cryptsetup writes");
  }
  return result.data;
}

function problem(code: "bad-text" | "trailing-bytes", reason: string, path?: string): LayoutError {
  const field = path === undefined ? undefined : path.slice(0, 120);
  return new LayoutError({ code, structure: "LUKS2 metadata", field, reason, source: SOURCE });
}
