import { isWeb } from "./dom.js";
import { EVENTS, FRAMES } from "./events.js";
import { Item } from "./item.js";
import { uuid } from "./storage.js";
import { upload } from "./upload.js";

/** The messages on the screen and the runs behind them. `view` is the element, `memory` what the browser keeps. */
export class Conversation {
  constructor(view, memory) {
    Object.assign(this, { view, memory, items: [], runs: new Map(), rates: new Map(), dirty: new Set(), unread: 0 });
    const { run, waiting } = memory.saved;
    if (run) this.run(run);
    this.arrange(waiting.map((say) => this.waits(say)));
  }

  // --- Frames ---

  receive(frame) {
    this.answers = frame.answers ?? this.answers;
    if (frame.run && frame.seq) this.follow(frame);
    else FRAMES[frame.type]?.(this, frame);
  }

  /** Apply a run's event once and in order. */
  follow(event) {
    const run = this.run(event.run);
    if (event.seq <= run.seq) return;
    if ((event.prev ?? run.seq) === run.seq) {
      run.seq = event.seq;
      EVENTS[event.type]?.(this, run, event);
    } else if (run.asked !== run.seq) {
      run.asked = run.seq;
      this.send({ type: "follow", run: run.id, after: run.seq });
    }
  }

  send(frame) {
    return this.view.line.send(frame);
  }

  // --- Runs ---

  /** `due`: messages that came with `ready`, whose text events are still to pass by; `done`: those that passed. */
  run(id) {
    const fresh = { id, seq: 0, asked: -1, open: false, over: false, item: null, sources: [], due: new Set(), done: new Set() };
    if (!this.runs.has(id)) this.runs.set(id, fresh);
    return this.runs.get(id);
  }

  get running() {
    return [...this.runs.values()].findLast((run) => run.open);
  }

  begin(id) {
    const run = this.run(id);
    if (run.over || run.due.size || run.done.size) return null;
    run.open = true;
    return this.answer(run);
  }

  answer(run) {
    run.item ??= this.add({ role: "agent", run: run.id, sources: run.sources, state: "streaming" });
    return run.item;
  }

  /** What is asked again is what stands above the answer that failed, not what was written since. */
  finish(run, { state = "", message, retry = true }) {
    let { item } = run;
    Object.assign(run, { open: false, over: true, item: null });
    if (item && !item.text && !state && !message) return this.remove(item);
    if (!item && (state || message)) item = run.last ?? this.add({ role: "agent", run: run.id });
    const asked = this.items.slice(0, this.items.indexOf(item)).findLast((item) => item.role === "visitor")?.text;
    item?.set({ state, failure: message ? { message, again: retry && asked ? () => this.say(asked) : null } : null });
    if (message) this.view.announce(message);
  }

  // --- Messages ---

  find(name, value) {
    return this.items.find((item) => value != null && item[name] === value);
  }

  /** The item of a stored message: the one on the screen, or a new one that is not placed yet. */
  store({ id, role, text, files = [], sources, rating, run, client_id, name }) {
    const key = String(id);
    const shown = files.filter(({ url }) => isWeb(url));
    const changes = { id: key, role, text, files: shown, sources, rating: this.rates.get(key) ?? rating, run, client_id, name };
    const streamed = role === "agent" && run && this.items.find((item) => item.run === run && item.id == null);
    const item = this.find("id", key) ?? this.find("client_id", client_id) ?? streamed;
    if (role === "agent" && run) {
      const known = this.run(run);
      if (!known.done.has(key)) known.due.add(key);
      if (known.item === item) known.item = null;
    }
    if (!item) return new Item(this, { ...changes, said: text.length });
    const grown = item.text !== text;
    item.set({ ...changes, state: item.state === "stopped" ? "stopped" : "", failure: null });
    if (grown) this.arrived(item);
    return item;
  }

  waits({ client_id, text }) {
    return this.find("client_id", client_id) ?? new Item(this, { role: "visitor", client_id, text, state: "sending" });
  }

