// A terminal that is attached to an application, as `godwit attach` is. The socket carries what Docs/Attach.md describes: the
// line that answers the request, and frames behind it.

import { name, part, status } from "/part.js";
import { make } from "/text.js";

const INPUT = 1, SIZE = 3;
const OUTPUT = 17, ERROR = 18, LEFT_OUT = 19, ENDED = 20, SUSPENDED = 21;
const HEAD = 5, PIECE = 16384;

function frame(kind, rest) {
  const bytes = new Uint8Array(HEAD + rest.length);
  bytes[0] = kind;
  new DataView(bytes.buffer).setUint32(1, rest.length, true);
  bytes.set(rest, HEAD);
  return bytes;
}

// Takes the line and then frames out of what comes.
class Reader {
  #bytes = new Uint8Array();
  #hasLine = false;

  *take(more) {
    const bytes = new Uint8Array(this.#bytes.length + more.byteLength);
    bytes.set(this.#bytes);
    bytes.set(new Uint8Array(more), this.#bytes.length);
    let start = 0;
    if (!this.#hasLine) {
      const end = bytes.indexOf(10);
      if (end < 0) { this.#bytes = bytes; return; }
      this.#hasLine = true;
      start = end + 1;
      yield { answer: JSON.parse(new TextDecoder().decode(bytes.subarray(0, end))) };
    }
    const view = new DataView(bytes.buffer);
    while (bytes.length >= start + HEAD) {
      const end = start + HEAD + view.getUint32(start + 1, true);
      if (bytes.length < end) break;
      yield { kind: bytes[start], rest: bytes.subarray(start + HEAD, end) };
      start = end;
    }
    this.#bytes = bytes.slice(start);
  }
}

function run() {
  const terminal = new Terminal({ cursorBlink: true, scrollback: 5000, fontSize: 14, fontFamily: "ui-monospace, 'DejaVu Sans Mono', monospace" });
  terminal.open(part);
  const fitted = () => {
    const screen = part.querySelector(".xterm-screen");
    const width = screen.offsetWidth / terminal.cols || 9, height = screen.offsetHeight / terminal.rows || 17;
    const columns = Math.floor((part.clientWidth - 28) / width), rows = Math.floor((part.clientHeight - 12) / height);
    return [Math.min(500, Math.max(20, columns)), Math.min(200, Math.max(5, rows))];
  };
  terminal.resize(...fitted());
  const socket = new WebSocket(`ws://${location.host}/socket/terminal?${new URLSearchParams({ name, columns: terminal.cols, rows: terminal.rows })}`);
  socket.binaryType = "arraybuffer";
  const reader = new Reader(), texts = { [OUTPUT]: new TextDecoder(), [ERROR]: new TextDecoder() };
  let hasTerminal = true, ending = null;

  const send = (kind, rest) => { if (socket.readyState === WebSocket.OPEN) socket.send(frame(kind, rest)); };
  const type = (text) => {
    // A pipe has no echo, and its lines end otherwise.
    if (!hasTerminal) {
      text = text.replaceAll("\r", "\n");
      terminal.write(text.replaceAll("\n", "\r\n"));
    }
    const bytes = new TextEncoder().encode(text);
    for (let start = 0; start < bytes.length; start += PIECE) send(INPUT, bytes.subarray(start, start + PIECE));
  };
  if (terminal.onData) terminal.onData(type); else terminal.on("data", type);

  const take = (message) => {
    if (message.answer) {
      hasTerminal = message.answer.attached?.hasTerminal ?? false;
      return status("attached");
    }
    const { kind, rest } = message;
    if (kind === OUTPUT || kind === ERROR) {
      const text = texts[kind].decode(rest, { stream: true });
      terminal.write(hasTerminal ? text : text.replaceAll("\n", "\r\n"));
    } else if (kind === LEFT_OUT) {
      terminal.write(`\r\n[${new DataView(rest.slice().buffer).getBigUint64(0, true)} bytes of output were left out here]\r\n`);
    } else if (kind === ENDED) {
      ending = `it has ended with status ${rest[0]}`;
    } else if (kind === SUSPENDED) {
      ending = "it was suspended";
    }
  };
  socket.onmessage = (event) => { for (const message of reader.take(event.data)) take(message); };
  socket.onclose = (event) => status(ending ?? (event.reason || "the connection has ended"), true);

  addEventListener("resize", () => {
    const [columns, rows] = fitted();
    if (columns === terminal.cols && rows === terminal.rows) return;
    terminal.resize(columns, rows);
    const size = new DataView(new ArrayBuffer(8));
    size.setUint16(0, rows, true);
    size.setUint16(2, columns, true);
    send(SIZE, new Uint8Array(size.buffer));
  });
  status("connecting…");
  terminal.focus();
}

if (typeof Terminal === "undefined") {
  status("no terminal", true);
  part.append(make("p", { class: "message" }, "The terminal is Debian's package node-xterm, which this machine does not have. ",
    make("code", {}, "apt install node-xterm libjs-xterm"), " installs it; then load this page again."));
} else {
  run();
}
