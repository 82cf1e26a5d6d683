// SPDX-License-Identifier: Apache-2.0
// The whole of a policy file, from its three sections.

import * as z from "zod/mini";
import { EVIDENCE_SECTION } from "./schema-evidence.ts";
import { GUEST_SECTION } from "./schema-guest.ts";
import { PLATFORM_SECTION } from "./schema-platform.ts";
import { DEFAULT_POLICY } from "./default.ts";
import { POLICY_SCHEMA } from "./types.ts";
import { text, word } from "./values.ts";

/** The schema. What it gives is a {@link Policy}. */
export const POLICY = z.strictObject({
  // Parsing takes it off; it stands here for the JSON Schema of policies in JSON.
  $schema: z.exactOptional(text(1000, "Where editors find the JSON Schema of this file.")),
  schema: word([POLICY_SCHEMA], "Says that this is a policy, and of which version."),
  name: z._default(text(200, "What findings and results call the policy."), DEFAULT_POLICY.name),
  description: z._default(text(10_000, "What the policy is for, for people."), ""),
  evidence: EVIDENCE_SECTION,
  platform: PLATFORM_SECTION,
  guest: GUEST_SECTION,
});
