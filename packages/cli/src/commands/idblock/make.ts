// SPDX-License-Identifier: Apache-2.0
// `greenlight idblock make`: an ID block, signed. Takes the arguments of snp-create-id-block and of
// snpguest's `generate id-block`, and then prints what they print.

import { base64Encode } from "@greenlight/core/bytes";
import { ID_BLOCK, keyDigest, makeIdBlock, signIdBlock } from "@greenlight/core/id-block";
import { defineCommand } from "../../command/command.ts";
import { UsageError } from "../../command/usage-error.ts";
import { writeFiles } from "../../output/file.ts";
import { toJson } from "../../output/json.ts";
import { FORMATS, OPTIONS } from "./make-options.ts";
import type { MakeOptions } from "./make-options.ts";
import { asJsonValue, asSnpCreateIdBlock, asSnpguest, asText } from "./formats.ts";
import type { MadeIdBlock } from "./formats.ts";
import { parseId, parseLaunchDigest, parsePolicy, parseSvn, readSigningKey } from "./inputs.ts";

const DIGEST_IN_EXAMPLES =
  "076f052d08bda7a700aa2a608c5caa6b00ebad297b6d68a85a45b1e669a558b67e1b91d284a301fe63c4fa0750467eed";

export const command = defineCommand({
  name: "idblock make",
  brief: "make an ID block and sign it",
  description: [
    "Makes an ID block for a launch digest and signs it with the ID key; the author key, when " +
      "there is one, signs the ID key. Keys are PEM (SEC1 or PKCS #8) or DER, not encrypted. " +
      "Output changes from run to run: ECDSA signatures are randomised.",
    "Firmware of 2022 refuses to launch guests whose ID block has no author key, so one is worth " +
      "having.",
  ],
  positionals: {
    usage: "[ID-KEY AUTH-KEY LAUNCH-DIGEST]",
    brief: "keys and digest as snpguest takes them, in place of the options",
    min: 0,
    max: 3,
  },
  options: OPTIONS,
  abbreviations: ["measurement", "idkey", "authorkey"],
  examples: [
    {
      line:
        "idblock make --id-key id-key.pem --author-key author-key.pem --svn 2 " +
        `--launch-digest ${DIGEST_IN_EXAMPLES} --id-file id-block.b64 --auth-file id-auth.b64`,
      brief: "an ID block with a security version, also written to files",
    },
    {
      line: `idblock make id-key.pem author-key.pem 0x${DIGEST_IN_EXAMPLES}`,
      brief: "with snpguest's arguments and output",
    },
  ],
  async run({ options, positionals, io }) {
    const request = await requestOf(options, positionals);
    const idBlock = makeIdBlock(request.fields);
    const idKey = await readSigningKey(request.idKey);
    const authorKey =
      request.authorKey === undefined ? undefined : await readSigningKey(request.authorKey);
    const made: MadeIdBlock = {
      fields: ID_BLOCK.decode(idBlock),
      idBlock,
      idAuth: await signIdBlock(idBlock, idKey, authorKey),
      idKeyDigest: keyDigest(idKey.publicKey),
      authorKeyDigest: authorKey === undefined ? null : keyDigest(authorKey.publicKey),
    };
    const files = [
      { path: options["id-file"], bytes: idBlock },
      { path: options["auth-file"], bytes: made.idAuth },
    ].flatMap(({ path, bytes }) =>
      path === undefined ? [] : [{ path, content: options.binary ? bytes : base64Encode(bytes) }],
    );
    writeFiles(files, options.force);
    if (!options.quiet) io.out(options.json ? toJson(asJsonValue(made)) : request.print(made));
    if (authorKey === undefined) {
      io.err("hint: firmware of 2022 refuses ID blocks without author key; see --author-key\n");
    }
    return 0;
  },
});

interface Request {
  readonly fields: Parameters<typeof makeIdBlock>[0];
  readonly idKey: string;
  readonly authorKey: string | undefined;
  readonly print: (made: MadeIdBlock) => string;
}

