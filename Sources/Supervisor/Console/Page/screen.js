// The screen of an application that has a server of VNC, at a port that it has published.

import { name, part, query, status } from "/part.js";
import { make } from "/text.js";

const port = query.get("port") ?? "";

function run(RFB) {
  // Its reason is told by the socket, not by the screen.
  const socket = new WebSocket(`ws://${location.host}/socket/screen?${new URLSearchParams({ name, port })}`);
  socket.addEventListener("close", (event) => status(event.reason || "the connection has ended", true));
  const screen = new RFB(part, socket, { shared: true });
  screen.scaleViewport = true;
  screen.addEventListener("connect", () => {
    status("connected");
    screen.focus();
  });
  screen.addEventListener("credentialsrequired", () => {
    screen.sendCredentials({ password: prompt(`The password of the screen of ${name}`) ?? "" });
  });
  screen.addEventListener("securityfailure", (event) => status(event.detail.reason ?? "it refuses this password", true));
  status("connecting…");
}

try {
  run((await import("/novnc/core/rfb.js")).default);
} catch {
  status("no screen", true);
  part.append(make("p", { class: "message" }, "The screen is Debian's package novnc, which this machine does not have. ",
    make("code", {}, "apt install novnc"), " installs it; then load this page again."));
}
