// SPDX-License-Identifier: Apache-2.0
// What can be given to the page and how; and what it says of what it cannot read.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fixtureSnp } from "../../../fixtures/load.ts";
import { missingVectors, readVector } from "../../core/test/support/vectors.ts";
import { missingChromium } from "./support/chromium.ts";
import { ACCEPTED, CHAIN, FIRMWARE, REJECTED, textFile } from "./support/evidence.ts";
import { explorerTests } from "./support/explorer.ts";

const skip = missingChromium();
const start = explorerTests();

test("the empty page says what it takes, and its samples work", { skip }, async () => {
  const explorer = await start();
  const { page } = explorer;
  const main = await page.locator("main").innerText();
  for (const what of ["SEV-SNP report", "Extended report", "Certificates", "Firmware", "Policy"]) {
    assert.ok(main.includes(what), what);
  }
  for (const [sample, verdict] of [
    ["Report of a Milan processor", "Accepted"],
    ["The same, tampered with", "Rejected"],
    ["The same without its VCEK", "Not decided"],
  ] as const) {
    await page.getByRole("button", { name: sample }).click();
    assert.equal(await explorer.verdict(), verdict);
    await page.getByRole("button", { name: "Forget all files" }).click();
    await page.locator(".samples").waitFor();
  }
  await explorer.close();
});

test("files are dropped anywhere on the page", { skip }, async () => {
  const explorer = await start();
  const files = REJECTED.map(({ name, bytes }) => ({ name, bytes: [...bytes] }));
  await explorer.page.evaluate((all) => {
    const transfer = new DataTransfer();
    for (const { name, bytes } of all) {
      transfer.items.add(new File([Uint8Array.from(bytes)], name));
    }
    const options = { dataTransfer: transfer, bubbles: true, cancelable: true };
    document.body.dispatchEvent(new DragEvent("dragover", options));
    document.body.dispatchEvent(new DragEvent("drop", options));
  }, files);
  assert.equal(await explorer.verdict(), "Rejected");
  assert.equal(await explorer.page.locator(".files > li").count(), 2);
  await explorer.close();
});

test("text is pasted: hexadecimal, base64, PEM", { skip }, async () => {
  const explorer = await start();
  const { page } = explorer;
  const report = Buffer.from(Buffer.from(fixtureSnp("milan.report.hex")).toString("latin1"), "hex");
  const paste = async (text: string) => {
    await page.getByText("Paste text").click();
    await page.locator("#paste").fill(text);
    await page.getByRole("button", { name: "Read it" }).click();
    await page.getByText("Paste text").click();
  };
  await paste(report.toString("base64"));
  assert.equal(await explorer.verdict(), "Not decided");
  const der = Buffer.from(fixtureSnp("milan.vcek.der")).toString("base64");
  await paste(`-----BEGIN CERTIFICATE-----\n${der}\n-----END CERTIFICATE-----\n`);
  await page.getByText("Accepted.").waitFor();
  // Pasted onto the page itself, as a browser does it.
  await page.evaluate((text) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", text);
    document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
  }, report.toString("hex"));
  await page.locator(".files > li").nth(2).waitFor();
  const said = await page.locator(".files").innerText();
  assert.match(said, /SEV-SNP attestation report, as base64/);
  assert.match(said, /SEV-SNP attestation report, as hex/);
  await explorer.close();
});

test("every file has its SHA-256 and what it is", { skip }, async () => {
  const explorer = await start();
  await explorer.give(...ACCEPTED, CHAIN, FIRMWARE);
  const said = await explorer.page.locator(".files").innerText();
  assert.match(said, /3d956e9104969a038031a6b63dd6c4b60000619d37702065994f7da76f88ae7d/);
  assert.match(said, /SEV-SNP attestation report, as hex, 2368 bytes/);
  assert.match(said, /milan\.vcek\.der\s+certificate, 1360 bytes/);
  assert.match(said, /milan\.vcek-chain\.pem\s+2 certificates, 4602 bytes/);
  assert.match(said, /OVMF firmware, 4194304 bytes/);
  await explorer.close();
});

