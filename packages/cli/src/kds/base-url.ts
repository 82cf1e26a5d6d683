// SPDX-License-Identifier: Apache-2.0
// The server that is asked: AMD's, or a mirror.

import { UsageError } from "../command/usage-error.ts";

/** What a base URL may be. */
export interface BaseUrlRules {
  /** Take http:// to other hosts than this one. */
  readonly allowHttp: boolean;
}

/**
 * Checks a base URL, and takes the slash off its end.
 * @param option Name for the error.
 * @throws {UsageError} `bad-value` for anything but https:// or, to this host, http://, and for URLs
 * with credentials, query or fragment.
 */
export function parseBaseUrl(text: string, option: string, { allowHttp }: BaseUrlRules): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const refuse = (reason: string, hint: string): never => {
    // Without a user's name and password, which must not be shown.
    const shown = JSON.stringify(text.replace(/\/\/[^/]*@/, "//...@").slice(0, 80));
    throw new UsageError("bad-value", `${option} ${shown} ${reason}`, hint);
  };
  if (url === undefined || (url.protocol !== "https:" && url.protocol !== "http:")) {
    return refuse("is not the URL of a web server", "write it as https://HOST[/PATH]");
  }
  if (url.protocol === "http:" && !allowHttp && !isLoopback(url.hostname)) {
    return refuse(
      "is not encrypted",
      "use https://; answers are verified, but who reads the line learns which chips you use. " +
        "--kds-allow-http takes it as it is",
    );
  }
  if (url.username !== "" || url.password !== "") {
    return refuse("has a user's name in it", "a mirror has to be open to its users");
  }
  if (url.search !== "" || url.hash !== "") {
    return refuse("has a query or a fragment", "paths and queries of the KDS are put after it");
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host);
}
