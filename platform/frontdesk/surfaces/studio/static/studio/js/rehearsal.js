// The customer's phone, or mail program: its colours, the last message in sight, and what the box below is about.
import { rest } from "./rest.js";

const phone = document.querySelector(".r-phone");
const paper = document.getElementById("phone-paper");
const form = document.getElementById("compose");

for (const part of ["bar", "paper", "customer", "business"]) {
  phone.style.setProperty(`--r-${part}`, phone.getAttribute(`data-look-${part}`));
}

const toTheEnd = () => paper?.scrollTo(0, paper.scrollHeight);
let wasAtTheEnd = true;
toTheEnd();

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.target.id !== "phone-screen") return;
  wasAtTheEnd = paper.scrollHeight - paper.scrollTop - paper.clientHeight < 60;
});

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.closest?.("#phone-paper") && wasAtTheEnd) toTheEnd();
});

// Switches stay as they were turned last: an answer that was asked for before that was kept does not know of it.
let turned = 0;
let kept = 0;
let known = 0;
const asked = new WeakMap();
document.addEventListener("change", ({ target }) => (turned += target.closest("#switches") ? 1 : 0), true);
document.addEventListener("htmx:beforeRequest", ({ detail }) => asked.set(detail.xhr, { turned, kept }));
document.addEventListener("htmx:afterRequest", ({ target, detail }) => {
  if (target.id !== "switches") return;
  if (detail.successful) kept = asked.get(detail.xhr).turned;
  else turned = kept;
});
document.addEventListener("htmx:beforeSwap", ({ detail }) => (known = asked.get(detail.xhr)?.kept ?? 0));
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  if (event.target.id === "switches" && known !== turned) event.preventDefault();
});

function about(what, line = "", words = "", text = "") {
  form.elements.do.value = what;
  form.elements.line.value = line;
  const shown = document.getElementById("compose-about");
  shown.hidden = !line;
  // An answer has the subject of what it answers.
  if (form.elements.subject) form.elements.subject.parentElement.hidden = Boolean(line);
  shown.firstElementChild.textContent = words;
  form.elements.text.value = text;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-compose]");
  if (button) {
    const { compose, line, text } = button.dataset;
    about(compose, line, `${button.dataset.about} ${text}`, compose === "edit" ? text : "");
    form.elements.text.focus();
  } else if (event.target.closest("[data-compose-cancel]")) {
    about("write");
    form.elements.text.focus();
  }
});

form?.addEventListener("keydown", (event) => {
  if (event.key === "Escape") about("write");
});

// Enter or the button pressed twice: what the box held went with the first, and nothing is no message.
form?.addEventListener("htmx:configRequest", (event) => {
  const { text, subject, file } = form.elements;
  if (![text, subject].some((field) => field?.value.trim()) && !file?.files.length) event.preventDefault();
});

form?.addEventListener("htmx:afterRequest", (event) => {
  if (event.target !== form || !event.detail.successful) return;
  const next = rest(form.elements.text.value, event.detail.requestConfig.parameters.text);
  form.reset();
  about("write", "", "", next);
  wasAtTheEnd = true;
  toTheEnd();
});

// The page asks every second: one that is not answered is no news. It goes on by itself when the server is there again.
for (const trouble of ["htmx:sendError", "htmx:responseError"]) {
  paper?.addEventListener(trouble, (event) => event.target.id === "phone-screen" && event.stopPropagation());
}

const file = form?.elements.file;
if (file) {
  file.hasChangeListener = true; // Unfold would look for a text field beside it
  // On a phone, what is chosen is sent.
  if (!file.multiple) file.addEventListener("change", () => file.files.length && form.requestSubmit());
}
