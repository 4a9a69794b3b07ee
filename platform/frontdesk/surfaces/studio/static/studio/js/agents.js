// The agent editor: the playground that streams, the order of parts, the full instructions.
import { rest } from "./rest.js";

const $ = (id) => document.getElementById(id);
const thread = () => $("trial");
let stream = null;

// ---- the playground ------------------------------------------------------------------------------------------------
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id !== "trial") return;
  const coming = thread().querySelector(".s-coming:not([data-following])");
  if (coming) follow(coming);
  toEnd();
});

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target.id === "ask" && stream) event.preventDefault();
});

document.addEventListener("htmx:afterRequest", (event) => {
  if (event.target.id !== "ask" || !event.detail.successful) return;
  $("question").value = rest($("question").value, event.detail.requestConfig.parameters.question);
});

function follow(bubble) {
  bubble.dataset.following = "";
  const text = bubble.querySelector("[data-text]");
  const doing = bubble.querySelector("[data-doing]");
  let begun = false;
  busy(true);
  // EventSource comes back by itself with the last number it saw, and so misses nothing.
  stream = new EventSource(bubble.dataset.events);
  stream.onmessage = ({ data }) => {
    const { type, data: body } = JSON.parse(data);
    if (type === "run.started") doing.textContent = doing.dataset.searching;
    else if (type === "sources.found") doing.textContent = "";
    else if (type === "tool.called") doing.textContent = doing.dataset.using.replace("%s", body.name);
    else if (type === "tool.returned") doing.textContent = "";
    else if (type === "text.delta") {
      if (!begun) text.textContent = "";
      begun = true;
      text.append(body.text);
      toEnd();
    } else if (["run.completed", "run.failed", "run.cancelled"].includes(type)) finish(bubble);
  };
  stream.onerror = () => {
    if (stream?.readyState === EventSource.CLOSED) finish(bubble);
  };
}

async function finish(bubble) {
  stream?.close();
  stream = null;
  busy(false);
  if (!bubble.isConnected) return;
  await window.htmx.ajax("GET", bubble.dataset.answer, { target: bubble, swap: "outerHTML" });
  toEnd();
}

function busy(is) {
  const here = document.activeElement === document.body || $("ask").contains(document.activeElement);
  $("ask-button").hidden = is;
  $("stop-button").hidden = !is;
  // Nobody who has gone elsewhere on the page, or writes the next question, is fetched back.
  if (here && !$("question").value) $(is ? "stop-button" : "question").focus();
}

function toEnd() {
  thread().scrollTop = thread().scrollHeight;
}

function startOver() {
  stream?.close();
  stream = null;
  busy(false);
  for (const line of [...thread().children]) if (!("welcome" in line.dataset)) line.remove();
  for (const line of thread().children) line.hidden = false;
}

document.addEventListener("click", (event) => {
  const ask = event.target.closest("[data-ask]");
  if (ask && !stream) {
    $("question").value = ask.textContent;
    $("question").focus();
    $("ask").requestSubmit();
  } else if (event.target.closest("[data-start-over]")) startOver();
  else if (event.target.closest("#stop-button")) {
    const coming = thread().querySelector(".s-coming");
    if (coming) window.htmx.ajax("POST", coming.dataset.stop, { swap: "none" });
  }
  const move = event.target.closest("[data-move]");
  if (move) reorder(move, Number(move.dataset.move));
});

// ---- what customers see first follows the form ---------------------------------------------------------------------
function welcome() {
  const [bubble, chips] = thread().querySelectorAll("[data-welcome]");
  const greeting = $("id_greeting").value.trim();
  if (greeting) bubble.querySelector(".s-bubble").textContent = greeting;
  if (!chips) return;
  const questions = $("id_suggestions").value.split("\n").map((line) => line.trim()).filter(Boolean).slice(0, 6);
  chips.replaceChildren(
    ...questions.map((text) => {
      const chip = document.createElement("button");
      Object.assign(chip, { type: "button", className: "s-chip", textContent: text, dir: "auto" });
      chip.dataset.ask = "";
      return chip;
    }),
  );
}

welcome(); // what was typed before this script came, or put back by the browser, counts

// ---- the order of parts --------------------------------------------------------------------------------------------
function reorder(button, step) {
  const part = button.closest("li");
  const other = step < 0 ? part.previousElementSibling : part.nextElementSibling;
  if (!other) return;
  if (step < 0) other.before(part);
  else other.after(part);
  button.focus();
  const said = $("parts-said");
  said.textContent = said.dataset.moved.replace("%n", [...part.parentElement.children].indexOf(part) + 1);
  $("agent-form").dispatchEvent(new Event("input", { bubbles: true }));
}

// ---- the full instructions: fetched when opened, and again shortly after each change ---------------------------------
let later = 0;

function preview() {
  if ($("full-instructions")?.open) window.htmx.trigger($("full-text"), "studio:preview");
}

document.addEventListener("toggle", (event) => event.target.id === "full-instructions" && preview(), true);

document.addEventListener("input", (event) => {
  if (!event.target.closest?.("#agent-form")) return;
  if (["id_greeting", "id_suggestions"].includes(event.target.id)) welcome();
  clearTimeout(later);
  later = setTimeout(preview, 700);
});
