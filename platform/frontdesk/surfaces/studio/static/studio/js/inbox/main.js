// The inbox: three panes, each with an address, that hear what happens.
import { ask } from "./ask.js";
import { Company } from "./company.js";
import { compose, use } from "./compose.js";
import * as customer from "./customer.js";
import { Drafts } from "./draft.js";
import { keys } from "./keys.js";
import { Line } from "./line.js";
import { notify } from "./notify.js";
import * as rows from "./rows.js";
import * as thread from "./thread.js";
import { turn } from "./turns.js";

const $ = (id) => document.getElementById(id);
const desk = $("desk");

const line = new Line(desk.dataset.workspace, { frame: receive, look });
const drafts = new Drafts(line, { kept: keep, suggested: (run, frame) => writer.suggested(run, frame) });
const company = new Company(line);
const writer = compose({ line, drafts, company, changed: changedHere });

const TROUBLE = new Set(["failed", "unknown"]);

// ---- what comes ---------------------------------------------------------------------------------------------------------
function receive(frame) {
  if (frame.run && frame.seq) drafts.receive(frame);
  else if (frame.type === "ready") again();
  else if (frame.type === "lost") lost();
  else if (frame.type === "news") news(frame);
  else if (frame.conversation !== thread.uuid()) return;
  else if (frame.type === "opened") opened(frame);
  else if (frame.type === "run") drafts.begin(frame.run);
  else if (frame.type === "here") company.here(frame);
  else if (frame.type === "typing") company.typing(frame.on);
}

/** From now on all of the conversation is heard; what came while its page was on the way is asked for. */
function opened({ run }) {
  drafts.now(run);
  thread.look();
}

function lost() {
  desk.dataset.lost = "";
  writer.lost();
}

/** A socket is there (again): ask for what may have happened meanwhile. */
function again() {
  delete desk.dataset.lost;
  if (thread.uuid()) line.send("open", { conversation: thread.uuid(), ...drafts.following });
  drafts.again();
  look();
}

function look() {
  rows.look();
  if (!thread.uuid()) return;
  thread.look();
  who();
}

function news({ kind, conversation, message, author, what, state }) {
  if (kind === "delivery.changed") {
    if (conversation === thread.uuid()) renew(thread.byId(message));
    if (TROUBLE.has(state) || rows.inTrouble(conversation)) rows.change(conversation);
    return;
  }
  if (!conversation) return;
  rows.change(conversation);
  if (kind === "message.created" && author === "customer") document.dispatchEvent(new CustomEvent("inbox:customer", { detail: conversation }));
  if (conversation !== thread.uuid()) return;
  if (author === "customer") company.typing(false);
  renew(message && thread.byUuid(message));
  if (kind === "conversation.changed") who();
  if (what === "contact") customer.look();
}

/** A line of the thread; one that is not on the page yet may be on its way there as it was before. */
function renew(line) {
  if (line) thread.change(line.dataset.id);
  else thread.look();
}

/** The stored answer is on the page before what was streamed of it goes. */
async function keep(message) {
  if (!thread.byUuid(message)) await thread.look();
}

/** One did something oneself: seen at once, with or without a socket. */
function changedHere() {
  rows.change(thread.uuid());
  thread.look();
}

async function read() {
  if (thread.uuid() && (await thread.read())) rows.change(thread.uuid());
}

document.addEventListener("inbox:lines", read);
document.addEventListener("visibilitychange", read);

// Who answers, as it was told last.
let answers = { html: "", turn: 0 };

async function who() {
  const place = $("who");
  const response = await ask(place.dataset.url, { quiet: true });
  const html = await response?.text();
  if (!html || place !== $("who") || response.turn < answers.turn || place.querySelector("details[open]")) return;
  const same = answers.html === html;
  answers = { html, turn: response.turn };
  if (same) return;
  const held = place.contains(document.activeElement) && document.activeElement;
  place.innerHTML = html;
  window.htmx.process(place);
  // The button that had the focus, or the one that has come in its place.
  if (held) ((held.id && $(held.id)) || place.querySelector("button"))?.focus();
}

