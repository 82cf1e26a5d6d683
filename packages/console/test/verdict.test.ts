// SPDX-License-Identifier: Apache-2.0
// Verdicts on the page: the sentence, what decided it, what is missing, how it was judged, what can be
// taken along.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { missingVectors, readVector } from "../../core/test/support/vectors.ts";
import { missingChromium } from "./support/chromium.ts";
import { ACCEPTED, REJECTED, WITHOUT_VCEK, textFile } from "./support/evidence.ts";
import { explorerTests } from "./support/explorer.ts";

const skip = missingChromium();
const start = explorerTests();

const MEASUREMENT =
  "7a1e5c266c0108dbc9bb94fa926951320940915d0aafb42464bd88b579ea158d3e1a0dc39b2c60bd95b9c480cd81841f";

async function deciding(page: Page): Promise<string> {
  return page.locator("section.verdict .findings").innerText();
}

test(
  "a genuine report that the policy takes is accepted, with what was left open",
  { skip },
  async () => {
    const explorer = await start();
    await explorer.give(...ACCEPTED);
    assert.equal(await explorer.verdict(), "Accepted");
    const said = await deciding(explorer.page);
    assert.match(said, /warning\s+No launch digest was demanded/);
    assert.doesNotMatch(said, /\bfail\b/);
    const groups = explorer.page.locator(".group > summary");
    assert.deepEqual(
      (await groups.allInnerTexts()).map((text) => text.split("?")[0]),
      ["Is it genuine", "Is it what is wanted", "Is it fresh"],
    );
    await explorer.close();
  },
);

test("a rejected report says why, what to do, and shows the bytes", { skip }, async () => {
  const explorer = await start();
  const { page } = explorer;
  await explorer.give(...REJECTED);
  assert.equal(await explorer.verdict(), "Rejected");
  const said = await deciding(page);
  assert.match(said, /fail\s+DEBUG is not as demanded/);
  assert.match(said, /What to do/);
  assert.match(said, /snp\.guest-policy\.debug/);
  await page
    .locator("section.verdict")
    .getByRole("button", { name: /Show bytes/ })
    .click();
  assert.match(await page.locator("#byte").innerText(), /offset 0x8: byte .*, policy, byte 1 of 8/);
  assert.equal(await page.locator(".fieldrow.chosen .name").innerText(), "policy");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "hexdump");
  await explorer.close();
});

test("ids of findings are copied", { skip }, async () => {
  const explorer = await start();
  const { page } = explorer;
  await page.addInitScript(() => {
    const copied: string[] = [];
    Object.assign(globalThis, { copied });
    navigator.clipboard.writeText = async (text) => {
      if (copied.push(text) > 1) throw new DOMException("not allowed", "NotAllowedError");
    };
  });
  await page.reload();
  await explorer.give(...REJECTED);
  await explorer.verdict();
  const copy = page.getByRole("button", { name: "Copy finding id snp.guest-policy.debug" });
  await copy.click();
  assert.equal(await copy.innerText(), "Copied");
  assert.deepEqual(await page.evaluate("copied"), ["snp.guest-policy.debug"]);
  // Where the browser does not allow it, the page does not pretend.
  await copy.click();
  assert.equal(await copy.innerText(), "Select it");
  await explorer.close();
});

test("without its VCEK nothing is decided, and the page says where it is", { skip }, async () => {
  const explorer = await start();
  const { page } = explorer;
  await explorer.give(...WITHOUT_VCEK);
  assert.equal(await explorer.verdict(), "Not decided");
  const missing = await page.locator(".missing").innerText();
  assert.match(missing, /This page fetches nothing/);
  assert.match(missing, /VCEK certificate of this chip \(Milan\)/);
  assert.match(
    missing,
    /https:\/\/kdsintf\.amd\.com\/vcek\/v1\/Milan\/[0-9a-f]{128}\?blSPL=3&teeSPL=0&snpSPL=8&ucodeSPL=115/,
  );
  assert.equal(await page.locator(".missing a").count(), 0);
  // With it, the verdict comes by itself.
  await explorer.give(ACCEPTED[1]!);
  await page.getByText("Accepted.").waitFor();
  await explorer.close();
});

test("the instant is chosen", { skip }, async () => {
  const explorer = await start();
  const { page } = explorer;
  await explorer.give(...ACCEPTED);
  await explorer.verdict();
  await page.locator(".judging > summary").click();
  // The VCEK was issued in April 2023.
  await page.locator("#instant").fill("2022-01-01T00:00:00");
  await page.locator("#instant").blur();
  await page.getByText("Rejected.").waitFor();
  assert.match(await deciding(page), /snp\.vek\.validity/);
  assert.match(await page.locator(".judging").innerText(), /as of 2022-01-01 00:00:00 UTC/);
  await page.getByRole("button", { name: "Now" }).click();
  await page.getByText("Accepted.").waitFor();
  await explorer.close();
});

test("measurement and report data are demanded by typing them", { skip }, async () => {
  const explorer = await start();
  const { page } = explorer;
  await explorer.give(...ACCEPTED);
  await explorer.verdict();
  await page.locator(".judging > summary").click();
  await page.locator("#measurement").fill("7a1e");
  assert.match(await page.locator("#measurement-problem").innerText(), /has 4 .* digits, needs 96/);
  await page.locator("#measurement").fill(`0x${MEASUREMENT.toUpperCase()}`);
  await page.getByText("with 2 warnings").waitFor();
  await page.locator("#measurement").fill(MEASUREMENT.replace("7", "8"));
  await page.getByText("Rejected.").waitFor();
  // The one digit that differs is marked.
  const marks = page.locator("section.verdict mark");
  assert.deepEqual(await marks.allInnerTexts(), ["8", "7"]);
  await page.locator("#measurement").fill(MEASUREMENT);
  await page.locator("#reportData").fill("00".repeat(64));
  await page.getByText("Rejected.").waitFor();
  assert.match(await deciding(page), /snp\.report-data\./);
  await explorer.close();
});

