// Writing: the reply of the open conversation, kept on this device until it is sent.
import { send } from "./ask.js";
import * as thread from "./thread.js";

const $ = (id) => document.getElementById(id);
const KEY = "frontdesk.reply.";

/** Puts text into the box, after what stands there. */
export function use(text) {
  const box = $("reply-text");
  if (!box) return;
  box.value = box.value ? `${box.value.trimEnd()}\n${text}` : text;
  box.dispatchEvent(new Event("input", { bubbles: true }));
  box.focus();
}

export function compose({ company, changed }) {
  document.addEventListener("submit", async (event) => {
    if (event.target.id !== "reply") return;
    event.preventDefault();
    const form = event.target;
    if (!$("reply-text").value.trim() || "sending" in form.dataset) return;
    const body = new FormData(form);
    form.dataset.sending = "";
    const response = await send(form.action, body);
    delete form.dataset.sending;
    if (!response) return;
    form.reset();
    store("");
    company.rests(true);
    thread.take(await response.text());
    changed();
  });

  document.addEventListener("input", (event) => {
    if (event.target.id !== "reply-text") return;
    store(event.target.value);
    company.writes(true);
  });

  document.addEventListener("keydown", (event) => {
    if (event.target.id !== "reply-text" || event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    $("reply").requestSubmit();
  });

  return {
    shown() {
      if ($("reply-text")) $("reply-text").value = stored();
    },
    leave() {},
    suggested() {},
  };
}

function store(text) {
  try {
    if (text) localStorage.setItem(KEY + thread.uuid(), text);
    else localStorage.removeItem(KEY + thread.uuid());
  } catch {
    // Storage is off: nothing is kept, and nothing else breaks.
  }
}

function stored() {
  try {
    return localStorage.getItem(KEY + thread.uuid()) ?? "";
  } catch {
    return "";
  }
}
