// SPDX-License-Identifier: Apache-2.0
// How a guest of SEV-SNP talks to the outside: two virtio-serial ports with lines of ASCII text, each
// ended by a newline, so that a shell can speak it. Both go through the host, which may read, change
// and withhold everything; nothing rests on them.
//
// Report port, guest to host: file operations on an imitation of configfs-tsm, one line each, each
// answered by one line.
//     mkdir NAME                     ok | error ERRNO
//     write NAME/ATTRIBUTE BASE64    ok | error ERRNO
//     read NAME/ATTRIBUTE            ok BASE64 | error ERRNO
//     rmdir NAME                     ok | error ERRNO
//
// Owner port, guest (G) and owner (O):
//     G  hello greenlight-owner/v1
//     O  nonce BASE64                16 to 64 bytes
//     G  evidence KEY REPORT CERTIFICATES
//        each in base64: public key (SubjectPublicKeyInfo, DER), attestation report, and the
//        certificate table of the host or `-`; REPORT_DATA is SHA-512 of nonce and key
//     O  secret BASE64               the passphrase, encrypted to the key; or
//     O  refused
// The key is made for this one exchange and encrypts with RSA-OAEP, SHA-256 (RFC 8017, section 7.1).

/** Name of the virtio-serial port on which the guest gets reports. */
export const REPORT_PORT = "org.greenlight.tsm";

/** Name of the virtio-serial port on which the guest talks to its owner. */
export const OWNER_PORT = "org.greenlight.owner";

/** The guest's first line on the owner port. */
export const OWNER_HELLO = "hello greenlight-owner/v1";

/** Longest line either side has to take, in bytes: evidence with a large certificate table. */
export const MAX_CHANNEL_LINE = 256 * 1024;
