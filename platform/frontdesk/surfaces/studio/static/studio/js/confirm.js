// A button with data-confirm asks first, naming what is lost; data-confirm-yes is the word on the button that goes on.

let box = null;

function build() {
  box = document.createElement("dialog");
  box.className = "s-confirm";
  const text = document.createElement("p");
  const buttons = document.createElement("div");
  buttons.className = "s-buttons";
  const no = Object.assign(document.createElement("button"), { type: "button", className: "s-button s-plain" });
  const yes = Object.assign(document.createElement("button"), { type: "button", className: "s-button" });
  no.textContent = document.getElementById("toasts").dataset.cancel;
  no.addEventListener("click", () => box.close());
  buttons.append(no, yes);
  box.append(text, buttons);
  document.body.append(box);
  return box;
}

function ask(button) {
  const dialog = box ?? build();
  dialog.querySelector("p").textContent = button.dataset.confirm;
  const yes = dialog.querySelectorAll("button")[1];
  yes.textContent = button.dataset.confirmYes || button.textContent;
  yes.classList.toggle("s-danger", button.classList.contains("s-danger-text"));
  yes.onclick = () => {
    dialog.close();
    const now = there(button);
    if (now !== button) now.focus();
    now.dataset.confirmed = "";
    now.click();
    delete now.dataset.confirmed;
  };
  dialog.showModal();
}

/** The button, or the one that has taken its place meanwhile, where a page keeps itself up to date. */
function there(button) {
  if (button.isConnected) return button;
  const sent = (each) => [each.getAttribute("hx-post"), each.getAttribute("hx-vals"), each.form?.action];
  const does = (each) => JSON.stringify([each.id, each.name, each.value, ...sent(each)]);
  return [...document.querySelectorAll("[data-confirm]")].find((each) => does(each) === does(button)) ?? button;
}

// In the capture phase, before HTMX or the form hears of it.
document.addEventListener(
  "click",
  (event) => {
    const button = event.target.closest?.("[data-confirm]");
    if (!button || "confirmed" in button.dataset) return;
    event.preventDefault();
    event.stopPropagation();
    ask(button);
  },
  true,
);
