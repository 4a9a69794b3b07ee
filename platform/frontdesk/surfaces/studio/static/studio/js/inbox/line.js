// The socket, which comes back by itself (docs/protocols/studio.md). Where none is possible the page asks every few seconds.

const PING_EVERY = 25_000;
const PONG_WITHIN = 10_000;
const ASK_EVERY = 4_000;

export class Line {
  /** `frame(frame)` takes what comes; `look()` asks for all that is shown. */
  constructor(workspace, { frame, look }) {
    Object.assign(this, { workspace, frame, look, attempt: 0, notBefore: 0, ready: false, over: false });
    document.addEventListener("visibilitychange", () => document.hidden || this.check());
    addEventListener("online", () => this.check());
    setInterval(() => this.ready || document.hidden || this.look(), ASK_EVERY);
  }

  open() {
    if (this.socket || this.over) return;
    clearTimeout(this.timer);
    const wait = this.notBefore - Date.now();
    if (wait > 0) return void (this.timer = setTimeout(() => this.open(), wait));
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = (this.socket = new WebSocket(`${scheme}://${location.host}/ws/studio/?workspace=${this.workspace}`));
    socket.onmessage = ({ data }) => this.receive(JSON.parse(data));
    socket.onclose = ({ code }) => this.lose(code);
  }

  receive(frame) {
    clearTimeout(this.deadline);
    if (frame.type === "ready") {
      this.ready = this.heard = true;
      this.attempt = 0;
      clearInterval(this.pulse);
      this.pulse = setInterval(() => this.ping(), PING_EVERY);
    }
    this.frame(frame);
  }

  send(type, fields = {}) {
    if (this.ready) this.socket.send(JSON.stringify({ type, ...fields }));
    return this.ready;
  }

  ping() {
    if (!this.send("ping")) return;
    clearTimeout(this.deadline);
    this.deadline = setTimeout(() => this.lose(), PONG_WITHIN);
  }

  /** After sleep or a change of network: is the socket alive? Without one, do not wait for the back-off. */
  check() {
    if (this.socket) this.ping();
    else this.open();
    if (!this.ready) this.look();
  }

  lose(code) {
    this.hangUp();
    if (code === 4403) {
      this.over = true;
      // It was heard before: by now one has signed out, or opened another workspace in another tab.
      if (this.heard) location.reload();
      return;
    }
    const wait = Math.min(30_000, 500 * 2 ** this.attempt++) * (0.5 + Math.random() / 2);
    this.notBefore = code === 4029 ? Date.now() + 15_000 + wait : 0;
    this.timer = setTimeout(() => this.open(), wait);
    this.frame({ type: "lost" });
  }

  hangUp() {
    clearInterval(this.pulse);
    clearTimeout(this.deadline);
    clearTimeout(this.timer);
    if (this.socket) this.socket.onclose = this.socket.onmessage = null;
    this.socket?.close();
    this.socket = null;
    this.ready = false;
  }
}
