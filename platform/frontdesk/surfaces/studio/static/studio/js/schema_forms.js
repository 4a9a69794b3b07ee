// Fields that are asked for only while another one has a certain value. Without this script all of them are shown, and the
// server takes those that count.

const value = (control) => (control.type === "checkbox" ? String(control.checked) : control.value);

function show(form) {
  for (const part of form.querySelectorAll("[data-shown-when]")) {
    const asked = form.elements.namedItem(part.dataset.shownWhen);
    if (asked) part.hidden = !!asked.closest?.("[data-shown-when][hidden]") || !JSON.parse(part.dataset.shownValues).includes(value(asked));
  }
}

export function showConditions() {
  for (const form of new Set([...document.querySelectorAll("[data-shown-when]")].map((part) => part.closest("form")))) {
    if (form) show(form);
  }
}

document.addEventListener("change", (event) => event.target.form?.querySelector("[data-shown-when]") && show(event.target.form));
document.addEventListener("htmx:afterSettle", showConditions);
