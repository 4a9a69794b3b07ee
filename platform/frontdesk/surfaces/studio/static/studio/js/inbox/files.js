// Files that go along with a reply: chosen, dropped or pasted; each can be taken out again.
import { word } from "./ask.js";

const $ = (id) => document.getElementById(id);
let chosen = [];

export const files = () => chosen;

export function clear() {
  chosen = [];
  draw();
}

/** Those that were sent; what was added meanwhile waits for the next message. */
export function sent(some) {
  chosen = chosen.filter((file) => !some.includes(file));
  draw();
}

function add(more) {
  chosen = [...chosen, ...more];
  draw();
}

function draw() {
  if (!$("chosen")) return;
  $("chosen").hidden = !chosen.length;
  $("chosen").replaceChildren(...chosen.map(line));
}

function line(file) {
  const row = document.createElement("li");
  const name = Object.assign(document.createElement("span"), { className: "s-clip", textContent: file.name, dir: "auto" });
  const label = word("remove").replace("%s", file.name);
  const out = Object.assign(document.createElement("button"), { type: "button", className: "s-icon-button", ariaLabel: label, title: label });
  out.innerHTML = '<span class="material-symbols-outlined" aria-hidden="true">close</span>';
  out.addEventListener("click", () => {
    chosen = chosen.filter((each) => each !== file);
    draw();
    $("reply-text").focus();
  });
  row.append(name, out);
  return row;
}

// Caught on its way down: the shell's script would look for a box beside the field, to write the file's name into it.
document.addEventListener(
  "change",
  (event) => {
    if (event.target.id !== "files") return;
    event.stopPropagation();
    add(event.target.files);
    event.target.value = "";
    $("reply-text").focus();
  },
  { capture: true },
);

const takes = () => $("reply") && $("reply").dataset.mode !== "note";
const carries = (event) => takes() && event.target.closest?.("#talk") && [...(event.dataTransfer?.types ?? [])].includes("Files");

document.addEventListener("dragover", (event) => carries(event) && event.preventDefault());
document.addEventListener("drop", (event) => {
  if (!carries(event)) return;
  event.preventDefault();
  add(event.dataTransfer.files);
});
document.addEventListener("paste", (event) => {
  if (event.target.id !== "reply-text" || !event.clipboardData.files.length || !takes()) return;
  event.preventDefault();
  add(event.clipboardData.files);
});
