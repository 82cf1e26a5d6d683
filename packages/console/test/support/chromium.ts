// SPDX-License-Identifier: Apache-2.0
// A headless Chromium: Debian's, without anything of its own on the network.

import { existsSync } from "node:fs";
import { chromium } from "playwright-core";
import type { Browser } from "playwright-core";

const EXECUTABLE = "/usr/bin/chromium";

/** For `test(name, { skip })`: false when there is a Chromium, else what is missing. */
export function missingChromium(): string | false {
  return existsSync(EXECUTABLE) ? false : `${EXECUTABLE} is absent (Debian package chromium)`;
}

/** Starts a Chromium with a profile of its own, which goes with it. */
export async function startChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: EXECUTABLE,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      // Containers give shared memory sparingly.
      "--disable-dev-shm-usage",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
