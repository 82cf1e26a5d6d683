// SPDX-License-Identifier: Apache-2.0
// A command line that the linter has nothing to say about, for traps to be built into.

/** An SEV-ES guest without any trap. */
export const GOOD_ARGUMENTS =
  "qemu-system-x86_64 -nodefaults -no-reboot -S -accel kvm -cpu EPYC-v4 -m 1G -smp 2 " +
  "-machine q35,confidential-guest-support=sev0 -kernel k -initrd i " +
  "-object sev-guest,id=sev0,cbitpos=51,reduced-phys-bits=1,policy=0x7,dh-cert-file=g," +
  "session-file=s,kernel-hashes=on,legacy-vm-type=on " +
  "-drive if=pflash,format=raw,unit=0,readonly=on,file=OVMF.amdsev.fd -qmp unix:q,server=on,wait=off";

/** Its words as arguments. */
export const words = (text: string): string[] => text.split(" ").filter(Boolean);
