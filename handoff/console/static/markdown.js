// What bot and agents write is Markdown. A small part of it is shown, built from elements: no HTML is ever read.

import { element } from "./dom.js";

// Lengths have bounds, so that no text, however odd, takes long to read.
const INLINE = new RegExp(
  [
    /\\(?<escaped>[!-/:-@[-`{-~])/,
    /`(?<code>[^`\n]{1,1000})`/,
    /\*\*(?<strong>(?=\S)[^\n]{0,1000}?\S)\*\*/,
    /(?<![\p{L}\p{N}*])\*(?<emphasis>(?=\S)[^*\n]{0,1000}?[^\s*])\*(?![\p{L}\p{N}])/,
    /(?<![\p{L}\p{N}_])_(?<underlined>(?=\S)[^_\n]{0,1000}?[^\s_])_(?![\p{L}\p{N}])/,
    /\[(?<label>[^\]\n]{1,500})\]\((?<target>[^\s)]{1,2000})\)/,
    /(?<address>https?:\/\/[^\s<>"'`]*[^\s<>"'`.,;:!?)\]}*_])/,
  ]
    .map((part) => part.source)
    .join("|"),
  "gu",
);

/** The text as a list of block elements. */
export function markdown(text) {
  const blocks = [];
  const lines = text.replaceAll("\r\n", "\n").split("\n");
  let at = 0;
  while (at < lines.length) {
    const taken = fence(lines, at, blocks) || list(lines, at, blocks) || paragraph(lines, at, blocks);
    at += taken;
  }
  return blocks;
}

function fence(lines, at, blocks) {
  if (!lines[at].startsWith("```")) return 0;
  let end = at + 1;
  while (end < lines.length && !lines[end].startsWith("```")) end += 1;
  blocks.push(element("pre", {}, element("code", {}, lines.slice(at + 1, end).join("\n"))));
  return end - at + 1;
}

const ITEM = /^\s{0,3}(?:[-*+]|(\d{1,3})[.)])\s+(.*)$/;

function list(lines, at, blocks) {
  const first = ITEM.exec(lines[at]);
  if (!first) return 0;
  const ordered = first[1] !== undefined;
  const items = element(ordered ? "ol" : "ul", ordered ? { start: first[1] } : {});
  let end = at;
  for (; end < lines.length; end += 1) {
    const item = ITEM.exec(lines[end]);
    if (!item || (item[1] !== undefined) !== ordered) break;
    items.append(element("li", {}, ...inline(item[2])));
  }
  blocks.push(items);
  return end - at;
}

function paragraph(lines, at, blocks) {
  if (lines[at].trim() === "") return 1;
  const heading = /^#{1,6}\s+(.*)$/.exec(lines[at]);
  if (heading) {
    blocks.push(element("p", {}, element("strong", {}, ...inline(heading[1]))));
    return 1;
  }
  const parts = [];
  let end = at;
  while (end < lines.length && lines[end].trim() !== "" && !startsBlock(lines[end], end > at)) {
    if (end > at) parts.push(element("br"));
    parts.push(...inline(lines[end].replace(/^>\s?/, "")));
    end += 1;
  }
  const quoted = lines[at].startsWith(">");
  blocks.push(element(quoted ? "blockquote" : "p", {}, ...parts));
  return Math.max(1, end - at);
}

function startsBlock(line, after) {
  return after && (line.startsWith("```") || ITEM.test(line) || /^#{1,6}\s/.test(line));
}

function inline(text) {
  const parts = [];
  let last = 0;
  for (const found of text.matchAll(INLINE)) {
    if (found.index > last) parts.push(text.slice(last, found.index));
    parts.push(piece(found[0], found.groups));
    last = found.index + found[0].length;
  }
  if (last < text.length) parts.push(text.slice(last));
  return parts;
}

function piece(whole, found) {
  if (found.escaped) return found.escaped;
  if (found.code) return element("code", {}, found.code);
  if (found.strong) return element("strong", {}, ...inline(found.strong));
  if (found.emphasis) return element("em", {}, ...inline(found.emphasis));
  if (found.underlined) return element("em", {}, ...inline(found.underlined));
  if (found.address) return link(found.address, [found.address]);
  return /^(https?:\/\/|mailto:)/i.test(found.target) ? link(found.target, inline(found.label)) : whole;
}

function link(target, label) {
  return element("a", { href: target, target: "_blank", rel: "noopener noreferrer" }, ...label);
}
