// SPDX-License-Identifier: Apache-2.0
// Run by Bun, from bun.test.ts: `#crypto` in Bun.

import * as crypto from "../../src/crypto/bun.ts";
import { hashCases } from "./hash-cases.ts";

hashCases("bun", crypto);
