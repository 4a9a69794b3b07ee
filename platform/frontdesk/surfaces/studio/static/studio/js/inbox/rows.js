// The list: rows come when they are scrolled to, change where they stand, and leave when they do not fit the filter any more.
import { showOpenTab } from "../tabs.js";
import { ask, elements } from "./ask.js";
import { merge } from "./merge.js";

const TOGETHER = 250;
const $ = (id) => document.getElementById(id);
const rows = () => $("rows");
const ranked = () => rows().dataset.order === "rank";
const id = (row) => Number(row.id.slice(4));

/** As the server sorts; the ids settle a draw. Found by words, rows stand as they came: best first. */
function before(a, b) {
  if (ranked()) return true;
  const [first, second] = rows().dataset.order === "waiting" ? [b, a] : [a, b];
  return first.dataset.sort > second.dataset.sort || (first.dataset.sort === second.dataset.sort && id(first) > id(second));
}

const changed = new Set();
let later = 0;
let loading = false;
let near = false;

const query = () => new URLSearchParams(location.search);
export const listAddress = (asked = query()) => `${$("desk").dataset.list}${asked.size ? `?${asked}` : ""}`;

function address(more = {}) {
  const asked = query();
  for (const [name, values] of Object.entries(more)) for (const value of [values].flat()) asked.append(name, value);
  return listAddress(asked);
}

function draw(lines) {
  merge(rows(), lines, before);
  mark();
}

