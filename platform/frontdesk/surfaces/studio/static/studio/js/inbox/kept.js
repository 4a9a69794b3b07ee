// What was begun and not sent, kept on this device, by conversation.
import { uuid } from "./thread.js";

const KEY = "frontdesk.reply.";

export function keep(text) {
  try {
    if (text) localStorage.setItem(KEY + uuid(), text);
    else localStorage.removeItem(KEY + uuid());
  } catch {
    // Storage is off: nothing is kept, and nothing else breaks.
  }
}

export function kept() {
  try {
    return localStorage.getItem(KEY + uuid()) ?? "";
  } catch {
    return "";
  }
}
