// SPDX-License-Identifier: Apache-2.0
// A launch that kills its own process after a step of the record. Run by killed.test.ts.
//
//   node killed-launch.ts FOLDER STEP

import { runLaunch } from "../../src/launch/run.ts";
import { ImitationHost, testPlatform } from "./imitation.ts";
import { POLICY, context, materials, measuredPieces } from "./support.ts";

const [folder = "", last = ""] = process.argv.slice(2);
const platform = testPlatform();
const host = new ImitationHost({ platform, pieces: measuredPieces(), policy: POLICY });
await runLaunch(
  materials(platform),
  context(host, folder, {
    onEntry({ step }) {
      if (step === last) process.kill(process.pid, "SIGKILL");
    },
  }),
);
