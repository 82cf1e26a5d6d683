// SPDX-License-Identifier: Apache-2.0
// One domain of libvirt: defined, started paused, asked, given its secret, ended.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { base64Encode } from "@greenlight/core/bytes";
import type { LaunchInfo, PlatformExport, SecretPacket } from "../launch/hypervisor.ts";
import {
  readDomainState,
  readLaunchMeasurement,
  readLaunchSecInfo,
  readMonitorReport,
  readNodeSevInfo,
} from "./answers.ts";
import type { DomainState } from "./answers.ts";
import { LibvirtError } from "./error.ts";
import { Virsh } from "./virsh.ts";
import type { VirshOptions } from "./virsh.ts";

/** Which domain, of which libvirt. */
export interface LibvirtOptions extends VirshOptions {
  /** Name or UUID. */
  readonly domain: string;
  /** Folder for files that virsh reads; each time a new one of mode 0700 in it. The system's unless given. */
  readonly folder?: string;
}

/** A domain, by name. It need not exist before {@link LibvirtDomain.define}. */
export class LibvirtDomain {
  readonly name: string;
  readonly #virsh: Virsh;
  readonly #folder: string;

  /** @throws {LibvirtError} `bad-name` for a name that virsh could take for an option. */
  constructor({ domain, folder = tmpdir(), ...options }: LibvirtOptions) {
    if (!/^[A-Za-z0-9_][\w.+:@-]{0,127}$/.test(domain)) {
      throw new LibvirtError("bad-name", `${JSON.stringify(domain)} is no name of a domain`);
    }
    this.name = domain;
    this.#folder = folder;
    this.#virsh = new Virsh(options);
  }

  /** What virsh says of versions. */
  async version(): Promise<string> {
    return this.#virsh.run("version");
  }

  /** Makes the domain known to libvirt, which checks its XML. It is not started. */
  async define(xml: string): Promise<void> {
    await this.#withFiles({ "domain.xml": xml }, async ({ "domain.xml": file = "" }) => {
      await this.#virsh.run("define", file, "--validate");
    });
  }

  /** Starts it; its processors do not run. */
  async startPaused(): Promise<void> {
    await this.#virsh.run("start", this.name, "--paused");
  }

  /** XML as it is: of the running domain where it runs. Lint this one. */
  async xml(): Promise<string> {
    return this.#virsh.run("dumpxml", this.name);
  }

  async state(): Promise<DomainState> {
    return readDomainState(await this.#virsh.run("domstate", this.name, "--reason"));
  }

  async launchInfo(): Promise<LaunchInfo> {
    return readLaunchSecInfo(await this.#virsh.run("domlaunchsecinfo", this.name));
  }

  /** 48 bytes. */
  async launchMeasurement(): Promise<Uint8Array> {
    return readLaunchMeasurement(await this.#virsh.run("domlaunchsecinfo", this.name));
  }

  /** Certificates of the host's platform. */
  async platformExport(): Promise<PlatformExport> {
    return readNodeSevInfo(await this.#virsh.run("nodesevinfo"));
  }

  /** The legacy attestation report, past libvirt, which has no call for it; it marks the domain tainted. */
  async attestationReport(mnonce: Uint8Array): Promise<Uint8Array> {
    const command = {
      execute: "query-sev-attestation-report",
      arguments: { mnonce: base64Encode(mnonce) },
    };
    const args = ["qemu-monitor-command", this.name, JSON.stringify(command)];
    return readMonitorReport(await this.#virsh.run(...args));
  }

  /** virsh reads header and payload from files with base64 text. */
  async injectSecret({ header, payload, gpa }: SecretPacket): Promise<void> {
    const files = { header: base64Encode(header), payload: base64Encode(payload) };
    await this.#withFiles(files, async (paths) => {
      const packet = ["--secrethdr", paths["header"]!, "--secret", paths["payload"]!];
      const address = gpa === undefined ? [] : ["--set-address", `0x${gpa.toString(16)}`];
      await this.#virsh.run("domsetlaunchsecstate", this.name, ...packet, ...address);
    });
  }

  async resume(): Promise<void> {
    await this.#virsh.run("resume", this.name);
  }

  /** Ends it at once. */
  async destroy(): Promise<void> {
    await this.#virsh.run("destroy", this.name);
  }

  /** Forgets a domain that does not run. */
  async undefine(): Promise<void> {
    await this.#virsh.run("undefine", this.name);
  }

  async #withFiles(
    contents: Readonly<Record<string, string>>,
    use: (paths: Readonly<Record<string, string>>) => Promise<void>,
  ): Promise<void> {
    const folder = await mkdtemp(join(this.#folder, "greenlight-virsh-"));
    try {
      const paths: Record<string, string> = {};
      for (const [name, content] of Object.entries(contents)) {
        paths[name] = join(folder, name);
        await writeFile(paths[name], content, { mode: 0o600, flag: "wx" });
      }
      await use(paths);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}
