/** localStorage or sessionStorage; plain memory where the browser blocks it. */
function storage(kind) {
  const memory = new Map();
  let area = null;
  try {
    area = window[kind];
    area.getItem("");
  } catch {
    area = null;
  }
  return {
    get: (key) => memory.get(key) ?? area?.getItem(key) ?? null,
    set(key, value) {
      try {
        area.setItem(key, value);
        memory.delete(key);
      } catch {
        memory.set(key, value);
      }
    },
  };
}

const browser = storage("localStorage");
const tab = storage("sessionStorage");

/** What is remembered for one agent key: by the browser (visitor, run, waiting), by the tab (draft, open). */
export class Memory {
  constructor(agentKey) {
    this.key = `frontdesk:${agentKey}`;
    if (!this.saved.visitor) this.save({ visitor: uuid() });
  }

  /** Read anew each time: another tab may have written. */
  get saved() {
    return { visitor: null, run: null, talked: false, waiting: [], ...JSON.parse(browser.get(this.key) ?? "{}") };
  }

  save(changes) {
    browser.set(this.key, JSON.stringify({ ...this.saved, ...changes }));
  }

  get draft() {
    return tab.get(`${this.key}:draft`) ?? "";
  }

  set draft(text) {
    tab.set(`${this.key}:draft`, text);
  }

  get open() {
    return tab.get(`${this.key}:open`) === "1";
  }

  set open(open) {
    tab.set(`${this.key}:open`, open ? "1" : "");
  }
}

export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID(); // absent on plain http
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
