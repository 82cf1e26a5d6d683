// SPDX-License-Identifier: Apache-2.0
// Targets of what hypervisors say and are told: QMP, virsh, domain XML, command lines.

import { LibvirtError } from "../../packages/host/src/libvirt/error.ts";
import {
  readDomainState,
  readLaunchMeasurement,
  readLaunchSecInfo,
  readMonitorReport,
  readNodeSevInfo,
  readVersion,
} from "../../packages/host/src/libvirt/answers.ts";
import {
  MachineError,
  lintDomainXml,
  lintQemuArguments,
} from "../../packages/host/src/machine/index.ts";
import {
  readLaunchInfo,
  readMeasurement,
  readPlatformExport,
  readReport,
  readRunState,
} from "../../packages/host/src/qmp/answers.ts";
import { QmpError } from "../../packages/host/src/qmp/error.ts";
import { MessageLines } from "../../packages/host/src/qmp/lines.ts";
import type { QmpMessage } from "../../packages/host/src/qmp/lines.ts";
import { readGreeting, readReply } from "../../packages/host/src/qmp/messages.ts";
import type { Target } from "../engine/target.ts";
import { bytesOf, check, declared, shifted, textOf } from "./support.ts";

const qmpErrors = declared(QmpError);
const libvirtErrors = declared(LibvirtError);
const machineErrors = declared(MachineError);

/** Runs each; errors of the layer are what they may end with. */
function each(expected: (error: unknown) => boolean, ...runs: readonly (() => unknown)[]): void {
  for (const run of runs) {
    try {
      run();
    } catch (error) {
      if (!expected(error)) throw error;
    }
  }
}

/** Messages of a stream that comes in pieces of a size; the error it ends with, if any. */
function messagesOf(data: Uint8Array, size: number): { messages: QmpMessage[]; failure?: string } {
  const lines = new MessageLines(2048);
  const messages: QmpMessage[] = [];
  try {
    for (let at = 0; at < data.length; at += size) {
      for (const message of lines.take(data.subarray(at, at + size))) messages.push(message);
    }
  } catch (error) {
    if (!(error instanceof QmpError)) throw error;
    return { messages, failure: error.message };
  }
  return { messages };
}

const DOMAIN =
  "<domain type='kvm'><os><loader type='pflash' readonly='yes'>/f</loader></os><devices><interface>" +
  "<rom bar='off'/></interface></devices><launchSecurity type='sev'><policy>0x3</policy>" +
  "<session>AAAA</session></launchSecurity><qemu:commandline><qemu:arg value='-s'/></qemu:commandline></domain>";

export const targets: readonly Target[] = [
  {
    name: "qmp",
    seeds: () =>
      [
        '{"QMP":{"version":{"qemu":{"micro":3,"minor":1,"major":11},"package":""},"capabilities":["oob"]}}\r\n',
        '{"return":{"enabled":true,"api-major":1,"api-minor":55,"build-id":24,"policy":3,"state":"running","handle":1},"id":"a"}\n',
        '{"error":{"class":"GenericError","desc":"no"},"id":"b"}\n{"event":"STOP","data":{}}\n',
        '{"return":{"data":"AAAA","pdh":"AAAA","cert-chain":"AAAA","status":"running"},"id":"c"}\n',
      ].map(bytesOf),
    dictionary: ["\n", '"id":', '"sev-type":"sev-snp"', '"snp-policy":', "1e400", "null"].map(
      bytesOf,
    ),
    maxLength: 4096,
    expected: qmpErrors,
    run(data) {
      const whole = messagesOf(shifted(data), Math.max(1, data.length));
      const pieces = messagesOf(data, 7);
      check(JSON.stringify(whole) === JSON.stringify(pieces), "pieces do not matter");
      for (const message of whole.messages) {
        each(
          qmpErrors,
          () => readGreeting(message),
          () => {
            const reply = readReply(message);
            if (reply.kind !== "return") return;
            const { value } = reply;
            each(
              qmpErrors,
              () => readLaunchInfo(value),
              () => check(readMeasurement(value).length === 48, "a measurement has 48 bytes"),
              () => check(readReport(value).length === 208, "a report has 208 bytes"),
              () => check(readPlatformExport(value).pdh.length === 2084, "a PDH has 2084 bytes"),
              () => readRunState(value),
            );
          },
        );
      }
    },
  },
  {
    name: "virsh",
    text: true,
    seeds: () =>
      [
        "sev-measurement: AAAA\nsev-api-major  : 1\nsev-api-minor  : 55\nsev-build-id   : 24\nsev-policy     : 3\n",
        "pdh               : AAAA\ncert-chain        : AAAA\n",
        "paused (starting up)\n",
        '{"return":{"data":"AAAA"},"id":"libvirt-9"}',
        "Using library: libvirt 9.0.0\nRunning hypervisor: QEMU 7.2.22\n",
      ].map(bytesOf),
    maxLength: 4096,
    expected: libvirtErrors,
    run(data) {
      const text = textOf(data);
      each(
        libvirtErrors,
        () => readDomainState(text),
        () => readLaunchMeasurement(text),
        () => readLaunchSecInfo(text),
        () => readMonitorReport(text),
        () => readNodeSevInfo(text),
        () => readVersion(text),
      );
    },
  },
  {
    name: "domain-xml",
    text: true,
    seeds: () => [bytesOf(DOMAIN)],
    dictionary: ["<!--", "-->", "<![CDATA[", "]]>", "<?", "&#x", "&lt;", "/>", "</", "<rom "].map(
      bytesOf,
    ),
    maxLength: 4096,
    expected: machineErrors,
    run(data) {
      const findings = lintDomainXml(textOf(data));
      check(findings.length === lintQemuArguments([]).length, "every rule is reported");
    },
  },
  {
    name: "qemu-arguments",
    text: true,
    seeds: () =>
      [
        "qemu-system-x86_64\0-S\0-machine\0q35,confidential-guest-support=a\0-object\0sev-guest,id=a,policy=0x3",
        '-device\0{"driver":"virtio-net-pci","romfile":""}\0-set\0device.a.romfile=x\0-global\0e1000.rombar=0',
        "-drive\0if=pflash,unit=1,file=a,,b\0-fw_cfg\0name=etc/boot/shim\0-boot\0order=n\0-qmp\0tcp::1",
      ].map(bytesOf),
    dictionary: ["\0-", ",,", "driver=", "-global\0", '{"', "romfile=", "policy=0"].map(bytesOf),
    maxLength: 2048,
    expected: machineErrors,
    run(data) {
      const findings = lintQemuArguments(textOf(data).split("\0"), { readFile: () => data });
      check(findings.length === lintQemuArguments([]).length, "every rule is reported");
      for (const { title } of findings) check(title !== "", "every finding has a title");
    },
  },
];
