// A queue of files: three on their way at a time, each by itself and with a bar of its own. What fails stays on the list until it is
// sent again or taken off, so nothing gets lost. Without this script the form still sends them.
import { isHidden, refusal } from "./files.js";
import { toast } from "../toasts.js";

const AT_ONCE = 3;
const TRIES = 4;
const BUSY = [429, 502, 503, 504];
// { id, file, path, line, request, tries, state: waiting | sending | again | refused }
let items = [];
let arrived = 0;
let rules = null;

const box = () => document.querySelector(".k-sending");
const of = (...states) => items.filter(({ state }) => states.includes(state));
export const busy = () => items.some(({ state, held }) => held || state !== "refused");

export function add(found) {
  rules ??= JSON.parse(document.getElementById("k-rules").textContent);
  if (!items.length) arrived = 0;
  const files = found.filter((each) => !isHidden(each));
  if (files.length < found.length) toast({ text: fill(rules.hidden, { n: found.length - files.length }) });
  for (const { file, path } of files) {
    const item = { file, path, tries: 0, state: "waiting" };
    item.line = draw(item);
    const said = refusal(file, rules) || (items.some((other) => same(other, item)) && rules.twice);
    items.push(item);
    if (said) refuse(item, said);
  }
  show();
  next();
}

const same = (one, other) => one.path === other.path && one.file.size === other.file.size && one.file.lastModified === other.file.lastModified;

function draw(item) {
  const line = document.createElement("li");
  const name = Object.assign(document.createElement("span"), { className: "s-clip", textContent: item.path, dir: "auto" });
  const said = Object.assign(document.createElement("small"), { textContent: rules.waiting });
  const buttons = Object.assign(document.createElement("span"), { className: "k-line" });
  const bar = Object.assign(document.createElement("progress"), { max: 100, value: 0, ariaLabel: item.path });
  buttons.append(button(rules.stop, item, () => leave(item)));
  line.append(name, buttons, said, bar);
  document.querySelector(".k-uploads").append(line);
  return line;
}

function button(text, item, act) {
  const made = Object.assign(document.createElement("button"), { type: "button", className: "s-text-button", textContent: text });
  made.setAttribute("aria-label", `${text}: ${item.path}`);
  made.addEventListener("click", act);
  return made;
}

function next() {
  for (const item of of("waiting").slice(0, AT_ONCE - of("sending").length)) send(item);
}

function send(item) {
  const request = (item.request = new XMLHttpRequest());
  const body = new FormData();
  const form = document.querySelector("[data-drop]");
  body.append("files", item.file);
  item.state = "sending";
  say(item, rules.sending);
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "application/json");
  request.setRequestHeader("X-CSRFToken", document.querySelector('meta[name="csrf-token"]').content);
  request.upload.addEventListener("progress", ({ loaded, total }) => (bar(item).value = (100 * loaded) / total));
  request.addEventListener("load", () => answered(item, request));
  request.addEventListener("error", () => failed(item, rules.unreachable));
  request.addEventListener("loadend", () => {
    show();
    next();
  });
  request.send(body);
}

function answered(item, request) {
  if (BUSY.includes(request.status)) return failed(item, rules.busy);
  if (request.responseURL && !request.responseURL.startsWith(document.querySelector("[data-drop]").action)) return hold(item, rules.signed_out);
  const answer = read(request);
  if (!answer) return hold(item, rules.unreachable);
  const [twin] = answer.twins;
  if (twin) return refuse(item, twin.message, twin.url);
  if (answer.problems.length) return refuse(item, answer.problems.map(({ message }) => message).join(" "));
  arrived += 1;
  leave(item);
  reload();
}

function read(request) {
  try {
    const answer = JSON.parse(request.responseText);
    return answer.problems ? answer : null;
  } catch {
    return null;
  }
}

// A connection that breaks for a moment mends itself: three more tries, each after a longer wait, and then the owner's.
function failed(item, said) {
  item.tries += 1;
  if (item.tries >= TRIES) return hold(item, said);
  item.state = "again";
  bar(item).value = 0;
  say(item, said);
  item.timer = setTimeout(() => {
    if (item.state !== "again") return;
    item.state = "waiting";
    next();
  }, 1000 * 3 ** (item.tries - 1));
}

// Kept, to be sent again.
function hold(item, said) {
  refuse(item, said);
  item.held = true;
  item.line.querySelector(".k-line").prepend(button(rules.again, item, () => again(item)));
}

function again(item) {
  Object.assign(item, { state: "waiting", tries: 0, held: false });
  delete item.line.dataset.problem;
  const fresh = draw(item);
  item.line.replaceWith(fresh);
  item.line = fresh;
  show();
  next();
}

function refuse(item, said, url = "") {
  item.state = "refused";
  item.line.dataset.problem = "";
  bar(item)?.remove();
  say(item, said);
  const buttons = item.line.querySelector(".k-line");
  buttons.replaceChildren(button(rules.away, item, () => leave(item)));
  if (url) buttons.prepend(Object.assign(document.createElement("a"), { className: "s-link", href: url, textContent: rules.open }));
}

function leave(item) {
  clearTimeout(item.timer);
  items = items.filter((other) => other !== item);
  const focused = item.line.contains(document.activeElement);
  item.line.remove();
  if (item.state === "sending") item.request.abort();
  if (focused) document.querySelector(".k-uploads").focus();
  show();
}

const bar = (item) => item.line.querySelector("progress");

function say(item, text) {
  item.line.querySelector("small").textContent = text;
}

const fill = (text, values) => text.replace(/%\((\w+)\)s/g, (_, name) => values[name]);

// The sentence above the list is read aloud: it speaks of all files and changes in steps.
function show() {
  const refused = of("refused").length;
  const total = arrived + items.length - refused;
  box().hidden = !items.length;
  box().querySelector(".k-bar").value = total ? (100 * arrived) / total : 100;
  const parts = total ? [fill(rules.progress, { done: arrived, total })] : [];
  if (refused) parts.push(fill(rules.refused_some, { n: refused }));
  const said = parts.join(" ");
  const line = box().querySelector("[data-progress]");
  if (line.textContent !== said) line.textContent = said;
  const all = box().querySelector("[data-all-again]");
  all.hidden = items.filter(({ held }) => held).length < 2;
  all.textContent = rules.all_again;
}

document.addEventListener("click", (event) => {
  if (event.target.matches?.("[data-all-again]")) items.filter(({ held }) => held).forEach(again);
});

// Back online: what waits for its next try need not wait longer.
window.addEventListener("online", () => {
  for (const item of of("again")) {
    clearTimeout(item.timer);
    item.state = "waiting";
  }
  if (items.length) next();
});

// Many files arrive close together; the list is loaded once for them all.
let later = 0;
function reload() {
  clearTimeout(later);
  later = setTimeout(() => window.htmx.trigger(document.body, "studio:added"), 400);
}
