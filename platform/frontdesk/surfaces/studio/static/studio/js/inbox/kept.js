// What was begun and not sent, kept on this device, by conversation.
import { uuid } from "./thread.js";

const KEY = "frontdesk.reply.";

export function keep(text, talk = uuid()) {
  try {
    if (text) localStorage.setItem(KEY + talk, text);
    else localStorage.removeItem(KEY + talk);
  } catch {
    // Storage is off: nothing is kept, and nothing else breaks.
  }
}

export function kept(talk = uuid()) {
  try {
    return localStorage.getItem(KEY + talk) ?? "";
  } catch {
    return "";
  }
}
