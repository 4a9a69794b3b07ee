// What a finger or a mouse button is held down on is neither replaced nor moved before it is let go: the press would go nowhere.

let pressed = null;
let letGo = () => {};
let released = Promise.resolve();

function begin({ target, button }) {
  if (button !== 0) return;
  letGo();
  pressed = target;
  released = new Promise((resolve) => (letGo = resolve));
}

function end() {
  pressed = null;
  letGo();
}

addEventListener("pointerdown", begin, true);
// After the click that follows.
for (const kind of ["pointerup", "pointercancel", "blur"]) addEventListener(kind, () => setTimeout(end), true);
// It was let go where the page did not hear of it.
addEventListener("pointermove", ({ buttons }) => pressed && !buttons && end(), true);

export const isPressed = (part) => part.contains(pressed);
export const whenReleased = () => released;
