import { h, icon, isWeb, link } from "./dom.js";
import { markdown } from "./markdown.js";

/** One message on the screen. `state` is "", sending, streaming, stopped or failed. */
export class Item {
  constructor(talk, message) {
    this.talk = talk;
    this.view = talk.view;
    this.body = h("div", { class: "body" });
    this.bubble = h("div", { class: "bubble" }, this.body);
    this.attached = h("div", { class: "files" });
    this.foot = h("div", { class: "foot" });
    this.quotes = h("ol", { class: "quotes", hidden: true });
    this.speaker = h("span");
    this.node = h("div", {}, this.speaker, this.bubble, this.attached, this.foot, this.quotes);
    Object.assign(this, { id: null, text: "", files: [], sources: [], rating: "none", state: "", failure: null });
    this.set(message);
  }

  set(changes) {
    for (const [name, value] of Object.entries(changes)) if (value !== undefined) this[name] = value;
    const { view, role, state, text } = this;
    const empty = !text && state === "streaming";
    this.node.className = `item ${role} ${state} ${empty ? "empty" : ""}`;
    this.speaker.textContent = role === "visitor" ? view.word("you") : (this.name ?? view.config.name);
    this.speaker.className = role === "person" ? "name" : "sr";
    this.bubble.hidden = !text && !empty;
    if (role === "visitor") this.body.replaceChildren(h("p", { dir: "auto" }, text));
    else if (empty) this.body.replaceChildren(h("i"), h("i"), h("i"));
    else markdown(this.body, text, (numbers) => this.marks(numbers), this.sources.map((source) => source.n).join());
    this.drawFiles();
    this.drawFoot();
  }

  /** Drawn once: only the addresses change, which are given for some time. */
  drawFiles() {
    const { attached, files } = this;
    if (attached.children.length !== files.length) attached.replaceChildren(...files.map((each) => this.file(each)));
    files.forEach(({ url }, at) => attached.children[at].setAttribute("href", url));
    attached.hidden = !files.length;
  }

  file({ url, name, picture, width, height }) {
    return link(url, picture ? h("img", { src: url, alt: name, title: name, width, height }) : h("bdi", {}, name));
  }

  drawFoot() {
    const { view, role, id, state, failure, sources, rating } = this;
    const settled = state !== "streaming";
    // Drawn only when something in it changed: a button that is pressed keeps its focus.
    const look = JSON.stringify([state, this.gone, failure, !failure?.again, settled && sources.length, this.quotes.hidden, id, rating]);
    if (look === this.look) return;
    this.look = look;
    const parts = [];
    if (state === "sending" || state === "stopped") parts.push(h("span", {}, view.word(state)));
    if (state === "sending" && this.gone) parts.push(h("progress", { value: this.gone }));
    if (failure) parts.push(h("span", { class: "failure" }, failure.message));
    if (failure?.again) parts.push(h("button", { class: "text", onclick: () => failure.again?.() }, view.word("retry")));
    if (sources.length && settled) parts.push(this.sourcesButton());
    if (role === "agent" && id != null && settled) parts.push(this.thumb("up"), this.thumb("down"));
    const focused = [...this.foot.children].indexOf(view.shadowRoot.activeElement);
    this.foot.replaceChildren(...parts);
    this.foot.hidden = !parts.length;
    this.foot.children[focused]?.focus();
  }

  sourcesButton() {
    const onclick = () => this.showSources(this.quotes.hidden);
    const props = { class: "pill", "aria-expanded": String(!this.quotes.hidden), onclick };
    return h("button", props, this.view.word("sources"), h("b", {}, this.view.number(this.sources.length)), icon("down"));
  }

  thumb(rating) {
    const pressed = this.rating === rating;
    const onclick = () => {
      this.set({ rating: pressed ? "none" : rating });
      this.talk.rate(this.id, this.rating);
    };
    const label = this.view.word(rating === "up" ? "helpful" : "not_helpful");
    const props = { class: "thumb", "aria-label": label, title: label, "aria-pressed": String(pressed), onclick };
    return h("button", props, icon("up", rating === "down" ? "turned" : ""));
  }

  /** The buttons for "[1, 2]" in a text, or null when no such source is known. */
  marks(numbers) {
    const known = numbers.filter((n) => this.sources.some((source) => source.n === n));
    if (!known.length) return null;
    return known.map((n) => {
      const props = { class: "mark", "aria-label": this.view.word("source", { n }), onclick: () => this.showSources(true, n) };
      return h("button", props, this.view.number(n));
    });
  }

  showSources(shown, n = null) {
    this.quotes.hidden = !shown;
    this.drawFoot();
    if (!shown) return;
    const alone = this.sources.length === 1;
    this.quotes.replaceChildren(...this.sources.map((source) => this.quote(source, alone || source.n === n)));
    const target = this.quotes.querySelector(n ? "[open]" : "details");
    target.scrollIntoView({ block: "nearest" });
    if (n) target.firstChild.focus();
  }

  quote({ n, title, place, url, quote }, open) {
    const name = h("span", { dir: "auto" }, h("b", {}, title), place ? h("small", {}, place) : null);
    const text = quote ? h("blockquote", { dir: "auto" }, quote) : null;
    const more = isWeb(url) ? link(url, this.view.word("open_source"), icon("open")) : null;
    return h("li", {}, h("details", { open }, h("summary", {}, h("i", {}, this.view.number(n)), name), text, more));
  }
}
