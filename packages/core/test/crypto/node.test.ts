// SPDX-License-Identifier: Apache-2.0
// `#crypto` in Node.

import * as crypto from "../../src/crypto/node.ts";
import { hashCases } from "./hash-cases.ts";

hashCases("node", crypto);
