// Lines of a list, known by their ids: what came replaces what is there, so nothing stands there twice, however often it comes.

/**
 * Put lines into a list where they belong. `goesBefore(a, b)` says which comes first. A line of the same version stays as it is,
 * with all that is unfolded in it. Gives those that are new.
 */
export function merge(list, lines, goesBefore) {
  const fresh = [];
  for (const line of lines) {
    const known = document.getElementById(line.id);
    if (known && known.dataset.v && known.dataset.v === line.dataset.v) continue;
    const focus = known?.contains(document.activeElement) && document.activeElement;
    if (known && known.dataset.sort === line.dataset.sort) known.replaceWith(line);
    else {
      if (known) known.remove();
      else fresh.push(line);
      place(list, line, goesBefore);
    }
    window.htmx.process(line);
    if (focus) again(line, focus);
  }
  return fresh;
}

function place(list, line, goesBefore) {
  const after = [...list.children].findLast((each) => each.id && goesBefore(each, line));
  if (after) after.after(line);
  else list.prepend(line);
}

/** Nobody who had the focus in a line that was drawn anew loses it. */
function again(line, { localName, name }) {
  const same = [...line.querySelectorAll(localName)].find((each) => each.name === name);
  (same ?? line.querySelector("a, button"))?.focus({ preventScroll: true });
}
