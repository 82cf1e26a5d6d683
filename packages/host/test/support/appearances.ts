// SPDX-License-Identifier: Apache-2.0
// Finding secrets where they must not be: as they are, in hexadecimal, in base64 at any alignment.

/** What of the secrets is in the bytes, a name of its form each. */
export function appearances(bytes: Uint8Array, secrets: readonly Uint8Array[]): readonly string[] {
  const text = Buffer.from(bytes).toString("latin1");
  const lower = text.toLowerCase();
  return secrets.flatMap((secret) => {
    const raw = Buffer.from(secret);
    const hex = raw.toString("hex");
    return [
      ...(text.includes(raw.toString("latin1")) ? ["raw"] : []),
      ...(lower.includes(hex) ? ["hexadecimal"] : []),
      ...(["base64", "base64url"] as const).filter((form) =>
        [0, 1, 2].some((shift) => text.includes(middle(raw, shift, form))),
      ),
    ];
  });
}

/** The digits of base64 that depend on the secret alone, when it begins `shift` bytes after a group. */
function middle(secret: Buffer, shift: number, form: "base64" | "base64url"): string {
  const skip = (3 - shift) % 3;
  const whole = secret.subarray(skip, skip + Math.floor((secret.length - skip) / 3) * 3);
  return whole.toString(form);
}