test("what cannot be read says what it looks like instead", { skip }, async () => {
  const explorer = await start();
  const kernel = new Uint8Array(0x1000);
  kernel.set([0x48, 0x64, 0x72, 0x53], 0x202);
  for (const [file, expected] of [
    [{ name: "empty.bin", bytes: Uint8Array.of() }, /empty\.bin: the file is empty/],
    [
      { name: "short.bin", bytes: fixtureSnp("milan-debug.report.bin").subarray(0, 1183) },
      /short\.bin: .*looks like a report that is cut off/,
    ],
    [{ name: "bzImage", bytes: kernel }, /bzImage: it looks like a Linux kernel/],
    [
      { name: "disk.img", bytes: new Uint8Array(0x30_0000) },
      /disk\.img: it has no OVMF footer table/,
    ],
    [textFile("policy.yaml", "schema: greenlight/policy/v1\n"), /policy\.yaml: a policy in YAML/],
    [
      textFile("policy.json", `{"schema":"greenlight/policy/v1","guest":{"vmpk":[0]}}`),
      /policy\.json: .*vmpk/,
    ],
  ] as const) {
    await explorer.give(file);
    const said = await explorer.page.locator("main").innerText();
    assert.match(said, /Nothing to judge yet/);
    assert.match(said, expected);
  }
  await explorer.close();
});

test(
  "a huge file is hashed with progress, can be stopped, and is named too large",
  { skip },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "greenlight-huge-"));
    t.after(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "huge.img");
    writeFileSync(path, "");
    // All holes: it takes no room.
    truncateSync(path, 0x1800_0000);
    const explorer = await start();
    const { page } = explorer;
    await page.setInputFiles(".choose input", path);
    await page.getByRole("progressbar").waitFor();
    // The page answers while it works.
    await page.getByText("Paste text").click();
    await page.getByRole("button", { name: "Stop reading huge.img" }).click();
    await page.getByRole("progressbar").waitFor({ state: "detached" });
    assert.equal(await page.locator(".files > li").count(), 0);
    truncateSync(path, 0x500_0000);
    await page.setInputFiles(".choose input", path);
    await page.locator(".files .problem").waitFor({ timeout: 120_000 });
    const said = await page.locator(".files").innerText();
    assert.match(said, /80 MiB are more than any evidence or firmware has/);
    const digest = createHash("sha256").update(new Uint8Array(0x500_0000)).digest("hex");
    assert.ok(said.includes(digest));
    await explorer.close();
  },
);

const AUXBLOB = "snp/evidence/genoa-v3-veraison-auxblob.bin";
const OUTBLOB = "snp/reports/genoa-v3-veraison-tsm.bin";
test(
  "outblob and auxblob of configfs-tsm, as two files",
  { skip: skip || missingVectors(AUXBLOB, OUTBLOB) },
  async () => {
    const explorer = await start();
    await explorer.give({ name: "auxblob", bytes: readVector(AUXBLOB) });
    await explorer.give({ name: "outblob", bytes: readVector(OUTBLOB) });
    assert.equal(await explorer.verdict(), "Accepted");
    assert.match(await explorer.page.locator(".files").innerText(), /auxblob\s+3 certificates/);
    await explorer.close();
  },
);

const forms: Readonly<Record<string, RegExp>> = {
  "snp/extended/genoa-v3-aci.ext.bin": /extended report \(report and certificate table\)/,
  "snp/derived/table-pem-entries.ext.bin": /extended report/,
  "snp/evidence/genoa-v3-veraison-tsm.json": /configfs-tsm evidence \(JSON\)/,
  "snp/evidence/trustee-e2e-siena-v3.json": /Trustee evidence \(JSON\)/,
  "snp/evidence/azure-milan-v3-attestationrs.json": /Azure evidence \(JSON\)/,
  "snp/extended/turin-v5-aci.ext.bin": /extended report/,
};
test(
  "evidence of other tools and clouds",
  { skip: skip || missingVectors(...Object.keys(forms)) },
  async () => {
    for (const [path, said] of Object.entries(forms)) {
      const explorer = await start();
      await explorer.give({ name: "evidence", bytes: readVector(path) });
      assert.equal(await explorer.verdict(), "Accepted", path);
      assert.match(await explorer.page.locator(".files").innerText(), said);
      await explorer.close();
    }
  },
);
