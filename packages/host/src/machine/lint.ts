// SPDX-License-Identifier: Apache-2.0
// What is wrong with a QEMU command line or a libvirt domain, as findings.

import type { Finding } from "@greenlight/core/finding";
import { describeArguments } from "./lint/describe-arguments.ts";
import { describeDomain } from "./lint/describe-domain.ts";
import type { FileReader } from "./lint/describe-launch.ts";
import { judgeMachine } from "./lint/rules.ts";

/** What is needed to look further than the text itself. */
export interface LintOptions {
  /** Gives the content of a file that the configuration names, or undefined. */
  readonly readFile?: FileReader;
}

/**
 * Everything that is wrong for a confidential guest in a QEMU command line (7.2 to 11.1), with or without
 * the program's name. Every rule is reported; options that are not known are told as such.
 */
export function lintQemuArguments(
  args: readonly string[],
  { readFile }: LintOptions = {},
): readonly Finding[] {
  return judgeMachine(describeArguments(args, readFile));
}

/**
 * The same for a libvirt domain: as it is written, or as `virsh dumpxml` gives it of a running one.
 * @throws {MachineError} `bad-xml` when it is not the XML of a domain.
 */
export function lintDomainXml(xml: string): readonly Finding[] {
  return judgeMachine(describeDomain(xml));
}
