// Opening hours: add and take away hours, copy a day to others, add special days. The server reads whatever is there.

let made = 0;

const touched = (inside) => inside.closest("form")?.dispatchEvent(new Event("input", { bubbles: true }));
const status = () => document.querySelector("[data-copied]");

function addPair(pairs, opens = "", closes = "") {
  const pair = pairs.querySelector("template").content.firstElementChild.cloneNode(true);
  const [from, to] = pair.querySelectorAll("input");
  from.value = opens;
  to.value = closes;
  pairs.querySelector("[data-add]").before(pair);
  return from;
}

function drop(pair) {
  const pairs = pair.closest("[data-pairs]");
  pair.remove();
  (pairs.querySelector("[data-drop]") ?? pairs.querySelector("[data-add]")).focus();
}

function copy(button) {
  const day = button.closest("[data-day]");
  const times = [...day.querySelectorAll("[data-pair]")].map((pair) => [...pair.querySelectorAll("input")].map((input) => input.value));
  for (const other of button.dataset.copyTo.split(" ").filter((key) => key !== day.dataset.day)) {
    const pairs = document.querySelector(`[data-pairs="${other}"]`);
    pairs.querySelectorAll("[data-pair]").forEach((pair) => pair.remove());
    times.forEach(([opens, closes]) => addPair(pairs, opens, closes));
  }
  const menu = button.closest("details");
  menu.open = false;
  menu.querySelector("summary").focus();
  status().textContent = status().dataset.copied;
}

function addSpecial() {
  const row = document.getElementById("special-row").content.firstElementChild.cloneNode(true);
  const key = `special-n${(made += 1)}`;
  row.innerHTML = row.innerHTML.replaceAll("special-new", key);
  document.getElementById("specials").append(row);
  row.querySelector("[type=date]").focus();
}

function forget(button) {
  const row = button.closest("[data-special]");
  (row.nextElementSibling ?? row.previousElementSibling)?.querySelector("[type=date]").focus();
  row.remove();
}

const DOES = {
  "[data-add]": (button) => addPair(button.closest("[data-pairs]")).focus(),
  "[data-drop]": (button) => drop(button.closest("[data-pair]")),
  "[data-copy-to]": copy,
  "[data-new-special]": addSpecial,
  "[data-forget]": forget,
};

document.addEventListener("click", (event) => {
  for (const [what, does] of Object.entries(DOES)) {
    const button = event.target.closest(what);
    if (!button) continue;
    const form = button.closest("form");
    does(button);
    touched(form.firstElementChild);
  }
  for (const menu of document.querySelectorAll(".h-copy[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && event.target.closest(".h-copy[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
