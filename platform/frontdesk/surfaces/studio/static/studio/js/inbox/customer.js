// The third pane: who the customer is. Beside the thread where there is room, over it where there is none.
import { ask } from "./ask.js";

const $ = (id) => document.getElementById(id);
const wide = matchMedia("(min-width: 1100px)");
let asked = "";
let drawn = 0;

export async function look() {
  const address = $("talk").firstElementChild?.dataset.customerUrl;
  if (!address || (!wide.matches && !("customer" in $("desk").dataset))) return;
  asked = address;
  const response = await ask(address, { quiet: true });
  const html = await response?.text();
  if (!html || asked !== address || response.turn < drawn) return;
  drawn = response.turn;
  $("customer").innerHTML = html;
  window.htmx.process($("customer"));
}

/** Another conversation. */
export function shown() {
  asked = "";
  hide(false);
  $("customer").replaceChildren();
  look();
}

const opener = () => document.querySelector(".i-talk-head [data-customer]");

function hide(focus = true) {
  delete $("desk").dataset.customer;
  opener()?.setAttribute("aria-expanded", "false");
  if (focus) opener()?.focus();
}

async function show() {
  const from = document.activeElement;
  $("desk").dataset.customer = "";
  opener().setAttribute("aria-expanded", "true");
  await look();
  // Nobody who has gone on meanwhile is fetched back.
  if ("customer" in $("desk").dataset && document.activeElement === from) $("customer").querySelector("[data-customer]")?.focus();
}

wide.addEventListener("change", look);
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-customer]") || event.target.closest("#desk") === event.target) return;
  if ("customer" in $("desk").dataset) hide();
  else show();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !("customer" in $("desk").dataset) || wide.matches) return;
  event.preventDefault();
  hide();
});
