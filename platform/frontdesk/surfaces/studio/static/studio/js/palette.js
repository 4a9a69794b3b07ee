// The command palette: Ctrl+K or the button; arrows choose, Enter goes.

const palette = () => document.getElementById("palette");

function show() {
  const box = palette();
  if (!box || box.open) return;
  going = false;
  box.showModal();
  const input = box.querySelector("input");
  input.select();
  window.htmx.trigger(input, "studio:opened");
}

function move(step) {
  const items = [...palette().querySelectorAll("[role=option]")];
  if (!items.length) return;
  const now = items.findIndex((item) => item.getAttribute("aria-selected") === "true");
  const next = items[(now + step + items.length) % items.length];
  items[now]?.removeAttribute("aria-selected");
  next.setAttribute("aria-selected", "true");
  next.scrollIntoView({ block: "nearest" });
  palette().querySelector("input").setAttribute("aria-activedescendant", next.id);
}

document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    show();
  } else if (palette()?.open) {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter") {
      event.preventDefault();
      go();
    }
  }
});

// What is chosen belongs to the words that were looked for; those that were typed since are waited for.
let found = null;
let going = false;

function go() {
  going = found !== palette().querySelector("input").value;
  if (!going) palette().querySelector("[aria-selected=true] a")?.click();
}

document.addEventListener("htmx:afterSettle", ({ target, detail }) => {
  if (target.id !== "palette-found") return;
  found = detail.requestConfig.parameters.s;
  if (going && palette().open) go();
});
document.addEventListener("input", ({ target }) => (going &&= !target.closest("#palette")));

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-open-palette]")) show();
  else if (event.target === palette()) palette().close();
});
