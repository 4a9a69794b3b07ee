// What is typed into a field while an answer that replaces the field is on its way stays, and a search looks for it.

export const TEXT = "textarea, input:is([type='search'], [type='text'], [type='email'], [type='url'], [type='number'], :not([type]))";
// By the answer: another one may come before this one is settled.
const typed = new WeakMap();

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const field = document.activeElement;
  if (!field.id || !field.matches(TEXT) || !detail.target.contains(field)) return;
  const sent = detail.requestConfig.parameters[field.name];
  if (field.value !== sent && field.value !== field.defaultValue) typed.set(detail.xhr, field);
});

const successor = ({ xhr }) => typed.has(xhr) && document.getElementById(typed.get(xhr).id);

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  const [field, now] = [typed.get(detail.xhr), successor(detail)];
  if (!now || now === field) return;
  now.value = field.value;
  // Not of a number's: it has none.
  if (field.selectionStart !== null) now.setSelectionRange(field.selectionStart, field.selectionEnd);
});

document.addEventListener("htmx:afterSettle", ({ detail }) => {
  const now = successor(detail);
  typed.delete(detail.xhr);
  if (now?.form?.matches("[role='search']")) window.htmx.trigger(now.form, "submit");
});
