// What asks by itself for news ([data-live]) rests while nobody looks, and asks at once when somebody looks again.
import { isPressed } from "./pressed.js";

document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && event.target.matches("[data-live]")) event.preventDefault();
});

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  for (const part of document.querySelectorAll("[data-live]")) window.htmx.trigger(part, "studio:look");
});

// Where somebody holds a button down news wait for the next time.
let byItself = false;
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const asks = detail.requestConfig.elt.getAttribute("hx-trigger") ?? "";
  byItself = !detail.requestConfig.triggeringEvent && asks.includes("every ");
  wait(detail);
});
document.addEventListener("htmx:oobBeforeSwap", ({ detail }) => wait(detail));

function wait(detail) {
  if (byItself && isPressed(detail.target)) detail.shouldSwap = false;
}
