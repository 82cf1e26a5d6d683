// SPDX-License-Identifier: Apache-2.0
// virsh for tests: an imitation that answers as a host with SEV would, in virsh's own formats, and a
// private libvirt daemon over a real QEMU.

import { spawn } from "node:child_process";
import { chmod, chown, mkdir, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";

/** What the imitation prints for a command: output, or `error:` and words. */
export type VirshTable = Readonly<Record<string, string>>;

/**
 * A program that answers by its command's name, and writes down what it was called with.
 * @returns paths of the program and of what it writes: a line of JSON a call, with the content of files.
 */
export async function imitationVirsh(
  folder: string,
  table: VirshTable,
): Promise<{ readonly virsh: string; readonly calls: string }> {
  const virsh = join(folder, "virsh");
  const calls = join(folder, "calls");
  const script = `#!${process.execPath}
const fs = require("node:fs");
const args = process.argv.slice(2);
const files = args.filter((arg) => arg.startsWith("/") && fs.existsSync(arg)).map((file) => ({
  content: fs.readFileSync(file, "utf8"),
  mode: fs.statSync(file).mode & 0o777,
  folder: fs.statSync(require("node:path").dirname(file)).mode & 0o777,
}));
fs.appendFileSync(${JSON.stringify(calls)}, JSON.stringify({ args, files, locale: process.env.LC_ALL }) + "\\n");
const table = ${JSON.stringify(table)};
const command = args.find((arg, i) => !arg.startsWith("-") && args[i - 1] !== "--connect");
const answer = table[command] ?? "error: unknown command: '" + command + "'";
if (answer === "endless") {
  const more = () => { while (process.stdout.write("x".repeat(65536))); process.stdout.once("drain", more); };
  process.stdout.on("error", () => process.exit(1));
  more();
} else if (answer === "silent") setTimeout(() => {}, 600000);
else if (answer.startsWith("error:")) { process.stderr.write(answer + "\\n\\n"); process.exitCode = 1; }
else process.stdout.write(answer);
`;
  await writeFile(virsh, script);
  await chmod(virsh, 0o755);
  return { virsh, calls };
}

/** Somebody without rights, who the daemon runs as when tests run as root: it then is a session's. */
const NOBODY = 65_534;

const DAEMONS = ["/usr/sbin/libvirtd"];

/** Why there can be no {@link privateLibvirt}; false when there can. */
export function missingLibvirt(): string | false {
  if (!DAEMONS.some((path) => existsSync(path))) return "libvirtd is not installed";
  const driver = "/usr/lib/x86_64-linux-gnu/libvirt/connection-driver/libvirt_driver_qemu.so";
  return existsSync(driver) ? false : "libvirt's QEMU driver is not installed";
}

/** A libvirt daemon of one's own, gone after the test. @returns its connection URI. */
export async function privateLibvirt(t: TestContext, folder: string): Promise<string> {
  const isRoot = process.getuid?.() === 0;
  const own = async (path: string): Promise<string> => {
    await mkdir(path, { recursive: true, mode: 0o700 });
    if (isRoot) await chown(path, NOBODY, NOBODY);
    return path;
  };
  if (isRoot) await chown(folder, NOBODY, NOBODY);
  const runtime = await own(join(folder, "run"));
  const config = await own(join(folder, "config"));
  const settings = await own(join(config, "libvirt"));
  await writeFile(join(settings, "qemu.conf"), 'stdio_handler = "file"\n', { mode: 0o644 });
  const daemon = spawn("/usr/sbin/libvirtd", ["--timeout", "300"], {
    cwd: folder,
    env: {
      PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
      HOME: folder,
      XDG_RUNTIME_DIR: runtime,
      XDG_CONFIG_HOME: config,
      XDG_CACHE_HOME: await own(join(folder, "cache")),
      XDG_DATA_HOME: await own(join(folder, "data")),
    },
    stdio: "ignore",
    ...(isRoot ? { uid: NOBODY, gid: NOBODY } : {}),
  });
  const ended = new Promise((resolve) => daemon.once("exit", resolve));
  t.after(async () => {
    daemon.kill("SIGTERM");
    await ended;
  });
  const socket = join(runtime, "libvirt", "libvirt-sock");
  for (let tries = 0; tries < 3000 && !existsSync(socket); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return `qemu:///session?socket=${socket}`;
}
