// SPDX-License-Identifier: Apache-2.0
// `greenlight kds fetch`: what reports will be verified with, ahead of time.

import { parseKdsUrl } from "@greenlight/core/endorsement";
import { PRODUCT_LINES, productLineNamed } from "@greenlight/core/evidence";
import type { ProductLine } from "@greenlight/core/evidence";
import { defineCommand } from "../../command/command.ts";
import type { Options, OptionValues } from "../../command/command.ts";
import { UsageError } from "../../command/usage-error.ts";
import { parseBytes } from "../../input/digest.ts";
import { naming } from "../../input/named-error.ts";
import { StoreFolder } from "../../kds/store.ts";
import { CACHE_OPTION, SERVER_OPTIONS, kdsOpener, parseSeconds } from "../../kds/options.ts";
import { openSources } from "../verify/sources.ts";
import { grant, tell } from "./granting.ts";
import { parseTcb } from "./tcb.ts";
import { Wishes } from "./wishes.ts";

/** Throttling by AMD's service lasts for minutes; here one can wait. */
const DEFAULT_TIMEOUT = "300";
const DEFAULT_PACE = "0.5";

const OPTIONS = {
  line: { kind: "value", placeholder: "LINE", brief: "product line: Milan, Genoa, Turin" },
  chip: { kind: "value", placeholder: "HEX", brief: "chip id, with --line and --tcb" },
  tcb: {
    kind: "value",
    placeholder: "TCB",
    brief:
      "bootloader=N,tee=N,snp=N,microcode=N, from Turin on also fmc=N; or the 16 digits of REPORTED_TCB",
  },
  crl: { kind: "flag", brief: "fetch revocation lists too" },
  out: {
    kind: "value",
    short: "o",
    placeholder: "FOLDER",
    brief: "also write everything into this folder, as kds export does",
  },
  force: { kind: "flag", brief: "with --out: overwrite files that hold something else" },
  refresh: { kind: "flag", brief: "fetch again what is at hand" },
  pace: {
    kind: "value",
    placeholder: "SECONDS",
    brief: "least time between two requests",
    default: DEFAULT_PACE,
  },
  "kds-timeout": {
    kind: "value",
    placeholder: "SECONDS",
    brief: "time allowed for each thing, retries included",
    default: DEFAULT_TIMEOUT,
  },
  json: { kind: "flag", brief: "print JSON (schema greenlight/kds-fetch/v1)" },
  ...SERVER_OPTIONS,
  ...CACHE_OPTION,
} as const satisfies Options;

export const command = defineCommand({
  name: "kds fetch",
  brief: "fetch what reports will be verified with",
  description: [
    "Fetches the VCEK of each report's chip at its reported TCB, and with --crl the revocation " +
      "lists, into the cache. What is at hand is not asked for again, so that a run that was " +
      "interrupted or throttled goes on where it ended.",
    "Reports may be in any form that `greenlight verify` takes; folders are walked through. A URL " +
      "of the KDS, as `snphost show vcek-url` prints it, can stand in place of a report. VLEKs " +
      "cannot be fetched: they come with the evidence.",
    "Exit code 3 when something could not be had.",
  ],
  positionals: {
    usage: "[REPORT|URL]...",
    brief: "evidence, a folder of it, - for standard input, or an address",
    min: 0,
    max: Number.POSITIVE_INFINITY,
  },
  options: OPTIONS,
  examples: [
    { line: "kds fetch report.bin --crl", brief: "what one report needs" },
    { line: "kds fetch --line Genoa --crl", brief: "what all reports of a line need" },
    { line: "kds fetch report.bin --out kds", brief: "also into a folder to take elsewhere" },
  ],
  async run({ options, positionals, io }) {
    const setup = {
      paceMs: parsePace(options.pace ?? DEFAULT_PACE),
      refresh: options.refresh,
    };
    const settings = { ...options, "kds-timeout": options["kds-timeout"] ?? DEFAULT_TIMEOUT };
    const open = kdsOpener(settings, io, setup);
    const store =
      options.out === undefined ? undefined : new StoreFolder(options.out, options.force);
    const wishes = await gather(options, positionals);
    const client = await open();
    if (client === undefined) throw new Error("a client that is not offline is always there");
    const granted = await grant(wishes, { client, store });
    tell(granted, wishes, options.json, io);
    return granted.some(({ error }) => error !== undefined) ? 3 : 0;
  },
});

/** What is to be fetched. */
async function gather(
  options: OptionValues<typeof OPTIONS>,
  positionals: readonly string[],
): Promise<Wishes> {
  const line = parseLine(options.line);
  const wishes = new Wishes(options.crl);
  if (options.chip !== undefined || options.tcb !== undefined) {
    wishes.add({ kind: "VCEK", ...factsOf(options, line) });
  }
  if (line !== undefined && positionals.length === 0) wishes.addLine(line, "vcek");
  if (line === undefined && positionals.length === 0) {
    throw new UsageError(
      "missing-argument",
      "there is nothing to fetch",
      "name reports, or a product line with --line",
    );
  }
  for (const argument of positionals) {
    if (/^https?:\/\//.test(argument)) {
      const { address } = await naming(argument.slice(0, 40), () => parseKdsUrl(argument));
      wishes.add(address);
      if (address.kind === "VCEK") wishes.addLine(address.line, "vcek");
    } else {
      const { each } = await openSources([argument]);
      for await (const source of each) await wishes.addReport(source, line);
    }
  }
  if (wishes.all.length === 0 && wishes.reports === 0 && wishes.without.length === 0) {
    throw new UsageError(
      "missing-option",
      `there is nothing to fetch for ${line ?? "these arguments"}: its certificates are carried`,
      "add --crl for its revocation lists, or --chip and --tcb",
    );
  }
  return wishes;
}

/** @throws {UsageError} `missing-option`, `bad-value`. */
function factsOf(options: OptionValues<typeof OPTIONS>, line: ProductLine | undefined) {
  const { chip, tcb } = options;
  if (line === undefined || chip === undefined || tcb === undefined) {
    throw new UsageError("missing-option", "--line, --chip and --tcb belong together");
  }
  const { hwIdLength } = PRODUCT_LINES[line];
  const digits = chip.replace(/^0x/i, "");
  // From Turin on people copy all of CHIP_ID out of a report; the rest of it is zero.
  const isWhole = hwIdLength === 8 && /^[0-9a-f]{16}0{112}$/i.test(digits);
  const hwId = parseBytes(isWhole ? digits.slice(0, 16) : digits, "--chip", hwIdLength);
  return { line, hwId, tcb: parseTcb(tcb, line, "--tcb") };
}

/** @throws {UsageError} `bad-value`. */
function parseLine(name: string | undefined): ProductLine | undefined {
  const line = name === undefined ? undefined : productLineNamed(name);
  if (name === undefined || line !== undefined) return line;
  throw new UsageError(
    "bad-value",
    `--line is ${JSON.stringify(name.slice(0, 40))}`,
    `choose one of: ${Object.keys(PRODUCT_LINES).join(", ")}; Bergamo and Siena are Genoa`,
  );
}

function parsePace(text: string): number {
  return /^0+(\.0*)?$/.test(text) ? 0 : parseSeconds(text, "--pace");
}
