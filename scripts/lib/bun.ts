// SPDX-License-Identifier: Apache-2.0
// Finds Bun, whose compiler makes the single-file binary, or installs a pinned one from npm.
import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { runTool } from "./process.ts";

/** The version installed when there is none; releases are made with it. */
export const pinnedBun = "1.4.5";

/** The npm package with Bun's binary by platform, and the integrity of its pinned version. */
const packages: Readonly<Record<string, { readonly name: string; readonly integrity: string }>> = {
  "linux-x64": {
    name: "@oven/bun-linux-x64",
    integrity:
      "sha512-IWX9BELoGHAUtMonkeSaNaZwXzRk+oDw6Mk+HBFXd3KHYIBNBsIGRupMZPcgNoDbJpLu6gAJjIoIVPZtt1aJ1g==",
  },
  "linux-arm64": {
    name: "@oven/bun-linux-aarch64",
    integrity:
      "sha512-4BXmsSKnjOrlGWqZV4x/oWa7AVoR+B6lCXddMzOAXBIm3t50eslg9wb66gmtW1AamEQ1l1CDvmmruysEhqOWMg==",
  },
  "darwin-arm64": {
    name: "@oven/bun-darwin-aarch64",
    integrity:
      "sha512-4MIFXHmctH2EhAxLXm2/qxNtv17dFtLJylvaOCsrgq6KSqHTs6eW5YSrJjRbJxYUJaR901fsN8JfZOa+CsWpWQ==",
  },
  "darwin-x64": {
    name: "@oven/bun-darwin-x64",
    integrity:
      "sha512-qkLPMGHZM9NI6CeHTWwVezzmlo6cC4Ta7yUAjYIWXS366qQcOlcp75t2uZyiuVRBMPS0h9qE0tCcvCHGaFqjJg==",
  },
};

/** Bun on the PATH, or undefined. */
function bunOnPath(): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.map((folder) => join(folder, "bun")).find((path) => existsSync(path));
}

/**
 * Installs the pinned Bun into `folder` with npm, which compares it with the integrity above.
 * @throws Error when there is none for this platform, or npm fails.
 */
async function installBun(folder: string): Promise<string> {
  const platform = `${process.platform}-${process.arch}`;
  const row = packages[platform];
  if (row === undefined) throw new Error(`there is no Bun for ${platform}`);
  const { name, integrity } = row;
  const dependencies = { [name]: pinnedBun };
  const lock = {
    lockfileVersion: 3,
    packages: { "": { dependencies }, [`node_modules/${name}`]: { version: pinnedBun, integrity } },
  };
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, dependencies }));
  writeFileSync(join(folder, "package-lock.json"), JSON.stringify(lock));
  console.log(`installing ${name} ${pinnedBun} from npm into a temporary folder`);
  const options = ["--ignore-scripts", "--loglevel=error", "--no-audit", "--no-fund"];
  const { ok, output } = await runTool("npm", ["ci", "--prefix", folder, ...options]);
  if (!ok) throw new Error(`npm could not install ${name} ${pinnedBun}:\n${output}`);
  const bun = join(folder, "node_modules", name, "bin", "bun");
  chmodSync(bun, 0o755);
  return bun;
}

/**
 * The Bun to use: `given`, else $GREENLIGHT_BUN, else the one on the PATH, else the pinned one,
 * installed into `folder`.
 * @returns its path and version.
 * @throws Error when there is none or it does not run.
 */
export async function findBun(
  given: string | undefined,
  folder: string,
): Promise<{ readonly bun: string; readonly version: string }> {
  const bun = given ?? process.env["GREENLIGHT_BUN"] ?? bunOnPath() ?? (await installBun(folder));
  const { ok, output } = await runTool(bun, ["--version"]);
  if (!ok) throw new Error(`${bun} does not run:\n${output}`);
  return { bun, version: output };
}
