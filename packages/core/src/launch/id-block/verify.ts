// SPDX-License-Identifier: Apache-2.0
// Checking an ID block and its authentication: what firmware checks at SNP_LAUNCH_FINISH, and
// whether they are the ones the guest owner expects. Every check is reported.

import { LayoutError, annotate } from "../../bytes/index.ts";
import { KeyError } from "../../crypto/key-error.ts";
import type { Finding } from "../../finding/index.ts";
import { P384_SIGNATURE, requireLength, signatureFromAmd } from "./ecdsa.ts";
import { checkExpected, checkExpectedKey, requireExpectedSizes } from "./expected.ts";
import type { IdBlockExpectations } from "./expected.ts";
import { KEY_IDS, checkAlgorithm, checkCurve, checkPolicyBits, checkVersion } from "./fields.ts";
import { importVerifyKey } from "./keys.ts";
import { ECDSA_PUBLIC_KEY, ECDSA_SIGNATURE, ID_AUTH, ID_BLOCK } from "./layout.ts";

/**
 * Checks an ID block and its ID authentication information over their original bytes.
 *
 * Whether the author key counts is not in these bytes but a launch parameter (QEMU:
 * `author-key-enabled`): `expected.authorKeyEnabled` says so, and without it the key counts when
 * anything of it is there.
 * @param idBlock 96 bytes.
 * @param idAuth 4096 bytes.
 * @returns One finding for each check. `skipped`: no author key, or nothing was expected.
 * @throws {LayoutError} when a length is wrong, also of an expected value, or an expected policy has
 * more than 64 bits; everything else that is wrong with the bytes is a finding.
 */
export async function verifyIdBlock(
  idBlock: Uint8Array,
  idAuth: Uint8Array,
  expected: IdBlockExpectations = {},
): Promise<readonly Finding[]> {
  requireExpectedSizes(expected);
  // Copies: the caller may change its bytes while signatures are checked.
  const block = new Uint8Array(requireLength(idBlock, ID_BLOCK.size, ID_BLOCK.name));
  const auth = new Uint8Array(requireLength(idAuth, ID_AUTH.size, ID_AUTH.name));
  const fields = ID_BLOCK.decode(block);
  const id = vouch(auth, "ID");
  const author = vouch(auth, "author");
  const authorCounts = expected.authorKeyEnabled ?? isPresent(author);
  return [
    checkVersion(fields.version),
    checkPolicyBits(fields.policy),
    ...checkExpected(fields, expected),
    checkReserved(auth),
    checkAlgorithm(id.who, id.algorithm, true),
    checkCurve(id.who, id.curve, true),
    ...(await checkKeyAndSignature(id, block, true)),
    checkExpectedKey(id.who, id.publicKey, expected.idKeyDigest, true),
    checkAlgorithm(author.who, author.algorithm, authorCounts),
    checkCurve(author.who, author.curve, authorCounts),
    ...(await checkKeyAndSignature(author, id.publicKey, authorCounts)),
    checkExpectedKey(author.who, author.publicKey, expected.authorKeyDigest, authorCounts),
  ];
}

/** A key of the ID authentication information with the signature it made, as raw bytes. */
interface Voucher {
  readonly who: "ID" | "author";
  readonly algorithm: number;
  readonly curve: number;
  readonly publicKey: Uint8Array<ArrayBuffer>;
  readonly signature: Uint8Array<ArrayBuffer>;
  readonly keyOffset: number;
  readonly signatureOffset: number;
}

/** Cuts one key and its signature out, without requiring the rest to follow the layout. */
function vouch(auth: Uint8Array<ArrayBuffer>, who: "ID" | "author"): Voucher {
  const isId = who === "ID";
  const view = new DataView(auth.buffer, auth.byteOffset, auth.byteLength);
  const keyOffset = ID_AUTH.offsetOf(isId ? "idKey" : "authorKey");
  const signatureOffset = ID_AUTH.offsetOf(isId ? "idBlockSig" : "idKeySig");
  return {
    who,
    algorithm: view.getUint32(ID_AUTH.offsetOf(isId ? "idKeyAlgo" : "authKeyAlgo"), true),
    curve: view.getUint32(keyOffset + ECDSA_PUBLIC_KEY.offsetOf("curve"), true),
    publicKey: auth.subarray(keyOffset, keyOffset + ECDSA_PUBLIC_KEY.size),
    signature: auth.subarray(signatureOffset, signatureOffset + ECDSA_SIGNATURE.size),
    keyOffset,
    signatureOffset,
  };
}

