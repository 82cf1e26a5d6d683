// SPDX-License-Identifier: Apache-2.0
// Where the primes of the usual keys were found, so that deriving a key takes milliseconds. These are
// no secrets: anybody finds the same numbers, see findPrime() in rsa-key.ts.

/** Positions of the primes p and q of a key, by its label. */
export const FOUND_PRIMES: Readonly<Record<string, { readonly p: number; readonly q: number }>> = {
  "greenlight/Milan/ARK": { p: 648, q: 612 },
  "greenlight/Milan/ASK": { p: 299, q: 38 },
  "greenlight/Milan/ASVK": { p: 416, q: 268 },
  "greenlight/Genoa/ARK": { p: 4201, q: 1825 },
  "greenlight/Genoa/ASK": { p: 296, q: 1113 },
  "greenlight/Genoa/ASVK": { p: 843, q: 889 },
  "greenlight/Turin/ARK": { p: 209, q: 1972 },
  "greenlight/Turin/ASK": { p: 72, q: 2245 },
  "greenlight/Turin/ASVK": { p: 1966, q: 206 },
  "greenlight/Venice/ARK": { p: 89, q: 39 },
  "greenlight/Venice/ASK": { p: 1577, q: 55 },
  "greenlight/Venice/ASVK": { p: 97, q: 1365 },
  "other/Milan/ARK": { p: 1302, q: 366 },
  "other/Milan/ASK": { p: 131, q: 65 },
  "other/Milan/ASVK": { p: 785, q: 206 },
  "other/Genoa/ARK": { p: 554, q: 159 },
  "other/Genoa/ASK": { p: 987, q: 1515 },
  "other/Genoa/ASVK": { p: 381, q: 2156 },
  "other/Turin/ARK": { p: 1017, q: 715 },
  "other/Turin/ASK": { p: 1029, q: 49 },
  "other/Turin/ASVK": { p: 582, q: 547 },
  "greenlight/Naples/ARK": { p: 260, q: 891 },
  "greenlight/Naples/ASK": { p: 440, q: 423 },
  "greenlight/Rome/ARK": { p: 233, q: 2672 },
  "greenlight/Rome/ASK": { p: 1974, q: 510 },
  "other/Naples/ARK": { p: 685, q: 257 },
  "other/Naples/ASK": { p: 255, q: 289 },
  "other/Rome/ARK": { p: 78, q: 1398 },
  "other/Rome/ASK": { p: 188, q: 400 },
};
