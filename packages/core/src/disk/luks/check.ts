// SPDX-License-Identifier: Apache-2.0
// Judging a LUKS2 header. It is not authenticated: whoever has the disk can write another one, which
// opens with their passphrase or leaves the data in clear (CVE-2025-59054, CVE-2025-58356).

import { broken, found, judged } from "../finding.ts";
import type { Details } from "../finding.ts";
import type { Finding } from "../../finding/index.ts";
import { LayoutError } from "../../bytes/index.ts";
import type { LuksHeaderCopy } from "./header.ts";
import { isDigest, isKeyslot, isSegment } from "./metadata.ts";
import type { LuksKeyslot, LuksMetadata, LuksSegment } from "./metadata.ts";

/** The only cipher taken: what cryptsetup uses unless told otherwise. */
const CIPHER = "aes-xts-plain64";
/** AES-128 and AES-256, each with two keys, in bytes. */
const KEY_SIZES: ReadonlySet<number> = new Set([32, 64]);
const SECTOR_SIZES: ReadonlySet<number> = new Set([512, 1024, 2048, 4096]);

/** Below these, guessing is cheaper than with what cryptsetup itself never goes below by far. */
const LEAST = { argonMemoryKib: 64 * 1024, argonTime: 4, pbkdf2Iterations: 600_000 } as const;
/** Beyond these a header is a way to stop a guest, or the machine that checks it. */
const MOST = {
  argonMemoryKib: 4 * 1024 * 1024,
  argonWorkKib: 64 * 1024 * 1024,
  /** cryptsetup makes four at most, and starts as many as a header says. */
  argonThreads: 16,
  pbkdf2Iterations: 100_000_000,
} as const;

const SOURCE = "LUKS2 On-Disk Format 1.1.4";

/** What is judged about one partition. */
export interface LuksHeaders {
  readonly primary: LuksHeaderCopy;
  readonly secondary: LuksHeaderCopy | LayoutError;
  readonly metadata: LuksMetadata | LayoutError;
  /** Size of the partition in bytes. */
  readonly size: number;
  /** What the partition is called in findings. */
  readonly name: string;
}

/** Judges header and metadata; every check is reported. */
export function checkLuks(headers: LuksHeaders): readonly Finding[] {
  const where = { artefact: headers.name };
  const { metadata } = headers;
  if (metadata instanceof LayoutError) {
    return [checkCopies(headers), broken("disk.luks.metadata", metadata, { where })];
  }
  const keyslots = Object.values(metadata.keyslots);
  const segments = Object.values(metadata.segments);
  const known = keyslots.filter(isKeyslot);
  const understood =
    known.length === keyslots.length &&
    segments.every(isSegment) &&
    Object.values(metadata.digests).every(isDigest);
  const types = [keyslots, segments, Object.values(metadata.digests)].map((objects) =>
    show(objects.map(({ type }) => type)),
  );
  return [
    checkCopies(headers),
    judged("disk.luks.metadata", understood, {
      where,
      expected: "keyslots luks2, segments crypt, digests pbkdf2",
      actual: `keyslots ${types[0]}, segments ${types[1]}, digests ${types[2]}`,
      source: SOURCE,
    }),
    ...checkCiphers(known, segments.filter(isSegment), where),
    checkSegments(headers, metadata, where),
    checkDigests(metadata, where),
    found("disk.luks.keyslots", keyslots.length === 1 ? "pass" : "warn", {
      where,
      expected: "1",
      actual: String(keyslots.length),
      hint: "cryptsetup luksKillSlot removes a passphrase that should not be there",
    }),
    checkTokens(metadata, where),
    judged("disk.luks.requirements", isEmpty(metadata.config.requirements), {
      where,
      actual: isEmpty(metadata.config.requirements)
        ? "none"
        : show([JSON.stringify(metadata.config.requirements)]),
      source: `${SOURCE}, section 3.6`,
    }),
    ...known.flatMap((keyslot) => checkKdf(keyslot, where)),
    ...Object.values(metadata.digests)
      .filter(isDigest)
      .filter(({ iterations }) => iterations > MOST.pbkdf2Iterations)
      .map(({ iterations }) =>
        judged("disk.luks.kdf-costly", false, {
          where,
          expected: `at most ${MOST.pbkdf2Iterations} iterations`,
          actual: `${iterations} iterations of the digest`,
        }),
      ),
  ];
}

function checkCopies({ primary, secondary, name }: LuksHeaders): Finding {
  const id = "disk.luks.header";
  const where = { artefact: name };
  if (secondary instanceof LayoutError) return broken(id, secondary, { where });
  const same =
    primary.json === secondary.json &&
    primary.sequence === secondary.sequence &&
    primary.uuid === secondary.uuid &&
    primary.size === secondary.size;
  return judged(id, same, {
    where,
    ...(same ? {} : { actual: `sequence ${primary.sequence} and ${secondary.sequence}` }),
    hint: "somebody changed one of them, or cryptsetup was interrupted: cryptsetup repair",
    source: `${SOURCE}, section 2.2`,
  });
}

