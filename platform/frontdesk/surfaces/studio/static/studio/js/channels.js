// The preview follows the look that is chosen, before it is saved.

const chat = () => document.querySelector(".c-preview frontdesk-chat");

/** A new element: the chat reads its look once, when it is put on the page. */
function show(change) {
  const old = chat();
  if (!old) return;
  const fresh = old.cloneNode(false);
  for (const [name, value] of Object.entries(change)) fresh.setAttribute(name, value);
  old.replaceWith(fresh);
}

document.addEventListener("change", (event) => {
  const choice = event.target;
  if (choice.matches("[data-theme-choice]")) show({ theme: choice.dataset.themeChoice });
  else if (choice.matches("[name='scheme']")) chat()?.setAttribute("scheme", choice.value);
});
