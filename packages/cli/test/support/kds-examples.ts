// SPDX-License-Identifier: Apache-2.0
// What examples about the KDS need: a server that is asked in AMD's place, a cache of its own, and files
// to fetch for and to import.

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { storePath } from "@greenlight/core/endorsement";
import type { KdsAddress } from "@greenlight/core/endorsement";
import { FakeKds, answerOf, hierarchyOf } from "./fake-kds.ts";

/** A KDS for examples. */
export interface KdsExamples {
  readonly kds: FakeKds;
  leave(): void;
}

/**
 * Starts the server and writes the files into the current folder. Until leave() the environment names
 * the server and the cache.
 */
export async function enterKdsExamples(): Promise<KdsExamples> {
  const kds = await FakeKds.start();
  const restore = [
    setVariable("GREENLIGHT_KDS", kds.url),
    setVariable("XDG_CACHE_HOME", join(process.cwd(), "user-cache")),
  ];
  const vcek = hierarchyOf("Milan").vcek();
  const address: KdsAddress = { kind: "VCEK", line: "Milan", hwId: vcek.chipId, tcb: vcek.tcb };
  write("report.bin", vcek.report());
  write("vcek.der", vcek.der);
  const list: KdsAddress = { kind: "CRL", line: "Milan", endorser: "vcek" };
  for (const each of [address, list]) write(join("kds-store", storePath(each)), answerOf(each));
  return {
    kds,
    leave() {
      kds.stop();
      for (const undo of restore) undo();
    },
  };
}

/** Sets an environment variable. @returns what undoes it. */
export function setVariable(name: string, value: string): () => void {
  const before = process.env[name];
  process.env[name] = value;
  return () => {
    if (before === undefined) delete process.env[name];
    else process.env[name] = before;
  };
}

/** Files that other examples have written stay as they are. */
function write(path: string, content: Uint8Array): void {
  if (existsSync(path)) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
