// New messages are told where they are not seen: in the page's title, and by the browser, if somebody asked for that.
import { toast } from "../toasts.js";
import { word } from "./ask.js";

const KEY = "frontdesk.notify";
const $ = (id) => document.getElementById(id);
let unseen = 0;

function saved() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}

function save(change) {
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...saved(), ...change }));
  } catch {
    // Storage is off: it is asked again next time.
  }
  draw();
}

const granted = () => "Notification" in window && Notification.permission === "granted";

function draw() {
  $("notify").setAttribute("aria-pressed", String(!!saved().on && granted()));
  $("sound").setAttribute("aria-pressed", String(!!saved().sound));
}

function title() {
  document.title = document.title.replace(/^\(\d+\) /, "");
  if (unseen) document.title = `(${unseen}) ${document.title}`;
}

async function toggle() {
  if (saved().on && granted()) return save({ on: false });
  const answer = "Notification" in window ? await Notification.requestPermission() : "denied";
  save({ on: answer === "granted" });
  toast({ text: word(answer === "granted" ? "allowed" : "refused"), kind: answer === "granted" ? "good" : "bad" });
}

/** Two short tones, made here: there is no file to load. */
function ring() {
  const context = new AudioContext();
  const volume = new GainNode(context, { gain: 0.05 });
  volume.connect(context.destination);
  for (const [at, frequency] of [[0, 660], [0.14, 880]]) {
    const tone = new OscillatorNode(context, { frequency });
    tone.connect(volume);
    tone.start(context.currentTime + at);
    tone.stop(context.currentTime + at + 0.11);
  }
  setTimeout(() => context.close(), 1000);
}

/** `open` shows a conversation, `uuid` gives the one that is open. */
export function notify({ open, uuid }) {
  draw();
  $("notify").addEventListener("click", toggle);
  $("sound").addEventListener("click", () => {
    save({ sound: !saved().sound });
    if (saved().sound) ring();
  });
  document.addEventListener("inbox:customer", ({ detail }) => {
    if (!document.hidden && detail === uuid()) return;
    if (saved().sound) ring();
    if (!document.hidden) return;
    unseen += 1;
    title();
    if (!saved().on || !granted()) return;
    const row = document.querySelector(`#rows [data-uuid="${detail}"]`);
    const note = new Notification(row?.querySelector("b").textContent ?? word("news"), { body: word("news"), tag: detail });
    note.onclick = () => {
      window.focus();
      open(detail);
      note.close();
    };
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    unseen = 0;
    title();
  });
}
