// The list of sources: choosing many, and what a screen reader is told of the learning.

// Those of a passage stand outside of their form.
const boxes = (form) => [...form.elements].filter(({ name }) => name === "id");

function count(form) {
  const said = form.querySelector("[data-chosen]");
  const number = boxes(form).filter((box) => box.checked).length;
  const whole = form.querySelector("input[name='all']");
  const all = number > 0 && number === boxes(form).length;
  const first = form.querySelector("[data-choose-all]");
  if (first) first.checked = all;
  if (whole?.checked && !all) whole.checked = false;
  if (said) said.textContent = number === 0 ? (said.dataset.none ?? "") : number === 1 ? said.dataset.one : said.dataset.more.replace("%(n)s", number);
}

document.addEventListener("change", (event) => {
  const { form } = event.target;
  if (event.target.matches("[data-choose-all], input[name='all']")) {
    for (const box of boxes(form)) box.checked = event.target.checked;
    count(form);
  } else if (event.target.matches("input[name='id']") && form?.matches(".k-list")) count(form);
});

// What was chosen is done: the next choice begins anew. What was chosen while it was done is that choice.
document.addEventListener("htmx:afterRequest", ({ detail: { requestConfig, successful } }) => {
  if (!successful || !requestConfig.elt.matches(".k-list")) return;
  const done = requestConfig.formData.getAll("id");
  for (const box of ticks()) if (box.name !== "id" || done.includes(box.value)) box.checked = false;
  document.querySelectorAll("form.k-list").forEach(count);
});

// A list that is renewed while somebody chooses in it keeps what was chosen.
const ticks = () => [...document.querySelectorAll("input[type='checkbox']")].filter(({ form }) => form?.matches(".k-list"));
const tick = ({ name, value }) => `${name}=${value}`;
let chosen = new Set();
document.addEventListener("htmx:beforeSwap", () => (chosen = new Set(ticks().filter((box) => box.checked).map(tick))));
for (const renewed of ["htmx:afterSwap", "htmx:oobAfterSwap"])
  document.addEventListener(renewed, () => {
    for (const box of ticks()) box.checked ||= chosen.has(tick(box));
    document.querySelectorAll("form.k-list").forEach(count);
  });

// An action during a look is not known to that look, whose answer takes the place of who would hear of the action.
const isLook = (element) => element.id === "poll";
const poll = () => document.getElementById("poll");
const look = () => poll() && window.htmx.trigger(poll(), "studio:look");
let looking = false;
let missed = false;
document.addEventListener("htmx:beforeSend", ({ target }) => (looking ||= isLook(target)));
document.addEventListener("studio:sources", () => (missed ||= looking));
document.addEventListener("htmx:afterRequest", ({ detail }) => (looking &&= !isLook(detail.requestConfig.elt)));

// The answer to a look that began before a row was there may say that nothing is left to look for.
const UNFINISHED = "[name='row']:is([value*=':waiting'], [value*=':learning']):not([value*='-paused'])";
let again = 0;
document.addEventListener("htmx:afterSettle", () => {
  clearTimeout(again);
  if (missed && !looking) {
    missed = false;
    look();
  } else if (document.querySelector(UNFINISHED)) again = setTimeout(look, 3000);
});

// Told at each quarter and at the end, not every second.
const stage = () => document.querySelector("#batch [data-quarter]");
let quarter = stage()?.dataset.quarter;
document.addEventListener("htmx:oobAfterSwap", ({ detail }) => {
  if (!detail.target?.id.startsWith("batch")) return;
  const now = stage();
  const said = document.getElementById("batch-said");
  if (!now || !said) return;
  if (quarter !== now.dataset.quarter) said.textContent = now.dataset.said;
  quarter = now.dataset.quarter;
});
