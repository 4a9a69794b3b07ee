// What every HTMX request and response has in common.
import { toast, words } from "./toasts.js";

const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = token();
});

document.addEventListener("studio:toast", (event) => toast(event.detail));

document.addEventListener("htmx:sendError", () => toast({ text: words().unreachable, kind: "bad" }));

document.addEventListener("htmx:responseError", (event) => {
  // Ours come with a toast of their own; what does not is a fault or something between us and the browser.
  if (!event.detail.xhr.getResponseHeader("HX-Trigger")) toast({ text: words().failed, kind: "bad" });
});

// What was folded open stays open when its surroundings are swapped.
let open = [];
document.addEventListener("htmx:beforeSwap", (event) => {
  open = [...event.detail.target.querySelectorAll("details[id][open]")].map((fold) => fold.id);
});
document.addEventListener("htmx:afterSwap", () => {
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  open = [];
});

// After a swap, the element that asks for it takes the focus, so that nobody is lost.
document.addEventListener("htmx:afterSettle", (event) => {
  const asks = event.target.matches?.("[data-take-focus]") ? event.target : event.target.querySelector?.("[data-take-focus]");
  asks?.focus();
});

// Enter sends, Shift+Enter begins a new line.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || !event.target.matches?.("textarea[data-send]")) return;
  event.preventDefault();
  if (event.target.value.trim()) event.target.form.requestSubmit();
});

// A form marked data-clear is emptied when it was taken.
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful && event.target.matches?.("form[data-clear]")) event.target.reset();
});
