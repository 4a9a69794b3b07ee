const PING_EVERY = 25_000;
const PONG_WITHIN = 10_000;

/** One conversation's WebSocket, which comes back by itself. `state` is called with "ready", "lost" or "refused". */
export class Line {
  constructor(address, frame, state) {
    Object.assign(this, { address, frame, state, attempt: 0, notBefore: 0, ready: false, over: false });
  }

  open() {
    if (this.socket || this.over) return;
    clearTimeout(this.timer);
    const wait = this.notBefore - Date.now();
    if (wait > 0) return void (this.timer = setTimeout(() => this.open(), wait));
    const socket = (this.socket = new WebSocket(this.address()));
    socket.onmessage = ({ data }) => this.receive(JSON.parse(data));
    socket.onclose = ({ code }) => this.lose(code);
  }

  receive(frame) {
    clearTimeout(this.deadline);
    if (frame.type === "ready") {
      this.ready = true;
      this.attempt = 0;
      clearInterval(this.pulse);
      this.pulse = setInterval(() => this.ping(), PING_EVERY);
      this.state("ready");
    }
    this.frame(frame);
  }

  send(frame) {
    if (this.ready) this.socket.send(JSON.stringify(frame));
    return this.ready;
  }

  ping() {
    if (!this.send({ type: "ping" })) return;
    clearTimeout(this.deadline);
    this.deadline = setTimeout(() => this.lose(), PONG_WITHIN);
  }

  /** After sleep or a change of network: is the socket alive? Without one, do not wait for the back-off. */
  check() {
    if (this.socket) this.ping();
    else if (this.attempt) this.open();
  }

  lose(code) {
    this.hangUp();
    if (this.over) return;
    if (code === 4403) {
      this.over = true;
      return this.state("refused");
    }
    const wait = Math.min(30_000, 500 * 2 ** this.attempt++) * (0.5 + Math.random() / 2);
    this.notBefore = code === 4029 ? Date.now() + 15_000 + wait : 0;
    this.timer = setTimeout(() => this.open(), wait);
    this.state("lost");
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

  close() {
    this.over = true;
    this.hangUp();
  }
}
