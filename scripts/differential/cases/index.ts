// SPDX-License-Identifier: Apache-2.0
// All cases.

import type { Case } from "../case.ts";
import { chainCases } from "./chain.ts";
import { extensionCases } from "./extensions.ts";
import { exactCases, guestPolicyCases, idBlockCases, platformCases } from "./policy.ts";
import { reportCases, signatureCases } from "./report.ts";
import { revocationCases } from "./revocation.ts";
import { tableCases } from "./table.ts";
import { tcbCases } from "./tcb.ts";
import { processorCases, validCases } from "./valid.ts";

/** Every case, in the order of the groups. Takes some seconds: all is signed anew. */
export function allCases(): readonly Case[] {
  return [
    ...validCases(),
    ...processorCases(),
    ...reportCases(),
    ...signatureCases(),
    ...guestPolicyCases(),
    ...platformCases(),
    ...tcbCases(),
    ...exactCases(),
    ...idBlockCases(),
    ...extensionCases(),
    ...chainCases(),
    ...revocationCases(),
    ...tableCases(),
  ];
}
