// SPDX-License-Identifier: Apache-2.0
// The options of `greenlight launch`.

import type { Options, OptionValues } from "../../command/command.ts";
import { KDS_OPTIONS } from "../../kds/options.ts";

const SESSION = "The launch's own folder";
const OUTPUT = "Output";

export const OPTIONS = {
  session: {
    kind: "value",
    short: "s",
    placeholder: "FOLDER",
    brief: "session, keys and record of this one launch (mode 0700)",
    default: "NAME.launch",
    group: SESSION,
  },
  prepare: {
    kind: "flag",
    brief: "verify, make the session, and stop: for a guest that the host starts",
    group: SESSION,
  },
  ...KDS_OPTIONS,
  verbose: { kind: "flag", short: "v", brief: "every finding with all its parts", group: OUTPUT },
  json: {
    kind: "flag",
    brief: "print a line of JSON for every event (schema greenlight/launch/v1)",
    group: OUTPUT,
  },
} as const satisfies Options;

/** What was given on the command line. */
export type LaunchOptions = OptionValues<typeof OPTIONS>;
