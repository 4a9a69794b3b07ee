// Writing: a reply or a note, kept on this device until it is sent.
import { rest } from "../rest.js";
import { send, word } from "./ask.js";
import * as canned from "./canned.js";
import * as files from "./files.js";
import { keep, kept } from "./kept.js";
import { Suggestion } from "./suggest.js";
import * as thread from "./thread.js";

const $ = (id) => document.getElementById(id);
const isNote = () => $("reply").elements.mode.value === "note";

/** Puts text into the box, after what stands there. */
export function use(text) {
  const box = $("reply-text");
  if (!box) return;
  box.value = box.value ? `${box.value.trimEnd()}\n${text}` : text;
  box.dispatchEvent(new Event("input", { bubbles: true }));
  box.focus();
}

export function compose({ line, drafts, company, changed }) {
  const suggestion = new Suggestion(line, drafts);

  async function submit(form) {
    const box = $("reply-text");
    const note = isNote();
    const chosen = note ? [] : files.files();
    if ((!box.value.trim() && !chosen.length) || "sending" in form.dataset || suggestion.busy) return;
    const talk = thread.uuid();
    const text = box.value;
    const used = form.querySelectorAll("[name=canned]");
    const body = new FormData(form);
    for (const file of chosen) body.append("files", file);
    const button = $("send");
    form.dataset.sending = "";
    // Now, not when the answer comes: by then one may have gone on, and the next key would be taken for a letter.
    box.focus();
    button.disabled = true;
    const response = await send(note ? form.dataset.note : form.action, body);
    delete form.dataset.sending;
    button.disabled = false;
    if (!response) return;
    keep(rest(kept(talk), text), talk);
    if (talk !== thread.uuid()) return;
    // Somebody may have gone to another conversation and come back.
    const now = $("reply-text");
    now.value = rest(now.value, text);
    suggestion.sent(text);
    left();
    if (form !== $("reply")) return changed();
    for (const each of used) each.remove();
    files.sent(chosen);
    company.rests(!note);
    await thread.take(response);
    changed();
  }

  /** How much room is left in one message of this channel. */
  function left() {
    const longest = Number($("reply").dataset.longest);
    const { length } = $("reply-text").value;
    const parts = Math.ceil(length / longest);
    let said = "";
    if (longest && !isNote() && parts > 1) said = word("parts").replace("%s", parts);
    else if (longest && !isNote() && length > longest * 0.8) said = word("left").replace("%s", longest - length);
    if ($("left").textContent !== said) $("left").textContent = said;
  }

  function mode() {
    const which = isNote() ? "note" : "reply";
    const box = $("reply-text");
    $("reply").dataset.mode = which;
    box.placeholder = box.dataset[which];
    $("reply").querySelector("[data-label]").textContent = box.dataset[`${which}Label`];
    left();
  }

  /** To the box, to write a reply or a note; where no reply may be sent, a note. */
  function write(which) {
    if (!$("reply-text")) return;
    const way = $("reply").querySelector(`[name=mode][value=${which}]`);
    if (!way.disabled) way.checked = true;
    mode();
    $("reply-text").focus();
  }

  /** To the customer from now on, unless a note stands in the box that was meant for the team alone. */
  function answer() {
    if (!$("reply-text")?.value.trim()) write("reply");
  }

  document.addEventListener("submit", (event) => {
    if (event.target.id !== "reply") return;
    event.preventDefault();
    submit(event.target);
  });

  document.addEventListener("input", (event) => {
    if (event.target.name === "mode" && event.target.form === $("reply")) mode();
    if (event.target.id !== "reply-text") return;
    keep(event.target.value);
    left();
    if (event.isTrusted) {
      company.writes(!isNote());
      canned.look();
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.target.id !== "reply-text" || event.isComposing) return;
    if (canned.isOpen() && canned.press(event)) return;
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    $("reply").requestSubmit();
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("#suggest")) suggestion.toggle();
    else if (event.target.closest("#open-canned")) canned.open();
  });

  return {
    answer,
    canned: () => ($("reply-text") ? canned.open() : undefined),
    suggested: (run, frame) => suggestion.take(run, frame),
    shown() {
      files.clear();
      if (!$("reply-text")) return;
      // On the page that was loaded one may have begun before this script was there.
      $("reply-text").value ||= kept();
      mode();
    },
    write,
    leave: () => suggestion.leave(),
    lost: () => suggestion.lost(),
  };
}
