// Asking the server for parts of the inbox, as HTMX would: problems come as toasts.
import { whenReleased } from "../pressed.js";
import { reached, toast, words } from "../toasts.js";
import { turn } from "./turns.js";

const token = () => document.querySelector('meta[name="csrf-token"]').content;

/** Gives the response with its turn, or null when there is nothing to show; what went wrong is said. */
export async function ask(url, { headers = {}, quiet = false, ...options } = {}) {
  const asked = { turn: turn() };
  let response;
  try {
    response = await fetch(url, { credentials: "same-origin", headers: { "HX-Request": "true", "X-CSRFToken": token(), ...headers }, ...options });
  } catch (problem) {
    if (!quiet && problem.name !== "AbortError") toast({ text: words().unreachable, kind: "bad" });
    return null;
  }
  reached();
  const leads = response.headers.get("HX-Redirect");
  if (leads) location.assign(leads);
  say(response, quiet);
  await whenReleased();
  return response.ok && response.status !== 204 ? Object.assign(response, asked) : null;
}

export const send = (url, body) => ask(url, { method: "POST", body });

function say(response, quiet) {
  const told = response.headers.get("HX-Trigger");
  const said = told && JSON.parse(told)["studio:toast"];
  if (said) toast(said);
  else if (!response.ok && !quiet) toast({ text: words().failed, kind: "bad" });
}

/** The elements of a piece of HTML that the server made. */
export function elements(html) {
  const box = document.createElement("template");
  box.innerHTML = html;
  return [...box.content.children];
}

export const word = (name) => document.getElementById("inbox-words").dataset[name];