  /** Show these items in this order; what is not stored (an answer in flight, a failure) stays behind what it stood behind. */
  arrange(wanted) {
    this.items.forEach((item, at) => {
      if (item.id == null && !wanted.includes(item)) wanted.splice(wanted.indexOf(this.items[at - 1]) + 1, 0, item);
    });
    for (const item of this.items) if (!wanted.includes(item)) item.node.remove();
    this.items = wanted;
    const { list } = this.view;
    wanted.forEach(({ node }, at) => {
      if (list.children[at] !== node) list.insertBefore(node, list.children[at] ?? null);
    });
  }

  append(item) {
    this.items.push(item);
    this.view.list.append(item.node);
    return item;
  }

  add(message) {
    return this.append(new Item(this, message));
  }

  remove(item) {
    this.items = this.items.filter((other) => other !== item);
    item.node.remove();
  }

  /** Draw at most once a frame, however fast the tokens come. */
  stream(item, text) {
    item.text = text;
    if (!this.dirty.size) requestAnimationFrame(() => this.view.keepEnd(() => this.flush()));
    this.dirty.add(item);
  }

  flush() {
    for (const item of this.dirty) {
      item.set({});
      if (item.state === "streaming") this.tell(item, item.text.match(/^[\s\S]*[.!?。！？؟](?=\s)/)?.[0].length ?? 0);
    }
    this.dirty.clear();
  }

  arrived(item) {
    this.tell(item, item.text.length);
    if (!this.view.isOpen) this.unread += 1;
  }

  /** Tell a screen reader whole sentences, never tokens. */
  tell(item, upTo) {
    const said = item.said ?? 0;
    if (upTo <= said) return;
    item.said = upTo;
    this.view.announce(item.text.slice(said, upTo).replace(/[*`#>|]|\[\d+\]/g, ""));
  }

  // --- What the visitor does ---

  say(text, client_id = uuid()) {
    for (const item of this.items) {
      if (item.role === "agent" && item.failure) item.set({ failure: { ...item.failure, again: null } });
    }
    const say = { client_id, text };
    this.append(this.waits(say));
    this.memory.save({ talked: true, waiting: [...this.memory.saved.waiting, say] });
    this.send({ type: "say", ...say });
    this.view.said();
  }

  /** Files go over HTTP; the socket tells of the stored message, and only then are they drawn. */
  sendFiles(files, text, client_id = uuid()) {
    const { view, memory } = this;
    const names = files.map((file) => file.name);
    const item = this.add({ role: "visitor", client_id, text: [text, ...names].join("\n").trim(), state: "sending" });
    const again = () => {
      this.remove(item);
      this.sendFiles(files, text, client_id);
    };
    const fail = (message, retry) => {
      item.set({ state: "failed", failure: { message, again: retry } });
      view.announce(message);
      if (!retry) view.grow(text); // without these files, the words may be sent
    };
    const done = (answer) => {
      // The socket may have told that it is stored before this answer got lost.
      if ((item.id ??= answer?.message_id)) item.set({ state: "" });
      else fail(answer?.message ?? view.word("not_sent"), answer ? null : again);
    };
    memory.save({ talked: true });
    view.said();
    if (files.reduce((sum, file) => sum + file.size, 0) > view.config.max_files_mib * 2 ** 20) {
      return fail(view.word("too_big", { n: view.config.max_files_mib }), null);
    }
    const fields = { key: view.getAttribute("agent-key"), visitor: memory.saved.visitor, client_id, text };
    upload(`${view.home}/widget/files`, fields, files, (gone) => item.set({ gone }), done);
  }

  forget(client_id) {
    this.memory.save({ waiting: this.memory.saved.waiting.filter((say) => say.client_id !== client_id) });
  }

  /** Told to teammates who look on, at most every three seconds; they forget it after a little more. */
  typing() {
    if (!(Date.now() - this.typed < 3000) && this.send({ type: "typing", on: true })) this.typed = Date.now();
  }

  stop() {
    this.send({ type: "stop", run: this.running.id });
  }

  rate(message_id, rating) {
    if (this.send({ type: "rate", message_id, rating })) this.rates.delete(message_id);
    else this.rates.set(message_id, rating);
  }
}
