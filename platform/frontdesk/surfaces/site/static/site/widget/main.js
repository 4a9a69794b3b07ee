import { ATTRIBUTES, FrontdeskChat, SCRIPT } from "./chat.js";

if (!customElements.get("frontdesk-chat")) {
  customElements.define("frontdesk-chat", FrontdeskChat);
  if (SCRIPT?.dataset.agentKey) place({ ...SCRIPT.dataset, heading: SCRIPT.dataset.title });
}

/** The element for a script tag's data-… attributes, at the end of the page. */
function place(given) {
  if (given.open === "false") delete given.open;
  const chat = document.createElement("frontdesk-chat");
  chat.setAttribute("agent-key", given.agentKey);
  for (const name of ATTRIBUTES) if (given[name] != null) chat.setAttribute(name, given[name]);
  if (document.body) document.body.append(chat);
  else addEventListener("DOMContentLoaded", () => document.body.append(chat));
}
