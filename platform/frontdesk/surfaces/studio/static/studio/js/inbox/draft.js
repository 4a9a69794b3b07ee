// Answers while they are written: a run's frames, each applied once and in order, as docs/protocols/studio.md has it.
import { word } from "./ask.js";
import * as thread from "./thread.js";

const $ = (id) => document.getElementById(id);

/** The runs that this page follows. `line` sends; `suggested(run, frame)` takes frames of a suggestion for the writer. */
export class Drafts {
  constructor(line, { kept, suggested }) {
    Object.assign(this, { line, kept, suggested, runs: new Map(), last: null });
  }

  /** The run to ask for after a reconnect, and how far it has come. */
  get following() {
    return this.last && this.runs.has(this.last) ? { run: this.last, after: this.runs.get(this.last).seq } : {};
  }

  forget() {
    for (const run of this.runs.values()) run.node?.remove();
    this.runs.clear();
    this.last = null;
  }

  begin(id, { suggestion = false } = {}) {
    if (!suggestion) this.last = id;
    if (!this.runs.has(id)) this.runs.set(id, { id, seq: 0, asked: -1, text: "", over: false, suggestion, node: null });
    return this.runs.get(id);
  }

  /** What is being written now, if anything; whatever else was has ended while nobody listened. */
  now(id) {
    for (const run of this.runs.values()) {
      if (run.suggestion || run.over || run.id === id) continue;
      run.over = true;
      this.remove(run);
    }
    if (id) this.begin(id);
  }

  /** After a reconnect: suggestions are asked for by themselves, and what was asked for before is asked for again. */
  again() {
    for (const run of this.runs.values()) {
      run.asked = -1;
      if (run.suggestion && !run.over) this.line.send("follow", { run: run.id, after: run.seq });
    }
  }

  receive(frame) {
    const run = this.runs.get(frame.run);
    if (!run || run.over || frame.seq <= run.seq) return;
    if (frame.prev === run.seq) {
      run.seq = frame.seq;
      this.apply(run, frame);
    } else if (run.asked !== run.seq) {
      run.asked = run.seq;
      this.line.send("follow", { run: run.id, after: run.seq });
    }
  }

  apply(run, frame) {
    run.over = ["end", "cancelled", "error"].includes(frame.type);
    if (frame.type === "start") run.text = "";
    if (frame.type === "delta") run.text += frame.text;
    if (run.suggestion) this.suggested(run, frame);
    else thread.keepEnd(() => this.draw(run, frame));
  }

  draw(run, frame) {
    const { type } = frame;
    if (type === "start" || type === "delta") this.write(run);
    else if (type === "doing" && run.node) run.node.querySelector("[data-doing]").textContent = frame.tool && word("using").replace("%s", frame.tool);
    else if (type === "message") this.stored(run, frame.message);
    else if (type === "cancelled" && frame.taken_over && run.text) this.withdrawn(run);
    else if (type === "error") this.failed(run, frame.text);
    else if (type === "end" || type === "cancelled") this.finish(run, frame.asks);
  }

  /** Words appear at most once a frame, however fast they come. */
  write(run) {
    run.node ??= this.bubble(run);
    if (run.drawing) return;
    run.drawing = requestAnimationFrame(() => {
      run.drawing = 0;
      if (run.node) thread.keepEnd(() => (run.node.querySelector("[data-text]").textContent = run.text));
    });
  }

  bubble(run) {
    const node = $("draft").content.firstElementChild.cloneNode(true);
    node.dataset.run = run.id;
    $("drafts").append(node);
    $("said").textContent = word("ai");
    return node;
  }

  /** What comes after it is another text, in a bubble of its own. */
  async stored(run, message) {
    const { node } = run;
    if (node) node.querySelector("[data-text]").textContent = run.text;
    Object.assign(run, { node: null, text: "" });
    await this.kept(message);
    thread.keepEnd(() => node?.remove());
  }

  remove(run) {
    cancelAnimationFrame(run.drawing);
    thread.keepEnd(() => run.node?.remove());
    run.node = null;
  }

  async finish(run, asks) {
    await thread.look();
    this.remove(run);
    if (asks && $("waiting")) window.htmx.trigger($("waiting"), "studio:asks");
  }

  /** Somebody took over: the words stay for who wants to go on with them. */
  withdrawn(run) {
    this.settle(run, word("withdrawn"));
    const use = Object.assign(document.createElement("button"), { type: "button", className: "s-text-button", textContent: word("useDraft") });
    use.addEventListener("click", () => {
      document.dispatchEvent(new CustomEvent("inbox:use", { detail: run.text }));
      this.remove(run);
    });
    if ($("reply")) run.node.append(use);
  }

  failed(run, text) {
    run.node ??= this.bubble(run);
    this.settle(run, `${word("failedAnswer")} ${text}`);
    run.node.dataset.failed = "";
  }

  settle(run, sentence) {
    run.node.querySelector("[data-text]").textContent = run.text;
    run.node.querySelector("[data-by]").textContent = sentence;
    run.node.querySelector("[data-doing]").textContent = "";
    run.node.dataset.settled = "";
    $("said").textContent = sentence;
  }
}