async function requestOf(options: MakeOptions, positionals: readonly string[]): Promise<Request> {
  if (positionals.length === 1 || positionals.length === 2) {
    throw new UsageError(
      "missing-argument",
      "the launch digest is missing",
      "give ID-KEY AUTH-KEY LAUNCH-DIGEST, or --id-key, --author-key and --launch-digest",
    );
  }
  checkFiles(options);
  if ((options.version ?? "1") !== "1") {
    throw new UsageError("bad-value", `--version is ${options.version}`, "1 is the only version");
  }
  const [idKeyFile, authorKeyFile, digest] = positionals;
  const launchDigest = one("a launch digest", "--launch-digest DIGEST", [
    ["LAUNCH-DIGEST", digest],
    ["--launch-digest", options["launch-digest"]],
    ["--measurement", options.measurement],
  ]);
  const idKey = one("an ID key", "--id-key KEY", [
    ["ID-KEY", idKeyFile],
    ["--id-key", options["id-key"]],
    ["--idkey", options.idkey],
  ]);
  const authorKey = atMostOne([
    ["AUTH-KEY", authorKeyFile],
    ["--author-key", options["author-key"]],
    ["--authorkey", options.authorkey],
  ]);
  const familyId = parseId(options["family-id"], "--family-id");
  const imageId = parseId(options["image-id"], "--image-id");
  const guestSvn = parseSvn(options.svn, "--svn");
  const policy = parsePolicy(options.policy, "--policy");
  return {
    idKey: idKey[1],
    authorKey: authorKey?.[1],
    fields: {
      launchDigest: await parseLaunchDigest(launchDigest[1], launchDigest[0]),
      ...(familyId === undefined ? {} : { familyId }),
      ...(imageId === undefined ? {} : { imageId }),
      ...(guestSvn === undefined ? {} : { guestSvn }),
      ...(policy === undefined ? {} : { policy }),
    },
    print: printerOf(options, positionals, authorKey !== undefined),
  };
}

/** The format asked for, or that of the tool whose arguments were given. */
function printerOf(
  options: MakeOptions,
  positionals: readonly string[],
  hasAuthorKey: boolean,
): Request["print"] {
  const { idkey, authorkey, measurement } = options;
  const likePeer = [idkey, authorkey, measurement].every((value) => value !== undefined);
  const usual = positionals.length > 0 ? "snpguest" : likePeer ? "snp-create-id-block" : "text";
  const format = FORMATS.find((name) => name === options["output-format"]) ?? usual;
  if (format === "snp-create-id-block" && !hasAuthorKey) {
    throw new UsageError(
      "missing-option",
      "snp-create-id-block's output names an author key, and none is given",
      "add --author-key KEY",
    );
  }
  switch (format) {
    case "text":
      return asText;
    case "snp-create-id-block":
      return asSnpCreateIdBlock;
    case "snpguest":
      return asSnpguest;
  }
}

function checkFiles(options: MakeOptions): void {
  const id = options["id-file"];
  const auth = options["auth-file"];
  if (id !== undefined && id === auth) {
    throw new UsageError("conflicting-options", "--id-file and --auth-file name the same file");
  }
  if (id !== undefined || auth !== undefined) return;
  if (options.binary || options.quiet) {
    throw new UsageError(
      "missing-option",
      `${options.binary ? "--binary" : "--quiet"} is given and no file to write`,
      "add --id-file FILE and --auth-file FILE",
    );
  }
}

type Given = readonly [name: string, value: string | undefined];

function atMostOne(ways: readonly Given[]): readonly [name: string, value: string] | undefined {
  const [first, second] = ways.flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  if (first === undefined || second === undefined) return first;
  throw new UsageError(
    "conflicting-options",
    `${first[0]} and ${second[0]} are both given`,
    "give one",
  );
}

function one(what: string, how: string, ways: readonly Given[]): readonly [string, string] {
  const found = atMostOne(ways);
  if (found !== undefined) return found;
  throw new UsageError("missing-option", `${what} is missing`, `add ${how}`);
}
