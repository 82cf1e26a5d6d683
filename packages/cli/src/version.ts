// SPDX-License-Identifier: Apache-2.0
// The version the program says of itself.

/** Version of the package; the package check of `npm test` compares it with package.json. */
export const VERSION = "0.1.0";
