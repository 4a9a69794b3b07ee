import { Conversation } from "./conversation.js";
import { build } from "./panel.js";
import { Line } from "./line.js";
import { Memory } from "./storage.js";
import { STRINGS } from "./words.js";

export const SCRIPT = document.currentScript ?? document.querySelector("script[data-agent-key]");
export const ATTRIBUTES = ["agent-key", "theme", "scheme", "position", "open", "language", "heading", "origin"];

/** <frontdesk-chat agent-key="pk_…">: fetches its looks, draws itself, and connects when there is something to say. */
export class FrontdeskChat extends HTMLElement {
  static observedAttributes = ATTRIBUTES;

  connectedCallback() {
    this.life = new AbortController();
    if (!this.shadowRoot) this.attachShadow({ mode: "open" });
    this.start(this.life.signal);
  }

  disconnectedCallback() {
    this.life.abort();
    this.line?.close();
    this.shadowRoot.replaceChildren();
  }

  attributeChangedCallback(name, before, after) {
    if (before === after || name === "scheme") return;
    if (name === "open") this.config && this.show(after !== null);
    else if (name === "heading" || name === "position") this.config && this.refresh();
    else if (this.life?.signal.aborted === false) {
      this.disconnectedCallback();
      this.connectedCallback();
    }
  }

  get home() {
    return (this.getAttribute("origin") ?? new URL(SCRIPT?.src || location.href).origin).replace(/\/$/, "");
  }

  get inline() {
    return this.hasAttribute("inline");
  }

  word(key, marks = {}) {
    const text = this.config.strings?.[key] ?? STRINGS[key];
    return text.replace(/\{(\w+)\}/g, (_, mark) => (mark === "n" ? this.number(marks.n) : marks[mark]));
  }

  number(n) {
    return Number(n).toLocaleString(this.config.language ?? "en");
  }

  // --- Starting ---

  async start(signal) {
    const config = await this.load(signal);
    if (!config || signal.aborted) return;
    this.config = config;
    this.memory = new Memory(this.getAttribute("agent-key"));
    build(this);
    this.line = new Line(
      () => this.address(),
      (frame) => this.receive(frame),
      (state) => this.connection(state),
    );
    this.talk = new Conversation(this, this.memory);
    this.listen(signal);
    this.grow();
    this.shown = false;
    if (this.inline || this.hasAttribute("open") || this.memory.open) this.show(true, false);
    else if (this.memory.saved.talked) this.line.open();
    this.refresh();
  }

  async load(signal) {
    const language = this.getAttribute("language") ?? document.documentElement.lang;
    const query = new URLSearchParams({ key: this.getAttribute("agent-key") ?? "", language });
    if (this.hasAttribute("theme")) query.set("theme", this.getAttribute("theme"));
    for (let wait = 1000; !signal.aborted; wait = Math.min(30_000, wait * 2)) {
      try {
        const response = await fetch(`${this.home}/widget/config?${query}`, { credentials: "omit", signal });
        if (response.ok) return await response.json();
        if (response.status < 500 && response.status !== 429) {
          console.warn(`Frontdesk: no chat here, ${this.home} refused this key on ${location.origin} (${response.status}).`);
          return null;
        }
      } catch {
        // No network yet: the next round tries again.
      }
      await new Promise((resolve) => setTimeout(resolve, wait * (0.5 + Math.random() / 2)));
    }
    return null;
  }

  address() {
    const { visitor, run } = this.memory.saved;
    const after = this.talk.runs.get(run)?.seq ?? 0;
    const query = new URLSearchParams({ key: this.getAttribute("agent-key"), visitor, after, run: run ?? "" });
    return `${this.home.replace(/^http/, "ws")}/ws/widget/?${query}`;
  }

  listen(signal) {
    const check = () => document.hidden || this.line.check();
    for (const name of ["online", "offline"]) addEventListener(name, check, { signal });
    document.addEventListener("visibilitychange", check, { signal });
    // On a phone the keyboard covers the lower half of the page; the panel keeps to what can be seen.
    const fit = () => this.panel.style.setProperty("--height", `${visualViewport.height}px`);
    visualViewport?.addEventListener("resize", fit, { signal });
  }

  // --- What the conversation tells ---

  receive(frame) {
    this.keepEnd(() => this.talk.receive(frame));
    this.refresh();
  }

  connection(state) {
    this.banner.hidden = state === "ready";
    this.banner.textContent = state === "ready" ? "" : this.word(state === "lost" ? "reconnecting" : "refused");
    if (state === "refused") this.input.disabled = true;
    if (state === "lost") this.talk.receive({ type: "typing", on: false });
    this.refresh();
  }

  said() {
    this.line.open();
    this.refresh();
    this.toEnd();
  }

  announce(text) {
    if (this.isOpen) this.announcer.append(text, document.createElement("br"));
  }

  // --- What the visitor does ---

  /** Letters left, negative when there are too many. */
  get room() {
    return (this.config.max_length ?? 2000) - this.input.value.length;
  }

