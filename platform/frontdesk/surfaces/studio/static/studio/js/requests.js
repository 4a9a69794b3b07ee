// What every HTMX request and response has in common.
import { reached, toast, words } from "./toasts.js";

const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = token();
});

document.addEventListener("studio:toast", (event) => toast(event.detail));

document.addEventListener("htmx:sendError", () => toast({ text: words().unreachable, kind: "bad" }));

document.addEventListener("htmx:afterRequest", ({ detail: { xhr } }) => xhr.status && reached());

document.addEventListener("htmx:responseError", (event) => {
  // Ours come with a toast of their own; what does not is a fault or something between us and the browser.
  if (!event.detail.xhr.getResponseHeader("HX-Trigger")) toast({ text: words().failed, kind: "bad" });
});

// Who asked, or the place that the answer is for, may have been replaced by news when it comes. What is done is shown in the place
// that there is now; what happens to an element that is gone is heard by nobody, so it is told to who stood around it.
document.addEventListener("htmx:beforeRequest", ({ target, detail }) => {
  const { xhr } = detail;
  const around = [];
  for (let each = target.parentElement; each; each = each.parentElement) around.push(each);
  xhr.addEventListener("readystatechange", () => {
    if (xhr.readyState !== XMLHttpRequest.DONE) return;
    const { id, isConnected } = detail.target;
    if (!isConnected && id && detail.requestConfig.verb !== "get") detail.target = document.getElementById(id) ?? detail.target;
    if (target.isConnected) return;
    for (const kind of ["load", "error"]) xhr.addEventListener(kind, () => answered(around.find((each) => each.isConnected), detail));
  });
});

function answered(near, detail) {
  const { status } = detail.xhr;
  const told = Object.entries(JSON.parse(detail.xhr.getResponseHeader("HX-Trigger") ?? "{}"));
  if (!status) told.push(["htmx:sendError", detail]);
  else if (status >= 400) told.push(["htmx:responseError", detail]);
  for (const [name, said] of [...told, ["htmx:afterRequest", detail]]) window.htmx.trigger(near, name, said);
}

// What was folded open stays open when its surroundings are swapped.
let open = [];
document.addEventListener("htmx:beforeSwap", (event) => {
  open = [...event.detail.target.querySelectorAll("details[id][open]")].map((fold) => fold.id);
});
document.addEventListener("htmx:afterSwap", () => {
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  open = [];
});

// After a swap, the element that asks for it takes the focus, so that nobody is lost, unless somebody fills in something else by
// then. When what had the focus is gone, or lost it while its request was out: the first field that is wrong, else what had it,
// what has come in its place, or all that was swapped, if it is marked data-holds-focus. Who left by oneself meanwhile, as with
// Escape, is not fetched back.
const held = new WeakMap();
let left = null;
document.addEventListener("focusin", () => (left = null));
document.addEventListener("focusout", ({ target }) => {
  // What is taken away or disabled loses the focus too; by then that is known.
  queueMicrotask(() => {
    if (target.isConnected && !target.disabled && document.activeElement !== target) left = target;
  });
});
document.addEventListener("htmx:beforeRequest", ({ detail: { xhr } }) => held.set(xhr, document.activeElement));
// Before the swap: whoever is in a field of what is swapped is there by oneself, too.
const moved = new WeakSet();
document.addEventListener("htmx:beforeSwap", ({ detail: { xhr } }) => {
  const now = document.activeElement;
  if (now !== held.get(xhr) && now.matches("input, textarea, select")) moved.add(xhr);
});
document.addEventListener("htmx:afterSettle", ({ target, detail }) => {
  const first = (selector) => (target.matches(selector) ? target : target.querySelector(selector));
  const asks = first("[data-take-focus='']");
  const before = held.get(detail.xhr);
  const now = document.activeElement;
  // Once: what is added beside it later is what asks then.
  if (asks) asks.dataset.takeFocus = "asked";
  if (asks && !moved.has(detail.xhr)) asks.focus();
  else if (before && before !== left && before !== document.body && target !== document.body && now === document.body) {
    const holder = detail.target.matches("[data-holds-focus]") ? detail.target : null;
    const next = before.isConnected ? before : (successor(before, holder ?? target) ?? holder);
    (first("[aria-invalid='true']") ?? next)?.focus();
  }
});

function successor({ localName, name, textContent }, target) {
  return [...target.querySelectorAll(localName)].find((each) => each.name === name && each.textContent === textContent);
}

// Enter sends, Shift+Enter begins a new line.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || !event.target.matches?.("textarea[data-send]")) return;
  event.preventDefault();
  if (event.target.value.trim()) event.target.form.requestSubmit();
});
