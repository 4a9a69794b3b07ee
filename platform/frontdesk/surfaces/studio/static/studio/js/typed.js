// What is typed into a field while an answer that replaces the field is on its way stays, and a search looks for it.

const TEXT = "textarea, input:is([type='search'], [type='text'], [type='email'], [type='url'], [type='number'], :not([type]))";
let typed = null;

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const field = document.activeElement;
  typed = null;
  if (!field.id || !field.matches(TEXT) || !detail.target.contains(field)) return;
  const sent = detail.requestConfig.parameters[field.name];
  if (field.value !== sent && field.value !== field.defaultValue) typed = field;
});

document.addEventListener("htmx:afterSwap", () => {
  const now = typed && document.getElementById(typed.id);
  if (!now || now === typed) return;
  now.value = typed.value;
  // Not of a number's: it has none.
  if (typed.selectionStart !== null) now.setSelectionRange(typed.selectionStart, typed.selectionEnd);
});

document.addEventListener("htmx:afterSettle", () => {
  const now = typed && document.getElementById(typed.id);
  typed = null;
  if (now?.form?.matches("[role='search']")) window.htmx.trigger(now.form, "submit");
});
