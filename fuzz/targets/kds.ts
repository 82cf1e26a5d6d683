// SPDX-License-Identifier: Apache-2.0
// Targets of the KDS: addresses, names of files in stores, files that are imported, Retry-After.

import { fixtureSnp } from "../../fixtures/load.ts";
import { readMaterial } from "../../packages/cli/src/kds/material.ts";
import { retryAfterMs } from "../../packages/cli/src/kds/retry.ts";
import { LayoutError } from "../../packages/core/src/bytes/index.ts";
import { kdsPath, parseKdsUrl } from "../../packages/core/src/endorsement/kds.ts";
import { parseStorePath, storePath } from "../../packages/core/src/endorsement/kds-store.ts";
import type { Target } from "../engine/target.ts";
import { bytesOf, check, declared, shifted, textOf } from "./support.ts";

const CHIP = "0a".repeat(64);
const SHORT_CHIP = "0102030405060708";

const expected = declared(LayoutError);

export const targets: readonly Target[] = [
  {
    name: "kds-url",
    text: true,
    seeds: () =>
      [
        `https://kdsintf.amd.com/vcek/v1/Milan/${CHIP}?blSPL=3&teeSPL=0&snpSPL=8&ucodeSPL=115`,
        `/vcek/v1/Turin/${SHORT_CHIP}?fmcSPL=1&blSPL=1&teeSPL=1&snpSPL=4&ucodeSPL=81`,
        "http://127.0.0.1:8080/mirror/vlek/v1/Genoa/cert_chain",
        "/vcek/v1/Venice/crl",
      ].map(bytesOf),
    dictionary: [
      "/vcek/v1/",
      "/vlek/v1/",
      "fmcSPL=",
      "blSPL=",
      "teeSPL=",
      "snpSPL=",
      "ucodeSPL=",
      "cert_chain",
      "Bergamo",
      "Turin",
      "&",
      "?",
      "=256",
      "%2f",
      "0x",
    ].map(bytesOf),
    maxLength: 1024,
    expected,
    run(data) {
      const { base, address } = parseKdsUrl(textOf(data));
      const again = parseKdsUrl(base + kdsPath(address));
      check(again.base === base, "the server reads back");
      check(kdsPath(again.address) === kdsPath(address), "the address reads back");
    },
  },
  {
    name: "kds-store-path",
    text: true,
    seeds: () =>
      [
        `vcek/${CHIP}/bl03_tee00_snp08_ucode115_vcek.der`,
        `vcek/${SHORT_CHIP}/bl01_tee01_snp04_ucode81_fmc01_vcek.der`,
        `vcek/${CHIP}/vcek.der`,
        "crl/Milan-vlek.crl",
        "cert_chain/Genoa-vcek.pem",
      ].map(bytesOf),
    dictionary: ["vcek/", "_fmc01", "bl256", "../", "crl/", "-vlek", ".pem"].map(bytesOf),
    maxLength: 512,
    expected,
    run(data) {
      const text = textOf(data);
      const name = parseStorePath(text);
      check(!text.includes(".."), "no name leads out of the folder");
      if (name.kind !== "VCEK") {
        check(storePath(name) === text, "a chain or list has one name");
        return;
      }
      const { hwId, tcb } = name;
      if (tcb === undefined) return;
      const line = hwId.length === 8 ? "Turin" : "Genoa";
      check(storePath({ kind: "VCEK", line, hwId, tcb }) === text, "a VCEK has one name");
    },
  },
  {
    name: "kds-material",
    seeds: () =>
      ["milan.vcek.der", "turin.vcek.der", "milan.vcek-chain.pem", "turin.vcek-chain.pem"].map(
        fixtureSnp,
      ),
    dictionary: ["-----BEGIN CERTIFICATE-----\n", "-----END X509 CRL-----", "VLEK"].map(bytesOf),
    maxLength: 8192,
    expected,
    run(data) {
      for (const { der } of readMaterial(shifted(data))) {
        check(der.length > 0 && der[0] === 0x30, "every part is a SEQUENCE");
      }
    },
  },
  {
    name: "retry-after",
    text: true,
    seeds: () => ["120", "Sat, 01 Aug 2026 12:00:30 GMT", "0"].map(bytesOf),
    dictionary: ["GMT", "Sat, ", ":60", " 2026 "].map(bytesOf),
    maxLength: 64,
    expected,
    run(data) {
      const wait = retryAfterMs(textOf(data), Date.UTC(2026, 7, 1));
      check(wait === undefined || (Number.isFinite(wait) && wait >= 0), "a time to wait, or none");
    },
  },
];