  /** What the button does: who writes on while the answer comes sends that, too. */
  get stops() {
    return !this.input.value.trim() && !!this.talk.running;
  }

  say(text) {
    this.announcer.replaceChildren();
    this.talk.say(text);
  }

  act() {
    const text = this.input.value.trim();
    if (this.stops) this.talk.stop();
    else if (text && this.room >= 0 && !this.line.over) {
      this.input.value = "";
      this.grow();
      this.say(text);
    }
  }

  /** With what is written so far as their caption. */
  sendFiles(files) {
    if (!files.length || !this.config.max_files_mib || this.line.over || this.room < 0) return;
    const text = this.input.value.trim();
    this.input.value = "";
    this.grow();
    this.talk.sendFiles([...files], text);
  }

  dropped(event, { files } = event.dataTransfer) {
    if (!files.length) return; // words, which the field takes by itself
    event.preventDefault();
    this.sendFiles(files);
  }

  typed(event) {
    // keyCode 229: Safari ends a composition before the keydown of its Enter.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    if (!this.stops) this.act();
  }

  /** `text` is put into a field that is empty. */
  grow(text = "") {
    this.input.value ||= text;
    this.memory.draft = this.input.value;
    this.input.dir = this.input.value ? "auto" : ""; // the placeholder goes the way of the page
    this.input.style.height = "auto";
    this.input.style.height = `${this.input.scrollHeight}px`;
    this.refresh();
  }

  pressed(event) {
    if (this.inline || !this.isOpen || event.isComposing) return;
    if (event.key === "Escape") {
      event.stopPropagation();
      this.show(false);
    } else if (event.key === "Tab" && this.fullScreen) this.turnFocus(event);
  }

  /** A panel that covers the whole page keeps the focus inside. */
  turnFocus(event) {
    const able = (node) => !node.disabled && node.getClientRects().length;
    const stops = [...this.panel.querySelectorAll("button, a, textarea, summary, [tabindex='0']")].filter(able);
    if (event.shiftKey) stops.reverse();
    if (this.shadowRoot.activeElement !== stops.at(-1)) return;
    event.preventDefault();
    stops[0].focus();
  }

  // --- The panel ---

  get isOpen() {
    return this.inline || this.shown;
  }

  get fullScreen() {
    return !this.inline && matchMedia("(max-width: 480px)").matches;
  }

  show(open, focus = true) {
    if (this.shown === open) return;
    this.shown = open;
    if (!this.inline) {
      this.memory.open = open && !this.fullScreen;
      this.toggleAttribute("open", open);
    }
    this.refresh();
    if (open) {
      this.talk.unread = 0;
      this.line.open();
      this.grow();
      this.toEnd();
      // A touch screen would raise its keyboard over the greeting.
      if (focus) (matchMedia("(pointer: coarse)").matches ? this.panel : this.input).focus({ preventScroll: true });
    } else if (focus) this.launcher.focus();
  }

  refresh() {
    const { config, isOpen, root } = this;
    const { unread, running, items, answers } = this.talk;
    const title = this.getAttribute("heading") ?? config.name;
    const side = this.getAttribute("position") ?? (config.direction === "rtl" ? "left" : "right");
    root.className = `root ${this.inline ? "inline" : side} ${isOpen ? "is-open" : ""}`;
    this.heading.textContent = title;
    this.panel.setAttribute("aria-label", title);
    if (!this.inline) this.panel.setAttribute("aria-modal", this.fullScreen);
    this.status.textContent = this.word(running ? "writing" : (answers ?? config.answers ?? "assistant"), { name: config.name });
    this.chips.hidden = items.length > 0;
    this.badge.textContent = unread ? this.number(unread) : "";
    const news = unread && !isOpen ? `, ${this.word("unread", { n: unread })}` : "";
    this.launcher.setAttribute("aria-label", this.word(isOpen ? "close" : "open") + news);
    this.launcher.setAttribute("aria-expanded", isOpen);
    this.refreshComposer(this.stops);
    this.refreshLatest();
  }

  refreshComposer(stops) {
    const { room, line, action, count } = this;
    action.classList.toggle("stop", stops);
    action.setAttribute("aria-label", this.word(stops ? "stop" : "send"));
    action.disabled = stops ? !line.ready : !this.input.value.trim() || room < 0 || line.over;
    count.textContent = room > 200 ? "" : this.number(room);
    count.setAttribute("aria-label", room > 200 ? "" : this.word("left", { n: room }));
    count.classList.toggle("over", room < 0);
  }

  refreshLatest() {
    this.latest.hidden = this.atEnd();
  }

  // --- The end of the list stays in view, until the visitor scrolls away from it ---

  atEnd() {
    return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 60;
  }

  keepEnd(change) {
    const stuck = this.atEnd();
    change();
    if (stuck) this.toEnd();
    this.refreshLatest();
  }

  toEnd(smooth = false) {
    const still = !smooth || matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.log.scrollTo({ top: this.log.scrollHeight, behavior: still ? "auto" : "smooth" });
  }
}
