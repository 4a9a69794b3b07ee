/** What each frame of docs/protocols/widget.md does to the conversation; run events are in EVENTS. */
export const FRAMES = {
  ready(talk, { messages, run }) {
    const stored = new Set(messages.map((message) => message.client_id));
    const waiting = talk.memory.saved.waiting.filter((say) => !stored.has(say.client_id));
    talk.memory.save({ waiting });
    talk.arrange([...messages.map((message) => talk.store(message)), ...waiting.map((say) => talk.waits(say))]);
    for (const known of talk.runs.values()) {
      known.asked = -1;
      if (known.open && known.id !== run?.id) talk.finish(known, known.due.size ? {} : { message: talk.view.word("failed") });
    }
    if (run) talk.begin(run.id);
    for (const say of waiting) talk.send({ type: "say", ...say });
    for (const [id, rating] of talk.rates) talk.rate(id, rating);
  },

  accepted(talk, { client_id, message_id, run }) {
    talk.forget(client_id);
    talk.find("client_id", client_id)?.set({ id: String(message_id), state: "" });
    if (!run) return;
    talk.memory.save({ run });
    talk.begin(run);
  },

  error(talk, { client_id, message, retry }) {
    const said = talk.find("client_id", client_id);
    talk.forget(client_id);
    if (!said) return FRAMES.notice(talk, { text: message });
    const again = () => {
      talk.remove(said);
      talk.say(said.text, client_id);
    };
    said.set({ state: "failed", failure: { message, again: retry ? again : null } });
    talk.view.announce(message);
  },

  message_created(talk, { message }) {
    const item = talk.store(message);
    if (talk.items.includes(item)) return;
    FRAMES.typing(talk, { on: false });
    talk.append(item);
    if (message.role === "visitor") return;
    item.said = 0;
    talk.arrived(item);
    for (const { name } of item.files) talk.view.announce(name);
  },

  typing(talk, { on }) {
    const shown = talk.items.find((item) => item.role === "person" && item.state === "streaming");
    clearTimeout(talk.typingTimer);
    if (on) talk.typingTimer = setTimeout(() => FRAMES.typing(talk, { on: false }), 10_000);
    if (on && !shown) talk.add({ role: "person", state: "streaming", name: "" });
    if (!on && shown) talk.remove(shown);
  },

  notice(talk, { text }) {
    talk.add({ role: "notice", text });
    talk.view.announce(text);
  },
};

export const EVENTS = {
  start(talk, run) {
    run.sources = [];
    talk.begin(run.id)?.set({ text: "", sources: [], state: "streaming", said: 0 });
  },

  delta(talk, run, { text }) {
    if (run.due.size) return;
    const item = talk.answer(run);
    talk.stream(item, item.text + text);
  },

  text(talk, run, { text }) {
    if (!run.due.size) talk.stream(talk.answer(run), text);
  },

  sources(talk, run, { items }) {
    run.sources = items;
    run.item?.set({ sources: items });
  },

  message(talk, run, { message_id, text, sources = run.sources }) {
    const id = String(message_id);
    const item = talk.find("id", id) ?? talk.answer(run);
    if (run.item === item) run.item = null;
    run.due.delete(id);
    run.done.add(id);
    run.last = item;
    item.set({ id, text, sources, state: "" });
    talk.arrived(item);
  },

  end: (talk, run) => talk.finish(run, {}),

  cancelled(talk, run, { withdrawn }) {
    if (withdrawn) run.item?.set({ text: "" });
    talk.finish(run, { state: withdrawn ? "" : "stopped" });
  },

  error: (talk, run, { message = talk.view.word("failed"), retry }) => talk.finish(run, { message, retry }),
};
