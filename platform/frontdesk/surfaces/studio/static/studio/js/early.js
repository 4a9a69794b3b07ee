// What is pressed or filled in before the page's scripts are there counts as soon as they are. Until then nobody would ask before
// a deletion, and what is sent within the page would replace it. Not a module: it runs before there is anything to press.
{
  const ENTER = { key: "Enter", bubbles: true, cancelable: true };
  const presses = new Set();
  const changes = new Map();
  const hold = (event, held) => {
    if (!event.isTrusted) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    presses.add(held);
  };
  const click = (event) => {
    const button = event.target.closest?.("button, summary, [type='submit']");
    if (button) hold(event, button);
  };
  const keydown = (event) => {
    const sends = event.key === "Enter" && !event.shiftKey && !event.isComposing;
    if (sends && event.target.matches?.("textarea[data-send], #reply-text")) hold(event, event.target);
  };
  const submit = (event) => hold(event, event.target);
  const change = ({ type, target }) => changes.set(target, new Set(changes.get(target)).add(type));
  const listeners = { click, keydown, submit, input: change, change };

  for (const [kind, listener] of Object.entries(listeners)) addEventListener(kind, listener, true);
  const again = (held) => {
    if (held instanceof HTMLFormElement) held.requestSubmit();
    else if (held instanceof HTMLTextAreaElement) held.dispatchEvent(new KeyboardEvent("keydown", ENTER));
    else held.click();
  };
  // Modules have run by then, and HTMX, which listens on the document, knows what it has to do.
  addEventListener("DOMContentLoaded", () => {
    for (const [kind, listener] of Object.entries(listeners)) removeEventListener(kind, listener, true);
    for (const [field, kinds] of changes) {
      for (const kind of kinds) field.dispatchEvent(new Event(kind, { bubbles: true }));
      if (field.form?.matches("[role='search']")) field.form.requestSubmit();
    }
    for (const held of presses) if (held.isConnected) again(held);
  });
}
