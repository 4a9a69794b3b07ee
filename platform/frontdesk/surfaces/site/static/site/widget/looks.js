export function sheet(css) {
  const made = new CSSStyleSheet();
  made.replaceSync(css);
  return made;
}

/** A theme's tokens as custom properties: the attribute `scheme` goes before the visitor's system. */
export function tokens({ light, dark }) {
  const rule = (set, scheme) =>
    `{color-scheme:${scheme};${Object.entries(set)
      .map(([name, value]) => `--fd-${name.replace(/_/g, "-")}:${value};`)
      .join("")}}`;
  const night = rule(dark, "dark");
  const bySystem = `@media(prefers-color-scheme:dark){:host(:not([scheme=light]))${night}}`;
  return `:host${rule(light, "light")}${bySystem}:host([scheme=dark])${night}`;
}