function isPresent(voucher: Voucher): boolean {
  return [voucher.publicKey, voucher.signature].some((part) => part.some((byte) => byte !== 0));
}

function checkReserved(auth: Uint8Array): Finding {
  const problems = annotate(ID_AUTH, auth).filter(({ problem }) => problem !== undefined);
  const first = problems[0];
  return {
    id: "snp.id-auth.reserved" as const,
    outcome: first === undefined ? "pass" : "fail",
    title:
      first === undefined
        ? "All reserved bytes of the ID authentication information are zero"
        : "The ID authentication information has reserved bytes that are not zero",
    ...(first === undefined
      ? {}
      : { actual: problems.map(({ path, problem }) => `${path} ${problem}`).join("; ") }),
    where: {
      artefact: "ID auth",
      ...(first === undefined ? {} : { offset: first.offset, size: first.size }),
    },
    source: ID_AUTH.source,
  };
}

/** Whether the key is a point of P-384, and whether it signed the data. */
async function checkKeyAndSignature(
  voucher: Voucher,
  data: Uint8Array<ArrayBuffer>,
  counts: boolean,
): Promise<readonly Finding[]> {
  const { who, keyOffset, signatureOffset } = voucher;
  const key = {
    id: `snp.id-auth.${KEY_IDS[who]}-key` as const,
    where: { artefact: "ID auth", offset: keyOffset, size: ECDSA_PUBLIC_KEY.size },
    source: ECDSA_PUBLIC_KEY.source,
  };
  const signature = {
    id:
      who === "ID"
        ? ("snp.id-block.signature" as const)
        : ("snp.id-auth.author-signature" as const),
    where: { artefact: "ID auth", offset: signatureOffset, size: ECDSA_SIGNATURE.size },
    source: ECDSA_SIGNATURE.source,
  };
  const signed = who === "ID" ? "ID block" : "ID key";
  if (!counts) {
    return [
      { ...key, outcome: "skipped", title: "No author key is in use" },
      { ...signature, outcome: "skipped", title: "No author key signed the ID key" },
    ];
  }
  const usable = await attempt(() => importVerifyKey(voucher.publicKey));
  const valid = await attempt(async () => {
    // Both first, so that a broken key does not hide a broken signature.
    const raw = signatureFromAmd(voucher.signature);
    if (usable.problem !== undefined)
      throw new KeyError("bad-point", `the ${who} key is not usable`);
    return crypto.subtle.verify(P384_SIGNATURE, usable.value, raw, data);
  });
  const ok = valid.problem === undefined && valid.value;
  return [
    usable.problem === undefined
      ? { ...key, outcome: "pass", title: `The ${who} key is a point of P-384` }
      : {
          ...key,
          outcome: "fail",
          title: `The ${who} key is not a usable P-384 key`,
          actual: usable.problem,
        },
    {
      ...signature,
      outcome: ok ? "pass" : "fail",
      title: `The ${signed} is ${ok ? "" : "not "}signed by the ${who} key`,
      ...(valid.problem === undefined ? {} : { actual: valid.problem }),
      ...(ok ? {} : { hint: `sign the ${signed} again; firmware answers BAD_SIGNATURE to this` }),
    },
  ];
}

type Attempt<T> =
  | { readonly value: T; readonly problem?: undefined }
  | { readonly problem: string };

/** The value, or in words why the bytes do not give one. Other errors are bugs and pass through. */
async function attempt<T>(action: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await action() };
  } catch (error) {
    if (error instanceof LayoutError || error instanceof KeyError)
      return { problem: error.message };
    throw error;
  }
}
