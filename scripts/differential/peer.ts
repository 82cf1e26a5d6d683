// SPDX-License-Identifier: Apache-2.0
// Builds the program that judges with go-sev-guest, out of Debian's packages and in Go's GOPATH mode as
// Debian builds, and runs it over cases.

import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { AMD_ROOTS } from "@greenlight/core/endorsement";
import type { Case } from "./case.ts";
import { peerPolicy } from "./demands.ts";
import type { Judgement } from "./ours.ts";

/** Version that the differences are explained for. */
export const PEER_VERSION = "0.15.0";

/** How to get what {@link findPeer} looks for. */
export const PEER_HELP = `go-sev-guest is judged with as Debian packages it. On Debian (sid):

  apt-get install golang-go golang-github-google-go-sev-guest-dev

Elsewhere, download these and the golang-* packages they depend on with apt-get download, unpack them with
dpkg-deb -x into one folder, and say where they are:

  --go FOLDER/usr/lib/go-1.27/bin/go --gopath FOLDER/usr/share/gocode
`;

const PACKAGE = "src/github.com/google/go-sev-guest";
const SOURCE = join(import.meta.dirname, "go-sev-guest", "main.go");

/** Where Go and the library are. */
export interface Peer {
  readonly go: string;
  readonly gopath: string;
}

/** The peer, or what is missing. */
export function findPeer(go: string, gopath: string): Peer | { readonly missing: string } {
  if (spawnSync(go, ["version"]).status !== 0) return { missing: `Go (${go})` };
  if (!existsSync(join(gopath, PACKAGE))) {
    return { missing: `go-sev-guest (${join(gopath, PACKAGE)})` };
  }
  return { go, gopath };
}

/** A built peer. */
export interface BuiltPeer {
  judge(cases: readonly Case[]): Promise<readonly Judgement[]>;
  remove(): void;
}

/**
 * Builds the program in a folder of its own.
 * @throws {Error} with what Go said.
 */
export function buildPeer({ go, gopath }: Peer): BuiltPeer {
  const folder = mkdtempSync(join(tmpdir(), "greenlight-differential-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const program = join(folder, "judge");
  const overlay = join(folder, "overlay.json");
  writeFileSync(overlay, JSON.stringify({ Replace: rootFiles(folder, gopath) }));
  const { status, stderr } = spawnSync(go, ["build", "-overlay", overlay, "-o", program, SOURCE], {
    encoding: "utf8",
    env: {
      ...process.env,
      GO111MODULE: "off",
      GOPATH: gopath,
      GOFLAGS: "",
      GOTOOLCHAIN: "local",
      GOCACHE: process.env["GOCACHE"] ?? join(folder, "cache"),
      CGO_ENABLED: "0",
    },
  });
  if (status !== 0) {
    remove();
    throw new Error(`go build failed:\n${stderr}`);
  }
  return { judge: (cases) => runPeer(program, cases), remove };
}

/**
 * Debian's package leaves out the certificates that the library embeds; they are put in their place, of
 * our own. Those of VLEKs are read by the library's tests alone and are empty here.
 */
function rootFiles(folder: string, gopath: string): Readonly<Record<string, string>> {
  const chain = (line: string): string => {
    const root = AMD_ROOTS.find((each) => each.line === line);
    return [root?.ask, root?.ark].map((each) => pem(each?.der ?? new Uint8Array())).join("");
  };
  const files = {
    "ask_ark_milan.pem": chain("Milan"),
    "ask_ark_genoa.pem": chain("Genoa"),
    "ask_ark_turin_vcek.pem": chain("Turin"),
    "ask_ark_milan_vlek.pem": "",
    "ask_ark_genoa_vlek.pem": "",
    "ask_ark_turin_vlek.pem": "",
  };
  const replaced: Record<string, string> = {};
  mkdirSync(join(folder, "roots"));
  for (const [name, text] of Object.entries(files)) {
    const own = join(folder, "roots", name);
    const packaged = join(gopath, PACKAGE, "verify/trust", name);
    if (existsSync(packaged)) continue;
    writeFileSync(own, text);
    replaced[packaged] = own;
  }
  return replaced;
}

function pem(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

async function runPeer(program: string, cases: readonly Case[]): Promise<readonly Judgement[]> {
  const child = spawn(program, { stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  const judgements: Judgement[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => judgements.push(readAnswer(line)));
  for (const item of cases) {
    if (!child.stdin.write(`${JSON.stringify(request(item))}\n`)) {
      await new Promise((resolve) => child.stdin.once("drain", resolve));
    }
  }
  child.stdin.end();
  const code = await ended;
  if (code === 0 && judgements.length === cases.length) return judgements;
  throw new Error(`the peer answered ${judgements.length} of ${cases.length} cases, exit ${code}`);
}

function request({ name, line, evidence, roots, at, demands, lists }: Case): unknown {
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
  const address = (kind: string): string => `https://kdsintf.amd.com/${kind}/v1/${line}/crl`;
  return {
    name,
    evidence: base64(evidence),
    roots: roots.map((root) => ({
      line: root.line,
      ark: base64(root.ark.der),
      ask: base64(root.ask.der),
      asvk: base64(root.asvk.der),
    })),
    at,
    product: line,
    ...(lists === undefined
      ? {}
      : {
          lists: Object.fromEntries(
            Object.entries(lists).map(([kind, list]) => [address(kind), base64(list)]),
          ),
        }),
    policy: peerPolicy(demands, line),
    launchMitigations: String(demands.mitigations?.launch ?? 0n),
    currentMitigations: String(demands.mitigations?.current ?? 0n),
  };
}

function readAnswer(line: string): Judgement {
  const answer: unknown = JSON.parse(line);
  if (typeof answer === "object" && answer !== null && "outcome" in answer) {
    const { outcome, stage, error } = answer as Readonly<Record<string, string>>;
    if (outcome === "accepted" || outcome === "rejected" || outcome === "panic") {
      return { outcome, reasons: outcome === "accepted" ? [] : [`${stage}: ${error}`] };
    }
  }
  throw new Error(`the peer answered ${line}`);
}
