import { h, icon, isWeb } from "./dom.js";
import { Item } from "./item.js";
import { sheet, tokens } from "./looks.js";
import { LOOKS } from "./widget.css";

/** Draw the panel into the element's shadow root; the element finds its parts as `chat.log`, `chat.input`, … */
export function build(chat) {
  const { config, inline } = chat;
  chat.announcer = h("div", { class: "sr", "aria-live": "polite" });
  chat.badge = h("span", { class: "badge", "aria-hidden": "true" });
  const toggle = () => chat.show(!chat.shown);
  chat.launcher = h("button", { class: "launcher", onclick: toggle }, icon("chat"), icon("down"), chat.badge);
  chat.banner = h("div", { class: "banner", role: "status", hidden: true });
  const role = inline ? "region" : "dialog";
  const drop = { ondragover: (event) => chat.config.max_files_mib && event.preventDefault(), ondrop: (event) => chat.dropped(event) };
  chat.panel = h("section", { class: "panel", role, tabindex: "-1", ...drop }, header(chat), chat.banner, ...log(chat), composer(chat));
  const onkeydown = (event) => chat.pressed(event);
  const place = { class: "root", dir: config.direction ?? "ltr", lang: config.language, onkeydown };
  chat.root = h("div", place, chat.panel, inline ? null : chat.launcher, chat.announcer);
  chat.shadowRoot.adoptedStyleSheets = [sheet(LOOKS), sheet(tokens(config.theme))];
  chat.shadowRoot.replaceChildren(chat.root);
}

function header(chat) {
  const { name, avatar } = chat.config;
  const initial = h("span", {}, [...name][0]);
  const picture = isWeb(avatar) ? h("img", { src: avatar, alt: "", onerror: () => picture.replaceWith(initial) }) : initial;
  chat.heading = h("h2", { dir: "auto" });
  chat.status = h("p", { class: "status" });
  const close = { class: "icon close", "aria-label": chat.word("close"), onclick: () => chat.show(false) };
  return h(
    "header",
    {},
    h("div", { class: "avatar", "aria-hidden": "true" }, picture),
    h("div", {}, chat.heading, chat.status),
    h("button", close, icon("close")),
  );
}

function log(chat) {
  const { greeting, suggestions = [] } = chat.config;
  const chip = (text) => h("button", { dir: "auto", onclick: () => chat.say(text) }, text);
  chat.chips = h("div", { class: "chips", role: "group", "aria-label": chat.word("suggestions") }, ...suggestions.map(chip));
  chat.list = h("div", { class: "items" });
  const hello = greeting ? new Item({ view: chat }, { role: "agent", text: greeting }).node : null;
  const label = chat.word("conversation");
  // The log itself is silent: whole sentences are announced elsewhere, tokens never.
  const props = { class: "log", role: "log", "aria-live": "off", "aria-label": label, tabindex: "0" };
  const welcome = h("div", { class: "welcome" }, hello, chat.chips);
  chat.log = h("div", { ...props, onscroll: () => chat.refreshLatest() }, welcome, chat.list);
  const latest = { class: "latest", "aria-label": chat.word("latest"), onclick: () => chat.toEnd(true) };
  chat.latest = h("button", latest, icon("down"));
  return [chat.log, chat.latest];
}

function composer(chat) {
  const label = chat.word("placeholder");
  const named = { placeholder: label, "aria-label": label, "aria-describedby": "count" };
  const oninput = () => (chat.grow(), chat.talk.typing());
  const onpaste = (event) => chat.dropped(event, event.clipboardData);
  const acts = { oninput, onpaste, onkeydown: (event) => chat.typed(event) };
  chat.input = h("textarea", { rows: "1", enterkeyhint: "send", ...named, ...acts });
  chat.input.value = chat.memory.draft;
  chat.count = h("span", { class: "count", id: "count" });
  // The second click of a double click would stop the answer that the first one asked for.
  const onclick = (event) => event.detail < 2 && chat.act();
  const chosen = () => (chat.sendFiles(files.files), (files.value = ""));
  const files = h("input", { type: "file", multiple: true, hidden: true, onchange: chosen });
  const names = { class: "icon", "aria-label": chat.word("attach"), onclick: () => files.click() };
  chat.action = h("button", { class: "send", onclick }, icon("send"), icon("stop"));
  const clip = chat.config.max_files_mib ? h("button", names, icon("clip")) : null;
  return h("div", { class: "composer" }, files, clip, chat.input, chat.count, chat.action);
}
