// Canned replies: what is typed after "/" finds them; arrows choose, Enter or Tab takes, Escape leaves.
import { ask } from "./ask.js";

const $ = (id) => document.getElementById(id);
const box = () => $("reply-text");
const list = () => $("canned");
const SLASH = /(^|\s)\/([\p{L}\p{N}_-]*)$/u;
let asking = 0;

const typed = () => box().value.slice(0, box().selectionStart).match(SLASH);
export const isOpen = () => list() && !list().hidden;

export function close() {
  asking += 1;
  if (!list()) return;
  list().hidden = true;
  box().removeAttribute("aria-activedescendant");
}

/** Look whether something is being looked for, and show what fits. */
export async function look() {
  const found = typed();
  if (!found) return close();
  const number = ++asking;
  const response = await ask(`${$("reply").dataset.canned}?words=${encodeURIComponent(found[2])}`, { quiet: true });
  const html = await response?.text();
  if (!html || number !== asking || !list()) return;
  list().innerHTML = html;
  list().hidden = false;
  point();
}

export function open() {
  const at = box().selectionStart;
  const before = box().value.slice(0, at);
  box().setRangeText(before && !/\s$/.test(before) ? " /" : "/", at, at, "end");
  box().focus();
  look();
}

const options = () => [...list().querySelectorAll("[role=option]")];
const chosen = () => list().querySelector("[aria-selected=true]");

function point() {
  if (chosen()) box().setAttribute("aria-activedescendant", chosen().id);
  else box().removeAttribute("aria-activedescendant");
}

function move(step) {
  const all = options();
  const next = all[(all.indexOf(chosen()) + step + all.length) % all.length];
  chosen()?.removeAttribute("aria-selected");
  next?.setAttribute("aria-selected", "true");
  next?.scrollIntoView({ block: "nearest" });
  point();
}

function take(option) {
  const found = typed();
  const end = box().selectionStart;
  if (found) box().setRangeText(option.dataset.text, end - found[2].length - 1, end, "end");
  const used = Object.assign(document.createElement("input"), { type: "hidden", name: "canned", value: option.dataset.reply });
  $("reply").append(used);
  close();
  box().focus();
  box().dispatchEvent(new Event("input", { bubbles: true }));
}

/** A key that the list takes for itself. */
export function press(event) {
  if (event.key === "Escape") close();
  else if (event.key === "ArrowDown" || event.key === "ArrowUp") move(event.key === "ArrowDown" ? 1 : -1);
  else if ((event.key === "Enter" || event.key === "Tab") && chosen()) take(chosen());
  else return false;
  event.preventDefault();
  return true;
}

// Before the box loses the focus to what is pressed.
document.addEventListener("pointerdown", (event) => {
  const option = event.target.closest("#canned [role=option]");
  if (option) {
    event.preventDefault();
    take(option);
  } else if (isOpen() && !event.target.closest("#canned")) close();
});
