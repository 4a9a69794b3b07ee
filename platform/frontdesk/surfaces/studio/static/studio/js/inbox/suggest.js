// A reply that the AI drafts: it is written into the box while it comes, can be stopped, and is sent by nobody but a person.
import { rest } from "../rest.js";
import { toast } from "../toasts.js";
import { ask, send, word } from "./ask.js";

const ASK_EVERY = 1_500;
const $ = (id) => document.getElementById(id);

export class Suggestion {
  constructor(line, drafts) {
    Object.assign(this, { line, drafts, run: null, before: "", opening: 0, busy: false, polled: null });
  }

  async toggle() {
    if (this.run) return void send(this.address(this.run, "stop/"));
    if (this.busy) return this.leave();
    const opening = ++this.opening;
    this.shows(true);
    this.before = $("reply-text").value.trimEnd();
    const response = await send($("reply").dataset.suggest);
    const told = await response?.json();
    if (opening !== this.opening) return void (told && send(this.address(told.run, "stop/")));
    if (!told) return this.shows(false);
    this.run = told.run;
    this.drafts.begin(this.run, { suggestion: true });
    if (!this.line.send("follow", { run: this.run, after: 0 })) this.poll(this.run);
  }

  address(run, more = "") {
    return `${$("desk").dataset.list}suggestions/${run}/${more}`;
  }

  /** Frames of the run that is followed, from the drafts. */
  take(run, frame) {
    if (run.id !== this.run) return;
    if (frame.type === "start" || frame.type === "delta") this.write(run.text);
    else if (frame.type === "message") this.write(frame.text);
    else if (frame.type === "error") this.done(frame.text);
    else if (run.over) this.done();
  }

  async poll(run) {
    if (this.polled === run) return;
    this.polled = run;
    while (this.run === run && !(this.line.ready && this.drafts.runs.get(run)?.seq)) {
      const response = await ask(this.address(run), { quiet: true });
      const told = await response?.json();
      if (this.run !== run) break;
      if (told) {
        this.write(told.text);
        this.done(told.problem);
      } else await new Promise((resolve) => setTimeout(resolve, ASK_EVERY));
    }
    if (this.polled === run) this.polled = null;
  }

  /** Without the socket it is asked for, until that is there again and tells of it. */
  lost() {
    if (this.run) this.poll(this.run);
  }

  /** What was on its way when the suggestion was asked for does not stand before it. */
  sent(text) {
    this.before = rest(this.before, text);
  }

  /** Sources are numbered for owners; customers would see numbers that lead nowhere. */
  write(text) {
    const plain = text.replace(/\s*\[\d{1,3}(?:,\s*\d{1,3})*\]/g, "");
    $("reply-text").value = this.before ? `${this.before}\n${plain}` : plain;
    $("reply-text").scrollTop = $("reply-text").scrollHeight;
  }

  done(problem = "") {
    this.leave();
    if (problem) toast({ text: `${word("noSuggestion")} ${problem}`, kind: "bad" });
    else $("said").textContent = word("suggested");
    $("reply-text").dispatchEvent(new Event("input", { bubbles: true }));
    if ($("reply").contains(document.activeElement)) $("reply-text").focus();
  }

  leave() {
    if (this.run) this.line.send("unfollow", { run: this.run });
    this.run = null;
    this.opening += 1;
    this.shows(false);
  }

  shows(is) {
    this.busy = is;
    if (!$("suggest")) return;
    $("suggest").querySelector("[data-idle]").hidden = is;
    $("suggest").querySelector("[data-busy]").hidden = !is;
    $("send").disabled = is;
    $("reply-text").readOnly = is;
  }
}
