// A form with data-guard warns before its changes are lost, and shows [data-unsaved] meanwhile. A form that came back
// with its mistakes (data-guard="dirty") has changes that nobody has kept yet.

import { TEXT } from "./typed.js";

const state = (form) => new URLSearchParams(new FormData(form)).toString();
const kept = new WeakMap();
let leaving = false;

const guarded = () => document.querySelector("form[data-guard]");
const changed = (form) => kept.get(form) !== state(form);

function tell(form) {
  for (const mark of document.querySelectorAll("[data-unsaved]")) mark.hidden = !changed(form);
}

// What was typed before this script was there, or while the form was on its way to be saved, is kept nowhere.
const isTyped = (field) => field.matches(TEXT) && field.type !== "number" && field.value !== field.defaultValue;
const begun = (form) => [...form.elements].some(isTyped);

export function guardForms() {
  const form = guarded();
  if (!form || kept.has(form)) return;
  kept.set(form, form.dataset.guard === "dirty" || begun(form) ? "" : state(form));
  tell(form);
}

for (const kind of ["input", "change"]) {
  document.addEventListener(kind, (event) => event.target.closest?.("form[data-guard]") && tell(guarded()));
}
document.addEventListener("htmx:afterSettle", guardForms);
document.addEventListener("submit", (event) => (leaving = !event.defaultPrevented));
window.addEventListener("beforeunload", (event) => {
  const form = guarded();
  if (form && !leaving && changed(form)) event.preventDefault();
});
