const ICONS = {
  chat: "M12 3.5c-5 0-9 3.4-9 7.7 0 2.5 1.4 4.7 3.5 6.1q-.2 1.5-1.3 2.9 2.7-.2 4.6-1.6 1 .3 2.2.3c5 0 9-3.4 9-7.7s-4-7.7-9-7.7Z",
  down: "m6 9.5 6 6 6-6",
  close: "m6.5 6.5 11 11m0-11-11 11",
  send: "M12 19.5v-14m-6 6 6-6 6 6",
  stop: "M7.5 7.5h9v9h-9z",
  up: "M7.5 10.5v9m0-9 4-7c1.4 0 2.3 1 2.1 2.4L13 9.5h5.2c1.2 0 2 1 1.8 2.2l-1 6c-.2 1-1 1.8-2 1.8H4.5v-9h3",
  clip: "m20 11.5-7.8 7.8a5 5 0 0 1-7-7l8-8a3.3 3.3 0 0 1 4.7 4.7l-7.8 7.8a1.7 1.7 0 0 1-2.4-2.4l7-7",
  open: "M9 5.5H5.5v13h13V15M13 5.5h5.5V11m0-5.5-8 8",
};

/** An element: functions become properties (onclick), true an empty attribute, false and null none. */
export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  if (tag === "button") node.type = "button";
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") node[name] = value;
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}

export function icon(name, className = "") {
  const make = (tag, attributes) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const key in attributes) node.setAttribute(key, attributes[key]);
    return node;
  };
  const svg = make("svg", { viewBox: "0 0 24 24", "aria-hidden": "true", class: className });
  svg.append(make("path", { d: ICONS[name] }));
  return svg;
}

export const isWeb = (url) => /^https?:\/\//i.test(url ?? "");

export function link(url, ...children) {
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer nofollow" }, ...children);
}
