// SPDX-License-Identifier: Apache-2.0
// XML as libvirt writes it: elements, attributes, text. No document types and no entities besides the
// five that XML has, so that nothing expands; sizes and depth are bounded.

import { MachineError } from "./error.ts";

/** An element. */
export interface XmlElement {
  /** With its prefix, as it stands: `qemu:arg`. */
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** Text of the element itself, without that of its children. */
  readonly text: string;
}

/** Bounds: no domain comes near them. */
const MAX_LENGTH = 4 * 1024 * 1024;
const MAX_DEPTH = 64;
const MAX_ELEMENTS = 100_000;

/**
 * Reads a document.
 * @returns its root element.
 * @throws {MachineError} `bad-xml` with the line it is about.
 */
export function parseXml(text: string): XmlElement {
  if (text.length > MAX_LENGTH) {
    throw new MachineError("bad-xml", `the XML has ${text.length} characters, too many to read`);
  }
  return new XmlReader(text).document();
}

interface Open {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  text: string;
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ["amp", "&"],
  ["apos", "'"],
  ["gt", ">"],
  ["lt", "<"],
  ["quot", '"'],
]);

const NAME = /[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?/y;
const ATTRIBUTE = /\s+([A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y;
const TAG_END = /\s*(\/?)>/y;
const CLOSE_END = /\s*>/y;

class XmlReader {
  readonly #text: string;
  readonly #open: Open[] = [];
  #at = 0;
  #elements = 0;
  #root: XmlElement | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  document(): XmlElement {
    if (this.#text.startsWith("\ufeff")) this.#at = 1;
    while (this.#at < this.#text.length) this.#next();
    const left = this.#open.at(-1);
    if (left !== undefined) throw this.#bad(`<${left.name}> is not closed`);
    if (this.#root === undefined) throw this.#bad("there is no element");
    return this.#root;
  }

  #next(): void {
    const tag = this.#text.indexOf("<", this.#at);
    this.#characters(this.#text.slice(this.#at, tag < 0 ? this.#text.length : tag));
    if (tag < 0) {
      this.#at = this.#text.length;
      return;
    }
    this.#at = tag;
    if (this.#text.startsWith("<!--", tag)) this.#skip(4, "-->");
    else if (this.#text.startsWith("<?", tag)) this.#skip(2, "?>");
    else if (this.#text.startsWith("<![CDATA[", tag)) this.#cdata();
    else if (this.#text.startsWith("<!", tag)) throw this.#bad("a document type is not accepted");
    else if (this.#text.startsWith("</", tag)) this.#close();
    else this.#start();
  }

  #start(): void {
    this.#at += 1;
    const name = this.#match(NAME)?.[0];
    if (name === undefined) throw this.#bad("a tag has no name");
    if (++this.#elements > MAX_ELEMENTS) throw this.#bad("there are too many elements");
    if (this.#open.length >= MAX_DEPTH) throw this.#bad("elements lie too deep");
    const attributes = new Map<string, string>();
    for (;;) {
      const match = this.#match(ATTRIBUTE);
      if (match === null) break;
      const [, key = "", quoted, single] = match;
      if (attributes.has(key)) throw this.#bad(`<${name}> has ${key} twice`);
      attributes.set(key, this.#decoded(quoted ?? single ?? ""));
    }
    const end = this.#match(TAG_END);
    if (end === null) throw this.#bad(`<${name}> has something that is no attribute`);
    if (this.#root !== undefined && this.#open.length === 0) {
      throw this.#bad("there is a second root element");
    }
    this.#open.push({ name, attributes, children: [], text: "" });
    if (end[1] === "/") this.#finish();
  }

  #close(): void {
    this.#at += 2;
    const name = this.#match(NAME)?.[0];
    const open = this.#open.at(-1);
    if (name === undefined || this.#match(CLOSE_END) === null || name !== open?.name) {
      throw this.#bad(`</${name ?? ""}> closes nothing`);
    }
    this.#finish();
  }

  #finish(): void {
    const element = this.#open.pop()!;
    const parent = this.#open.at(-1);
    if (parent === undefined) this.#root = element;
    else parent.children.push(element);
  }

  #cdata(): void {
    const from = this.#at + "<![CDATA[".length;
    this.#skip("<![CDATA[".length, "]]>");
    const parent = this.#open.at(-1);
    if (parent === undefined) throw this.#bad("there is text outside of the root element");
    parent.text += this.#text.slice(from, this.#at - 3);
  }

  #characters(raw: string): void {
    const parent = this.#open.at(-1);
    if (parent !== undefined) parent.text += this.#decoded(raw);
    else if (raw.trim() !== "") throw this.#bad("there is text outside of the root element");
  }

  #skip(start: number, end: string): void {
    const found = this.#text.indexOf(end, this.#at + start);
    if (found < 0) throw this.#bad(`something is not ended by ${end}`);
    this.#at = found + end.length;
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match !== null) this.#at += match[0].length;
    return match;
  }

  #decoded(raw: string): string {
    if (!raw.includes("&")) return raw;
    return raw.replaceAll(/&([^;&]{0,12});?/g, (whole, name: string) => {
      const value = whole.endsWith(";") ? (ENTITIES.get(name) ?? character(name)) : undefined;
      if (value === undefined) throw this.#bad("there is an entity that XML does not have");
      return value;
    });
  }

  #bad(problem: string): MachineError {
    const line = this.#text.slice(0, this.#at).split("\n").length;
    return new MachineError("bad-xml", `line ${line} of the XML: ${problem}`);
  }
}

/** `#10` and `#x0a` as the character they name. */
function character(name: string): string | undefined {
  const match = /^#(?:x([0-9a-f]{1,6})|([0-9]{1,7}))$/i.exec(name);
  if (match === null) return undefined;
  const code = match[1] === undefined ? Number(match[2]) : Number.parseInt(match[1], 16);
  const isSurrogate = code >= 0xd800 && code <= 0xdfff;
  return code === 0 || code > 0x10ffff || isSurrogate ? undefined : String.fromCodePoint(code);
}
