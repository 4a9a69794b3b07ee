// Where tabs do not fit, the open one is moved into sight; again when the font has come, which changes how wide they are.

export function showOpenTab() {
  const open = document.querySelector(".s-tabs [aria-current]");
  if (!open) return;
  const show = () => open.isConnected && (open.parentElement.scrollLeft += open.getBoundingClientRect().left - open.parentElement.getBoundingClientRect().left - 24);
  show();
  document.fonts.ready.then(show);
}