/** The row of the conversation that is open. */
export function mark() {
  const open = $("desk").dataset.conversation;
  for (const row of rows().children) {
    const link = row.querySelector("a");
    if (row.dataset.uuid === open) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  $("none").hidden = rows().children.length > 0 || "later" in rows().dataset;
}

/** Whether its row says that something was not delivered. */
export const inTrouble = (uuid) => Boolean(rows().querySelector(`:scope > [data-uuid="${uuid}"] [data-trouble]`));

/** A conversation changed: its row is asked for with others that change in the same moment. */
export function change(uuid) {
  changed.add(uuid);
  later ||= setTimeout(async () => {
    later = 0;
    const asked = [...changed].slice(0, 50);
    changed.clear();
    await Promise.all([these(asked), count()]);
  }, TOGETHER);
}

async function these(uuids) {
  const at = location.search;
  const response = await ask(address({ of: uuids }), { quiet: true });
  const html = await response?.text();
  if (!response || at !== location.search) return;
  const lines = elements(html);
  const there = new Set(lines.map((line) => line.dataset.uuid));
  const known = [...rows().children];
  if (!ranked()) for (const row of known) if (uuids.includes(row.dataset.uuid) && !there.has(row.dataset.uuid)) row.remove();
  // What lies below the last row that is shown comes when it is scrolled to; what a search finds only the search knows.
  const last = known.at(-1);
  draw(lines.filter((line) => $(line.id) || (!ranked() && (!rows().dataset.after || !last || before(line, last)))));
}

/** The first screenful anew, after a reconnect or when there is no socket; the rest stays. */
export async function look() {
  const at = location.search;
  const response = await ask(address(), { headers: { "X-Seen": rows().dataset.seen }, quiet: true });
  const html = await response?.text();
  if (!response || at !== location.search) return;
  const lines = elements(html);
  rows().dataset.seen = response.headers.get("X-Seen");
  const there = new Set(lines.map((line) => line.id));
  const whole = !response.headers.get("X-After");
  for (const row of [...rows().children]) if (!there.has(row.id) && (whole || (!ranked() && before(row, lines.at(-1))))) row.remove();
  if (whole) end("");
  draw(lines);
  count();
}

/** How many there are in each view. */
export async function count() {
  const response = await ask(`${$("tabs").dataset.url}${location.search}`, { quiet: true });
  const html = await response?.text();
  if (html) tabs(html);
  window.htmx.trigger("#sidebar-waiting", "studio:look");
}

function tabs(html) {
  const held = $("tabs").contains(document.activeElement) ? [...$("tabs").children].indexOf(document.activeElement) : -1;
  $("tabs").innerHTML = html;
  if (held >= 0) $("tabs").children[held]?.focus();
  showOpenTab();
}

function end(after) {
  rows().dataset.after = after;
  $("more").hidden = !after;
}

/** Another list, as its query says. What is open beside it stays open. */
async function show(asked) {
  history.replaceState(history.state, "", `${location.pathname}${asked.size ? `?${asked}` : ""}`);
  await again();
}

/** The list that the address asks for. */
export async function again() {
  const at = location.search;
  const asked = query();
  const response = await ask(address());
  const html = await response?.text();
  if (!response || at !== location.search) return;
  delete rows().dataset.later;
  rows().replaceChildren();
  rows().dataset.order = asked.get("words") ? "rank" : asked.get("order") || "newest";
  rows().dataset.seen = response.headers.get("X-Seen");
  if (document.activeElement !== $("words")) $("words").value = asked.get("words") ?? "";
  end(response.headers.get("X-After"));
  for (const reason of $("none").children) reason.hidden = "asked" in reason.dataset !== asked.size > 0;
  draw(elements(html));
  $("found").scrollTop = 0;
  $("said").textContent = rows().children.length ? "" : $("none").querySelector(":scope > :not([hidden]) h2").textContent;
  count();
}

async function more() {
  const { after } = rows().dataset;
  if (loading || !after) return;
  loading = true;
  const at = location.search;
  const response = await ask(address({ after }));
  const html = await response?.text();
  loading = false;
  if (!response || at !== location.search) return;
  end(response.headers.get("X-After"));
  draw(elements(html));
  if (near) more(); // as long as the end is on the screen there is room for more
}

/** One field of the filter: the others stay as the address has them, those too that have no field. */
function choose({ name, type, value, checked }) {
  const asked = query();
  const wanted = type === "checkbox" && !checked ? "" : value;
  if (wanted) asked.set(name, wanted);
  else asked.delete(name);
  show(asked);
}

async function menu() {
  const response = await ask(`${$("filters").dataset.url}${location.search}`);
  if (response) $("filters").innerHTML = await response.text();
}

async function views(url, options) {
  const response = await ask(`${url}${location.search}`, { method: "POST", ...options });
  if (!response) return;
  tabs(await response.text());
  $("narrow").open = false;
  $("narrow").querySelector("summary").focus();
}

export function begin() {
  if ("later" in rows().dataset) again();
  else count();
  const watch = ([entry]) => {
    near = entry.isIntersecting;
    if (near) more();
  };
  new IntersectionObserver(watch, { root: $("found"), rootMargin: "400px" }).observe($("more"));
  let typed = 0;
  document.addEventListener("input", ({ target }) => {
    if (target.form?.id !== "filter") return;
    clearTimeout(typed);
    typed = setTimeout(() => choose(target), target.type === "search" ? 300 : 0);
  });
  document.addEventListener("submit", (event) => {
    if (event.target.id === "filter") event.preventDefault();
    else if (event.target.id === "save-view") {
      event.preventDefault();
      views(event.target.action, { body: new FormData(event.target) });
    }
  });
  $("narrow").addEventListener("toggle", () => $("narrow").open && menu());
  document.addEventListener("click", (event) => {
    const tab = event.target.closest("#tabs a, [data-clear-filter]");
    const forget = event.target.closest("[data-delete-view]");
    if (forget) views(forget.dataset.deleteView);
    if (!tab || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    $("words").value = "";
    $("narrow").open = false;
    show(new URL(tab.href).searchParams);
  });
}

/** The row above or below the one that is open or has the focus. */
export function beside(step) {
  const all = [...rows().children];
  const at = all.findIndex((row) => row.contains(document.activeElement));
  const now = at >= 0 ? at : all.findIndex((row) => row.dataset.uuid === $("desk").dataset.conversation);
  return all[now < 0 ? 0 : Math.max(0, Math.min(all.length - 1, now + step))]?.querySelector("a");
}