function checkCiphers(
  keyslots: readonly LuksKeyslot[],
  segments: readonly LuksSegment[],
  where: Details["where"] & {},
): readonly Finding[] {
  const ofKeyslots = keyslots.map(({ area }) => area.encryption);
  const ofSegments = segments.map(({ encryption }) => encryption);
  const all = [...ofKeyslots, ...ofSegments];
  const isNull = (name: string): boolean => /null/i.test(name);
  return [
    judged("disk.luks.null-cipher", !all.some(isNull), {
      where,
      actual: show(all),
      hint: "do not use this disk: whoever wrote its header reads what the guest writes",
      source: "CVE-2025-59054, CVE-2025-58356",
    }),
    judged(
      "disk.luks.cipher",
      segments.length > 0 &&
        segments.every((each) => each.encryption === CIPHER && each.integrity === undefined),
      { where, expected: CIPHER, actual: show(ofSegments) },
    ),
    judged(
      "disk.luks.keyslot-cipher",
      keyslots.length > 0 &&
        keyslots.every(
          ({ area, key_size }) =>
            area.encryption === CIPHER && KEY_SIZES.has(area.key_size) && KEY_SIZES.has(key_size),
        ),
      {
        where,
        expected: `${CIPHER}, keys of 256 or 512 bits`,
        actual: show(
          keyslots.map(
            ({ area, key_size }) => `${area.encryption}, ${area.key_size * 8}, ${key_size * 8}`,
          ),
        ),
      },
    ),
  ];
}

function checkSegments(
  { primary, size }: LuksHeaders,
  metadata: LuksMetadata,
  where: Details["where"] & {},
): Finding {
  const segments = Object.values(metadata.segments);
  const [segment] = segments;
  const areas = Object.values(metadata.keyslots)
    .filter(isKeyslot)
    .map(({ area }) => area.offset + area.size);
  const headerEnd = Math.max(2 * primary.size + metadata.config.keyslots_size, ...areas);
  const holds =
    segments.length === 1 &&
    segment !== undefined &&
    isSegment(segment) &&
    segment.size === "dynamic" &&
    segment.iv_tweak === 0 &&
    (segment.flags ?? []).length === 0 &&
    SECTOR_SIZES.has(segment.sector_size) &&
    segment.offset >= headerEnd &&
    segment.offset < size;
  return judged("disk.luks.segment", holds, {
    where,
    expected: `one, from ${headerEnd} or later to the end at ${size}`,
    actual: show(
      segments.map((each) =>
        isSegment(each) ? `from ${each.offset}, size ${each.size}` : each.type,
      ),
    ),
    source: `${SOURCE}, section 3.3`,
  });
}

function checkDigests(metadata: LuksMetadata, where: Details["where"] & {}): Finding {
  const digests = Object.values(metadata.digests);
  const [digest] = digests;
  const holds =
    digests.length === 1 &&
    digest !== undefined &&
    isDigest(digest) &&
    sameNames(digest.keyslots, Object.keys(metadata.keyslots)) &&
    sameNames(digest.segments, Object.keys(metadata.segments));
  return judged("disk.luks.digest", holds, {
    where,
    expected: "1",
    actual: String(digests.length),
    source: `${SOURCE}, section 3.4`,
  });
}

function checkTokens(metadata: LuksMetadata, where: Details["where"] & {}): Finding {
  const types = Object.values(metadata.tokens).map(({ type }) => type);
  return found("disk.luks.tokens", types.length === 0 ? "pass" : "warn", {
    where,
    actual: show(types),
    hint: "cryptsetup token remove takes one off",
  });
}

function checkKdf(keyslot: LuksKeyslot, where: Details["where"] & {}): readonly Finding[] {
  const { kdf } = keyslot;
  const [strong, cheap, actual] =
    kdf.type === "pbkdf2"
      ? [
          kdf.iterations >= LEAST.pbkdf2Iterations,
          kdf.iterations <= MOST.pbkdf2Iterations,
          `pbkdf2, ${kdf.iterations} iterations`,
        ]
      : [
          kdf.memory >= LEAST.argonMemoryKib && kdf.time >= LEAST.argonTime,
          kdf.memory <= MOST.argonMemoryKib &&
            kdf.memory * kdf.time <= MOST.argonWorkKib &&
            kdf.cpus <= MOST.argonThreads,
          `${kdf.type}, ${kdf.memory} KiB, ${kdf.time} passes, ${kdf.cpus} threads`,
        ];
  return [
    found("disk.luks.kdf-weak", strong ? "pass" : "warn", {
      where,
      expected:
        `argon2id with ${LEAST.argonMemoryKib} KiB and ${LEAST.argonTime} passes, or pbkdf2 with ` +
        `${LEAST.pbkdf2Iterations} iterations, or more`,
      actual,
      hint: "of no matter when the passphrase is random and has 128 bits or more",
    }),
    judged("disk.luks.kdf-costly", cheap, {
      where,
      expected:
        `at most ${MOST.argonMemoryKib} KiB and ${MOST.argonThreads} threads, or ` +
        `${MOST.pbkdf2Iterations} iterations`,
      actual,
    }),
  ];
}

/** Whether `requirements` demands nothing, in either of the forms cryptsetup has had. */
function isEmpty(value: unknown): boolean {
  if (value === undefined) return true;
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.toSorted().join(" ") === b.toSorted().join(" ");
}

/** Text of the disk's own, cut short, without what a terminal would act on. */
function show(names: readonly string[]): string {
  if (names.length === 0) return "none";
  return names.map((name) => name.slice(0, 60).replaceAll(/[^ -~]/g, "?")).join("; ");
}