// Whose, how urgent, tags: fetched when it is opened; what stands above the thread follows when it is closed.
document.addEventListener(
  "toggle",
  async ({ target }) => {
    if (target.id !== "order-menu") return;
    if (!target.open) return who();
    const order = $("order");
    const from = document.activeElement;
    const response = await ask(order.dataset.url);
    const html = await response?.text();
    if (!html || !order.isConnected || !target.open) return;
    order.innerHTML = html;
    window.htmx.process(order);
    if (document.activeElement === from) order.querySelector("select").focus();
  },
  true,
);

document.addEventListener("htmx:afterRequest", ({ detail, target }) => {
  if (!detail.successful || detail.requestConfig.verb !== "post" || !target.closest("#desk") || !thread.uuid()) return;
  changedHere();
  // What was on its way before does not know of it.
  answers = { html: "", turn: turn() };
  who();
});

// Whoever takes over writes to the customer next, not another note. At the press: by the time that the answer is here the
// socket may have told of it, and the button that asked is gone.
document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (detail.requestConfig.triggeringEvent?.submitter?.id === "take-over") writer.answer();
});

// ---- what is open -------------------------------------------------------------------------------------------------------
let opening = null;
// The first key that was pressed for it while it is on its way; later ones may be letters that were meant for its box.
let asked = null;

/** What a key asks for is done in the conversation that is being opened, as soon as it is there. */
function whenOpen(does) {
  if ("opening" in desk.dataset) asked ??= does;
  else does();
}

/** Nobody presses or writes by mistake in the one that is left. */
function awaits(is) {
  asked = null;
  desk.toggleAttribute("data-opening", is);
  $("talk").inert = is;
}

async function open(address, { push = true } = {}) {
  opening?.abort();
  opening = new AbortController();
  const { signal } = opening;
  const from = document.activeElement;
  awaits(true);
  const response = await ask(address, { signal });
  const html = await response?.text().catch(() => null);
  if (signal.aborted) return;
  const next = asked;
  awaits(false);
  if (!html) return;
  writer.leave();
  // Beside the list as it is by now.
  if (push) history.pushState(null, "", `${new URL(address, location.href).pathname}${location.search}`);
  $("talk").innerHTML = html;
  shown($("talk").firstElementChild.dataset.talk);
  window.htmx.process($("talk"));
  // Who writes elsewhere by now goes on, or the next letters would be taken for keys.
  const now = document.activeElement;
  if (now === from || !now.matches("input, textarea, select")) $("whom").focus({ preventScroll: true });
  next?.();
}

function shown(uuid) {
  desk.dataset.conversation = uuid;
  answers = { html: "", turn: 0 };
  drafts.forget();
  company.forget();
  rows.mark();
  thread.shown();
  writer.shown();
  customer.shown();
  line.send("open", { conversation: uuid });
  read();
  document.title = document.title.replace(/^[^·]*/, `${$("whom").textContent} `);
}

function close({ push = true } = {}) {
  const row = rows.beside(0);
  opening?.abort();
  awaits(false);
  writer.leave();
  line.send("leave");
  delete desk.dataset.conversation;
  drafts.forget();
  company.forget();
  $("talk").replaceChildren();
  customer.shown();
  rows.mark();
  if (push) history.pushState(null, "", rows.listAddress());
  row?.focus();
}

/** A row's address, with the list that is shown now. */
const here = (link) => `${new URL(link.href).pathname}${location.search}`;

function plain(event) {
  return event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
}

document.addEventListener("click", (event) => {
  const row = event.target.closest("#rows a, [data-open]");
  const back = event.target.closest("#back");
  if (event.defaultPrevented || !plain(event) || !(row || back)) return;
  event.preventDefault();
  if (row) open(here(row));
  else close();
});

addEventListener("popstate", () => {
  rows.again();
  if (location.pathname === new URL(desk.dataset.list, location.href).pathname) close({ push: false });
  else open(location.href, { push: false });
});

document.addEventListener("inbox:use", ({ detail }) => {
  writer.answer();
  use(detail);
});
notify({ open: (uuid) => open(`${desk.dataset.list}${uuid}/${location.search}`), uuid: thread.uuid });
keys({ canned: writer.canned, write: writer.write, open: (link) => open(here(link)), close, beside: rows.beside, whenOpen });
rows.begin();
rows.mark();
if (desk.dataset.conversation) {
  thread.shown();
  writer.shown();
  customer.shown();
  read();
}
line.open();