test("a policy that is dropped is in force and can be read", { skip }, async () => {
  const explorer = await start();
  const { page } = explorer;
  const policy = {
    schema: "greenlight/policy/v1",
    name: "Turin only",
    evidence: { productLines: ["Turin"] },
  };
  await explorer.give(...ACCEPTED, textFile("policy.json", JSON.stringify(policy)));
  await page.getByText("Rejected.").waitFor();
  assert.match(await deciding(page), /snp\.product\.line-refused/);
  await page.locator(".judging > summary").click();
  await page.locator(".policy > summary").click();
  assert.match(await page.locator(".policy pre").innerText(), /"productLines": \["Turin"\]/);
  await explorer.close();
});

test("the chain is drawn, with the same in words", { skip }, async () => {
  const explorer = await start();
  const { page } = explorer;
  await explorer.give(...ACCEPTED);
  await explorer.verdict();
  const label = await page.locator(".picture").getAttribute("aria-label");
  assert.equal(
    label,
    "Certificate chain: ARK ARK-Milan, pass; ASK SEV-Milan, pass; VCEK SEV-VCEK, pass; " +
      "Report version 2, Milan, pass; CRL not there, warning.",
  );
  const twin = await page.locator(".links").innerText();
  for (const name of ["ARK-Milan", "SEV-Milan", "SEV-VCEK", "CRL"]) assert.ok(twin.includes(name));
  await explorer.close();
});

test("of a rejected report the chain shows the VCEK that came along", { skip }, async () => {
  const explorer = await start();
  const { page } = explorer;
  await page.getByRole("button", { name: "The same, tampered with" }).click();
  assert.equal(await explorer.verdict(), "Rejected");
  assert.equal(
    await page.locator(".picture").getAttribute("aria-label"),
    "Certificate chain: ARK ARK-Milan, pass; ASK SEV-Milan, pass; VCEK SEV-VCEK, pass; " +
      "Report version 2, Milan, fail; CRL not there, warning.",
  );
  await explorer.close();
});

test(
  "without the browser's cryptography the page says so and judges nothing",
  { skip },
  async () => {
    const explorer = await start();
    const { page } = explorer;
    await page.addInitScript(() => {
      Object.defineProperty(crypto, "subtle", { value: undefined });
    });
    await page.reload();
    const [alert] = await page.getByRole("alert").allInnerTexts();
    assert.match(alert ?? "", /crypto\.subtle is missing/);
    await explorer.give(...ACCEPTED);
    await page.getByText("Verification stopped").waitFor();
    assert.equal(await page.locator("section.verdict").count(), 0);
    await explorer.close();
  },
);

test("the result is taken along as JSON", { skip }, async () => {
  const explorer = await start();
  const { page } = explorer;
  await explorer.give(...REJECTED);
  await explorer.verdict();
  const download = async (name: RegExp): Promise<unknown> => {
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name }).click(),
    ]);
    return JSON.parse(readFileSync(await file.path(), "utf8"));
  };
  const result = (await download(/Download result/)) as Record<string, unknown>;
  assert.equal(result["schema"], "greenlight/explorer-result/v1");
  assert.equal(result["verdict"], "rejected");
  const findings = result["findings"] as readonly {
    readonly id: string;
    readonly outcome: string;
  }[];
  assert.deepEqual(
    findings.filter(({ outcome }) => outcome === "fail").map(({ id }) => id),
    ["snp.guest-policy.debug"],
  );
  const files = result["files"] as readonly { readonly sha256: string }[];
  assert.equal(
    files[0]?.sha256,
    "377e6241d3b373ab1df80c0f96978594e7e21f4797dd6ea95e2957e1c1e26060",
  );
  const claims = (await download(/attestation result/)) as {
    readonly eat_profile: string;
    readonly submods: Readonly<
      Record<string, { readonly ear_verifier_claims: { readonly greenlight_verdict: string } }>
    >;
  };
  assert.match(claims.eat_profile, /^tag:ietf\.org,2026:rats\/ear/);
  assert.equal(claims.submods["sev-snp"]?.ear_verifier_claims.greenlight_verdict, "rejected");
  await explorer.close();
});

const HCL = "snp/hcl/azure-milan-v3-attestationrs.hcl.bin";
const HCL_VEK = "snp/veks/azure-milan-v3-attestationrs.der";
test(
  "an HCL report is bound to its runtime data",
  { skip: skip || missingVectors(HCL, HCL_VEK) },
  async () => {
    const explorer = await start();
    await explorer.give(
      { name: "hcl.bin", bytes: readVector(HCL) },
      { name: "vcek.der", bytes: readVector(HCL_VEK) },
    );
    assert.equal(await explorer.verdict(), "Accepted");
    await explorer.page.locator(".group", { hasText: "Is it fresh?" }).locator("> summary").click();
    const fresh = await explorer.page.locator(".group", { hasText: "Is it fresh?" }).innerText();
    assert.match(fresh, /pass\s+.*runtime data/);
    await explorer.close();
  },
);
