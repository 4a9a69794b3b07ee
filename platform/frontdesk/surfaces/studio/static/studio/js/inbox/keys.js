// Keys: single letters, outside of whatever takes letters itself. Screen readers in their reading mode keep them for themselves.

const $ = (id) => document.getElementById(id);
const TAKES = "input:not([type='radio']):not([type='checkbox']), textarea, select, [contenteditable], dialog, [role='menu'], [role='listbox']";

export function keys({ open, close, beside, canned, whenOpen, write }) {
  const go = (step) => {
    const link = beside(step);
    if (!link) return;
    link.focus();
    if ($("talk").firstElementChild && matchMedia("(min-width: 768px)").matches) open(link);
  };
  const its = (does) => () => whenOpen(does);
  const press = (id) => its(() => $(id)?.click());
  const actions = {
    j: () => go(1),
    k: () => go(-1),
    ArrowDown: (event) => event.target.closest("#rows") && (beside(1)?.focus(), true),
    ArrowUp: (event) => event.target.closest("#rows") && (beside(-1)?.focus(), true),
    r: its(() => write("reply")),
    n: its(() => write("note")),
    t: press("take-over"),
    g: press("give-back"),
    e: press("close"),
    a: its(() => $("order-menu") && ($("order-menu").open = true)),
    c: its(() => document.querySelector(".i-talk-head [data-customer]")?.click()),
    "/": its(() => ($("reply-text") ? canned() : $("words").focus())),
    s: () => $("words").focus(),
    "?": () => $("keys").showModal(),
    Escape: () => $("desk").dataset.conversation && matchMedia("(max-width: 767px)").matches && close(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const action = actions[event.key];
    if (event.target.closest?.(TAKES) || !action) {
      if (event.key === "Escape" && event.target.matches?.("#reply-text, #words")) event.target.blur();
      return;
    }
    if (action(event) !== false && event.key.length === 1) event.preventDefault();
    else if (event.key.startsWith("Arrow") && event.target.closest("#rows")) event.preventDefault();
  });
}
