// Who else is here: colleagues who look at the same conversation or write in it, and the customer who writes.
import { word } from "./ask.js";
import { keepEnd } from "./thread.js";

const FORGET = 60_000;
const SAY_EVERY = 20_000;
const WRITES_FOR = 5_000;
const CUSTOMER_FOR = 6_000;
const $ = (id) => document.getElementById(id);

export class Company {
  constructor(line) {
    this.line = line;
    this.colleagues = new Map();
    setInterval(() => this.refresh(), SAY_EVERY);
  }

  /** Another conversation: nobody is known yet. */
  forget() {
    this.colleagues.clear();
    clearTimeout(this.customer);
    clearTimeout(this.resting);
    this.state = "looking";
    this.draw();
  }

  refresh() {
    this.line.send("here", { state: this.state ?? "looking" });
    const now = Date.now();
    for (const [user, { at }] of this.colleagues) if (now - at > FORGET) this.colleagues.delete(user);
    this.draw();
  }

  here({ user, name, state }) {
    if (state === "left") this.colleagues.delete(user);
    else this.colleagues.set(user, { name, state, at: Date.now() });
    this.draw();
  }

  draw() {
    const place = $("colleagues");
    if (!place) return;
    const said = [...this.colleagues.values()].map(({ name, state }) => word(state === "writing" ? "writes" : "looks").replace("%s", name));
    if (place.textContent !== said.join(" · ")) place.textContent = said.join(" · ");
  }

  /** One writes: colleagues see it, and the customer where it is a reply. */
  writes(toCustomer) {
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.rests(toCustomer), WRITES_FOR);
    const now = Date.now();
    if (this.state === "writing" && now - this.told < WRITES_FOR - 2000) return;
    this.told = now;
    this.state = "writing";
    this.line.send("here", { state: "writing", to_customer: toCustomer });
  }

  rests(toCustomer) {
    clearTimeout(this.resting);
    if (this.state !== "writing") return;
    this.state = "looking";
    this.line.send("here", { state: "looking", to_customer: toCustomer });
  }

  typing(on) {
    clearTimeout(this.customer);
    if (on) this.customer = setTimeout(() => this.typing(false), CUSTOMER_FOR);
    if ($("typing")) keepEnd(() => ($("typing").hidden = !on));
  }
}
