// The list: rows come when they are scrolled to, change where they stand, and leave when they do not fit the filter any more.
import { showOpenTab } from "../tabs.js";
import { ask, elements } from "./ask.js";
import { merge } from "./merge.js";
import { turn, Turns } from "./turns.js";

const TOGETHER = 250;
const MOST = 50;
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
const turns = new Turns();
let later = 0;
let news = 0;
let counted = 0;
let chosenFrom = null;
let loading = false;
let near = false;

const query = () => new URLSearchParams(location.search);
export const listAddress = (asked = query()) => `${$("desk").dataset.list}${asked.size ? `?${asked}` : ""}`;

function address(more = {}) {
  const asked = query();
  for (const [name, values] of Object.entries(more)) for (const value of [values].flat()) asked.append(name, value);
  return listAddress(asked);
}

function draw(lines, turn) {
  merge(rows(), lines.filter(({ dataset }) => turns.takes(dataset.uuid, turn)), before);
  mark();
}

/** Rows that are not in the list any more, as this answer has it. */
function drop(gone, turn) {
  for (const row of gone) if (turns.takes(row.dataset.uuid, turn)) row.remove();
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
  news = turn();
  changed.add(uuid);
  later ||= setTimeout(renew, TOGETHER);
}

function renew() {
  const asked = [...changed].slice(0, MOST);
  for (const each of asked) changed.delete(each);
  later = changed.size && setTimeout(renew, TOGETHER);
  these(asked);
  count();
}

async function these(uuids) {
  const at = location.search;
  const response = await ask(address({ of: uuids }), { quiet: true });
  const html = await response?.text();
  if (!response || at !== location.search) return;
  const lines = elements(html);
  const there = new Set(lines.map((line) => line.dataset.uuid));
  const known = [...rows().children];
  if (!ranked()) drop(known.filter(({ dataset }) => uuids.includes(dataset.uuid) && !there.has(dataset.uuid)), response.turn);
  // What lies below the last row that is shown comes when it is scrolled to; what a search finds only the search knows.
  const last = known.at(-1);
  const shown = (line) => $(line.id) || (!ranked() && (!rows().dataset.after || !last || before(line, last)));
  draw(lines.filter(shown), response.turn);
}

/** The first screenful anew, after a reconnect or when there is no socket; the rest stays. */
export async function look() {
  const at = location.search;
  const response = await ask(address(), { headers: { "X-Seen": rows().dataset.seen }, quiet: true });
  const html = await response?.text();
  if (!response || at !== location.search || response.turn < turns.first) return;
  const lines = elements(html);
  rows().dataset.seen = response.headers.get("X-Seen");
  const there = new Set(lines.map((line) => line.id));
  const whole = !response.headers.get("X-After");
  const gone = (row) => !there.has(row.id) && (whole || (!ranked() && before(row, lines.at(-1))));
  drop([...rows().children].filter(gone), response.turn);
  if (whole) end("");
  draw(lines, response.turn);
  count();
}

/** How many there are in each view. */
export async function count() {
  const response = await ask(`${$("tabs").dataset.url}${location.search}`, { quiet: true });
  const html = await response?.text();
  if (html) tabs(html, response.turn);
  window.htmx.trigger("#sidebar-waiting", "studio:look");
}

function tabs(html, turn) {
  if (turn < counted) return;
  counted = turn;
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
  if (!response || at !== location.search || response.turn < turns.first) return;
  const missed = news > response.turn;
  turns.begin(response.turn);
  delete rows().dataset.later;
  rows().replaceChildren();
  rows().dataset.order = asked.get("words") ? "rank" : asked.get("order") || "newest";
  rows().dataset.seen = response.headers.get("X-Seen");
  if (document.activeElement !== $("words")) $("words").value = asked.get("words") ?? "";
  end(response.headers.get("X-After"));
  for (const reason of $("none").children) reason.hidden = "asked" in reason.dataset !== asked.size > 0;
  draw(elements(html), response.turn);
  $("found").scrollTop = 0;
  $("said").textContent = rows().children.length ? "" : $("none").querySelector(":scope > :not([hidden]) h2").textContent;
  count();
  if (missed) look();
  if (near) more();
}

async function more() {
  const { after } = rows().dataset;
  if (loading || !after) return;
  loading = true;
  const at = location.search;
  const response = await ask(address({ after }));
  const html = await response?.text();
  loading = false;
  if (!response) return;
  // Unless it is another list by now.
  if (at === location.search && after === rows().dataset.after && response.turn > turns.first) {
    end(response.headers.get("X-After"));
    draw(elements(html), response.turn);
  }
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
  const at = location.search;
  if (at !== chosenFrom) $("filters").replaceChildren();
  const response = await ask(`${$("filters").dataset.url}${at}`);
  const html = await response?.text();
  // What somebody chooses in it meanwhile stands.
  if (!html || at !== location.search || $("filters").contains(document.activeElement)) return;
  $("filters").innerHTML = html;
  chosenFrom = at;
}

async function views(url, options) {
  const response = await ask(`${url}${location.search}`, { method: "POST", ...options });
  if (!response) return;
  tabs(await response.text(), response.turn);
  count(); // one that was on its way does not know of it
  const here = $("narrow").contains(document.activeElement) || document.activeElement === document.body;
  $("narrow").open = false;
  if (here) $("narrow").querySelector("summary").focus();
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
