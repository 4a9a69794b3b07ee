import { h, link } from "./dom.js";

const KINDS = [
  ["ul", /^(\s*)[-*+•]\s+/],
  ["ol", /^(\s*)\d{1,3}[.)]\s+/],
  ["quote", /^\s*>\s?/],
  ["heading", /^#{1,6}\s+/],
  ["table", /^\s*\|/],
];
const INLINE = new RegExp(
  [
    /`([^`]+)`/, // code
    /\*\*(.+?)\*\*/, // strong
    /(?<![\w*])\*([^*\s](?:[^*]*[^*\s])?)\*(?!\w)/, // emphasis
    /\[([^\]]+)\]\((https?:\/\/[^\s)]+)\)/, // a link with a label
    /(https?:\/\/[^\s<>"'`]*[^\s<>"'`.,;:!?)\]])/, // a bare address
    /\[(\d{1,2}(?:\s*,\s*\d{1,2})*)\]/, // marks of sources
  ]
    .map((pattern) => pattern.source)
    .join("|"),
  "g",
);

/** Text → [{kind, lines}]; an open code fence is code already, so that a stream looks right at any moment. */
function blocks(text) {
  const found = [];
  let block = null;
  for (const line of text.split("\n")) {
    const fence = /^\s*```/.test(line);
    if (block?.kind === "code") {
      if (fence) block = null;
      else block.lines.push(line);
      continue;
    }
    const kind = fence ? "code" : (KINDS.find(([, pattern]) => pattern.test(line))?.[0] ?? (line.trim() ? "p" : null));
    const runsOn = kind === "p" && /^\s/.test(line) && (block?.kind === "ul" || block?.kind === "ol");
    if (runsOn) block.lines[block.lines.length - 1] += `\n${line.trim()}`;
    else if (!kind) block = null;
    else {
      if (block?.kind !== kind || kind === "heading") found.push((block = { kind, lines: [] }));
      if (!fence) block.lines.push(line);
    }
  }
  return found;
}

function inline(text, mark) {
  const nodes = [];
  let at = 0;
  for (const match of text.matchAll(INLINE)) {
    const [all, code, strong, soft, label, url, bare, numbers] = match;
    nodes.push(text.slice(at, match.index));
    at = match.index + all.length;
    if (code) nodes.push(h("code", {}, code));
    else if (strong) nodes.push(h("strong", {}, ...inline(strong, mark)));
    else if (soft) nodes.push(h("em", {}, ...inline(soft, mark)));
    else if (url) nodes.push(link(url, label));
    else if (bare) nodes.push(link(bare, bare));
    else nodes.push(...(mark(numbers.split(",").map(Number)) ?? [all]));
  }
  nodes.push(text.slice(at));
  return nodes.filter((node) => node !== "");
}

function draw({ kind, lines }, mark) {
  const pattern = KINDS.find(([name]) => name === kind)?.[1] ?? /^/;
  const rich = (line) => inline(line.replace(pattern, ""), mark);
  if (kind === "code") return h("pre", { dir: "ltr", tabindex: "0" }, h("code", {}, lines.join("\n")));
  if (kind === "ul" || kind === "ol") {
    const start = kind === "ol" ? parseInt(lines[0].trim(), 10) : null;
    const items = lines.map((line) => h("li", { class: /^\s{2}/.test(line) ? "deep" : null }, ...rich(line)));
    return h(kind, { dir: "auto", start }, ...items);
  }
  if (kind === "table") return table(lines, mark);
  const tag = { quote: "blockquote", heading: "h4" }[kind] ?? "p";
  return h(tag, { dir: "auto" }, ...inline(lines.map((line) => line.replace(pattern, "")).join("\n"), mark));
}

function table(lines, mark) {
  const rows = lines.filter((line) => !/^[\s|:-]+$/.test(line)).map((line) => line.trim().replace(/^\||\|$/g, "").split("|"));
  const cells = (row, tag) => h("tr", {}, ...row.map((cell) => h(tag, { dir: "auto" }, ...inline(cell.trim(), mark))));
  const body = rows.map((row, at) => cells(row, at ? "td" : "th"));
  return h("div", { class: "table", tabindex: "0" }, h("table", {}, ...body));
}

/** Draw only the blocks that changed, so that a long answer streams cheaply and a selection survives. */
export function markdown(into, text, mark, version) {
  const wanted = blocks(text);
  wanted.forEach((block, at) => {
    const source = [version, block.kind, ...block.lines].join("\n");
    const old = into.children[at];
    if (old?.source === source) return;
    const node = draw(block, mark);
    node.source = source;
    if (old) old.replaceWith(node);
    else into.append(node);
  });
  while (into.children.length > wanted.length) into.lastChild.remove();
}
