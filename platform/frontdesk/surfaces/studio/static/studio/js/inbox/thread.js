// The thread that is open: its lines by their ids, older ones when they are scrolled to, days between them.
import { ask, elements } from "./ask.js";
import { merge } from "./merge.js";
import { Turns } from "./turns.js";

const $ = (id) => document.getElementById(id);
const thread = () => $("thread");
const older = (a, b) => a.dataset.sort < b.dataset.sort || (a.dataset.sort === b.dataset.sort && number(a) < number(b));
const number = (line) => Number(line.id.split("-")[1]);
// So far back the end of a thread is looked at for changes.
const WINDOW = 20;

let turns = new Turns();
let loading = null;
let watcher = null;
let atEnd = true;
// When the box below grows, the last message stays in sight.
const resized = new ResizeObserver(() => atEnd && toEnd());

export const uuid = () => $("desk").dataset.conversation ?? "";
const messages = () => [...thread().querySelectorAll(":scope > [data-id]")];
const since = () => messages().at(-WINDOW)?.dataset.id ?? messages()[0]?.dataset.id ?? "";

export const isAtEnd = () => $("scroll").scrollHeight - $("scroll").scrollTop - $("scroll").clientHeight < 80;
export const toEnd = () => $("scroll")?.scrollTo(0, $("scroll").scrollHeight);

/** Change something, and stay at the end if one was there. */
export function keepEnd(change) {
  const was = isAtEnd();
  change();
  if (was) toEnd();
}

function draw(html, turn, { say = true } = {}) {
  let fresh = [];
  keepEnd(() => {
    fresh = merge(thread(), latest(html, turn), older);
    days();
  });
  if (say) for (const line of fresh) tell(line);
  if (fresh.length) document.dispatchEvent(new CustomEvent("inbox:lines", { detail: fresh }));
}

const latest = (html, turn) => elements(html).filter(({ id }) => turns.takes(id, turn));

/** A line for each day, before its first message. */
function days() {
  for (const old of thread().querySelectorAll(":scope > .i-day")) old.remove();
  let day = "";
  for (const line of [...thread().children]) {
    if (line.dataset.day === day) continue;
    day = line.dataset.day;
    const mark = Object.assign(document.createElement("li"), { className: "i-day s-quiet", textContent: day });
    line.before(mark);
  }
}

function tell(line) {
  const text = line.querySelector(".s-bubble, .s-prose")?.textContent ?? line.textContent;
  const words = [...(line.querySelector(".s-by")?.childNodes ?? [])].filter((node) => node.nodeType === Node.TEXT_NODE);
  const by = words.map((node) => node.textContent.trim()).find(Boolean);
  $("said").textContent = `${by ? `${by}: ` : ""}${text.trim().slice(0, 300)}`;
}

/** Ask for the end of the thread: what is new, and what has changed in it. */
export async function look() {
  if (!thread()) return;
  const [list, seen] = [thread(), thread().dataset.seen];
  const response = await ask(`${thread().dataset.entries}?since=${since()}`, { headers: seen ? { "X-Seen": seen } : {}, quiet: true });
  const html = await response?.text();
  if (!response || list !== thread() || !turns.takes("end", response.turn)) return;
  const first = response.headers.get("X-First");
  if (first !== "0") {
    // So much came meanwhile that there would be a gap.
    thread().replaceChildren();
    turns.begin(response.turn);
    begins(first);
  }
  draw(html, response.turn);
  thread().dataset.seen = response.headers.get("X-Seen");
}

/** One message, however far up it stands. */
export async function change(id) {
  const list = thread();
  const response = await ask(`${list.dataset.entries}?message=${id}`, { quiet: true });
  const html = await response?.text();
  if (response && list === thread() && byId(id)) draw(html, response.turn, { say: false });
}

export const byId = (id) => thread()?.querySelector(`:scope > [data-id="${id}"]`);
export const byUuid = (id) => thread()?.querySelector(`:scope > [data-message="${id}"]`);

/** The lines of one's own message. */
export async function take(response) {
  const list = thread();
  const html = await response.text();
  if (list !== thread()) return;
  draw(html, response.turn, { say: false });
  toEnd();
}

async function earlier() {
  const list = thread();
  const first = list?.dataset.first;
  if (loading === list || !first || first === "0") return;
  loading = list;
  const response = await ask(`${list.dataset.entries}?before=${first}`);
  const html = await response?.text();
  if (loading === list) loading = null;
  // Unless the thread begins elsewhere by now.
  if (!response || list !== thread() || list.dataset.first !== first) return;
  const scroll = $("scroll");
  const below = scroll.scrollHeight - scroll.scrollTop;
  merge(list, latest(html, response.turn), older);
  days();
  scroll.scrollTop = scroll.scrollHeight - below;
  begins(response.headers.get("X-First"));
}

function begins(first) {
  thread().dataset.first = first;
  $("earlier").hidden = first === "0";
}

/** Who looks at the page has read what stands on it. Gives whether that was news. */
export async function read() {
  const last = messages().at(-1)?.dataset.id;
  if (document.hidden || !last || thread().dataset.readTo === last) return false;
  thread().dataset.readTo = last;
  await ask(`${thread().dataset.read}?message=${last}`, { method: "POST", quiet: true });
  return true;
}

/** A thread has been put on the page. */
export function shown() {
  watcher?.disconnect();
  resized.disconnect();
  turns = new Turns();
  if (!thread()) return;
  days();
  toEnd();
  document.fonts.ready.then(toEnd);
  watcher = new IntersectionObserver(([entry]) => entry.isIntersecting && earlier(), { root: $("scroll"), rootMargin: "300px" });
  watcher.observe($("earlier"));
  $("scroll").addEventListener("scroll", () => (atEnd = isAtEnd()), { passive: true });
  resized.observe($("scroll"));
}
