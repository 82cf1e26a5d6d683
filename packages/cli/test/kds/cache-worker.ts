// SPDX-License-Identifier: Apache-2.0
// One of two processes that use a cache at a time: puts, reads and deletes without pause. What it reads
// must be nothing or whole.

import { DiskCache } from "../../src/kds/cache.ts";
import { readContent } from "../../src/kds/material.ts";
import { answerOf } from "../support/fake-kds.ts";
import { CHAIN, CRL, VCEK } from "./support.ts";

const [folder = "", seed = "1"] = process.argv.slice(2);
const cache = DiskCache.open(folder, () => undefined, "named");
if (cache === undefined) throw new Error("the cache is not used");
const contents = [VCEK, CRL, CHAIN].map((address) => ({
  address,
  content: readContent(address, answerOf(address)),
}));
for (let round = 0; round < 300; round++) {
  const { address, content } = contents[(round + Number(seed)) % contents.length]!;
  cache.put(address, { content, fetched: round, from: `process ${seed}` });
  const read = cache.get(address);
  if (read !== undefined && Buffer.compare(read.content.bytes, content.bytes) !== 0) {
    throw new Error("read something else");
  }
  if (round % 7 === 0 && round < 290) cache.delete(address);
}
for (const { address, content } of contents)
  cache.put(address, { content, fetched: 0, from: seed });
process.stdout.write("300 rounds\n");
