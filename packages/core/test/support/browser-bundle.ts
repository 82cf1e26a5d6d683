// SPDX-License-Identifier: Apache-2.0
// Bundles modules as a browser gets them: browser conditions, so `#crypto` is the portable one.

import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

/** How to bundle. */
export interface BundleOptions {
  readonly minify?: boolean;
  /** `esm`, or a script that leaves the exports in a global variable of this name. */
  readonly global?: string;
}

/** A bundle of one file. */
export interface BrowserBundle {
  readonly code: string;
  /** Modules in it, by path, with the bytes each has before minification. */
  readonly modules: ReadonlyMap<string, number>;
  /** What it still imports; empty when it stands alone. */
  readonly imports: readonly string[];
}

/**
 * Bundles a module of the repository with everything it imports.
 * @throws Error when something cannot be resolved for a browser.
 */
export async function bundleForBrowser(
  entry: URL,
  { minify = false, global }: BundleOptions = {},
): Promise<BrowserBundle> {
  await using build = await rolldown({
    input: fileURLToPath(entry),
    platform: "browser",
    resolve: { conditionNames: ["browser", "import", "default"] },
    onLog(level, log) {
      if (level === "warn") throw new Error(log.message);
    },
  });
  const { output } = await build.generate({
    minify,
    ...(global === undefined ? { format: "esm" } : { format: "iife", name: global }),
  });
  const [chunk, ...more] = output;
  if (more.length > 0) throw new Error(`the bundle has ${more.length} files more than one`);
  const modules = Object.entries(chunk.modules).map(
    ([path, { renderedLength }]) => [path, renderedLength] as const,
  );
  return { code: chunk.code, modules: new Map(modules), imports: chunk.imports };
}
