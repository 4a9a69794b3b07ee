// What asks by itself for news ([data-live]) rests while nobody looks, and asks at once when somebody looks again.

document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && event.target.matches("[data-live]")) event.preventDefault();
});

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  for (const part of document.querySelectorAll("[data-live]")) window.htmx.trigger(part, "studio:look");
});
