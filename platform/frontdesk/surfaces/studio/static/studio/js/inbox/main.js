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
  else if (frame.type === "lost") desk.dataset.lost = "";
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
    const shown = thread.byId(message);
    if (shown) thread.change(shown);
    if (TROUBLE.has(state) || rows.inTrouble(conversation)) rows.change(conversation);
    return;
  }
  if (!conversation) return;
  rows.change(conversation);
  if (kind === "message.created" && author === "customer") document.dispatchEvent(new CustomEvent("inbox:customer", { detail: conversation }));
  if (conversation !== thread.uuid()) return;
  if (author === "customer") company.typing(false);
  const shown = message && thread.byUuid(message);
  if (shown) thread.change(shown);
  else thread.look();
  if (kind === "conversation.changed") who();
  if (what === "contact") customer.look();
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

async function who() {
  const asked = thread.uuid();
  const response = await ask($("who").dataset.url, { quiet: true });
  const html = await response?.text();
  if (!html || asked !== thread.uuid() || $("who").innerHTML === html || $("who").querySelector("details[open]")) return;
  const held = $("who").contains(document.activeElement) && document.activeElement.value;
  $("who").innerHTML = html;
  window.htmx.process($("who"));
  if (held) $("who").querySelector("button")?.focus();
}

// Whose, how urgent, tags: fetched when it is opened; what stands above the thread follows when it is closed.
document.addEventListener(
  "toggle",
  async ({ target }) => {
    if (target.id !== "order-menu") return;
    if (!target.open) return who();
    const response = await ask($("order").dataset.url);
    if (!response) return;
    $("order").innerHTML = await response.text();
    window.htmx.process($("order"));
    $("order").querySelector("select").focus();
  },
  true,
);

document.addEventListener("htmx:afterRequest", ({ detail, target }) => {
  if (detail.successful && detail.requestConfig.verb === "post" && target.closest("#desk")) changedHere();
});

// Whoever takes over writes to the customer next, not another note. At the press: by the time that the answer is here the
// socket may have told of it, and the button that asked is gone.
document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (detail.requestConfig.triggeringEvent?.submitter?.id === "take-over") writer.answer();
});

// ---- what is open -------------------------------------------------------------------------------------------------------
let opening = null;

async function open(address, { push = true } = {}) {
  opening?.abort();
  opening = new AbortController();
  const { signal } = opening;
  desk.dataset.opening = "";
  const response = await ask(address, { signal });
  const html = await response?.text().catch(() => null);
  if (signal.aborted) return;
  delete desk.dataset.opening;
  if (!html) return;
  writer.leave();
  if (push) history.pushState(null, "", address);
  $("talk").innerHTML = html;
  shown($("talk").firstElementChild.dataset.talk);
  window.htmx.process($("talk"));
  $("whom").focus({ preventScroll: true });
}

function shown(uuid) {
  desk.dataset.conversation = uuid;
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
keys({ canned: writer.canned, write: writer.write, open: (link) => open(here(link)), close, beside: rows.beside });
rows.begin();
rows.mark();
if (desk.dataset.conversation) {
  thread.shown();
  writer.shown();
  customer.shown();
  read();
}
line.open();
