// Short sentences in a live region; they leave by themselves, errors after a longer time, and last what can be taken back.

const home = () => document.getElementById("toasts");
const STAY = { good: 6000, bad: 12000, undo: 30000 };

export function toast({ text, kind = "good", undo = "", label = "" }) {
  if (!undo) saying(text).forEach((line) => line.remove());
  const line = document.createElement("p");
  line.className = "s-toast";
  line.dataset.kind = kind;
  line.append(text);
  if (undo) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.addEventListener("click", () => {
      line.remove();
      window.htmx.ajax("POST", undo, { swap: "none" });
    });
    line.append(button);
  }
  home()?.append(line);
  leave(line);
}

const saying = (text) => [...(home()?.querySelectorAll(".s-toast") ?? [])].filter((line) => line.textContent === text);

function leave(line) {
  const stay = line.querySelector("button") ? STAY.undo : (STAY[line.dataset.kind] ?? STAY.good);
  let timer = setTimeout(() => line.remove(), stay);
  line.addEventListener("mouseenter", () => clearTimeout(timer));
  line.addEventListener("mouseleave", () => (timer = setTimeout(() => line.remove(), 2000)));
}

// Who could not be reached is there again.
export const reached = () => saying(words().unreachable).forEach((line) => line.remove());

export const words = () => home()?.dataset ?? {};

export function showWaitingToasts() {
  home()?.querySelectorAll(".s-toast").forEach(leave);
}
