import { Plot } from "/plot.js";
import { bytes, duration, make, moment } from "/text.js";

const $ = (id) => document.getElementById(id);

// The last answers.
let peers = [];
let jobs = [];
let rows = new Map();

// MARK: Asking

async function ask(path, options = {}) {
  const answer = await fetch(path, { cache: "no-store", ...options });
  if (answer.status === 403) throw new Error("this browser is not let in any more: open the address that godwit serve prints");
  const value = await answer.json();
  if (!answer.ok) throw new Error(value.error);
  return value;
}

async function act(wish) {
  try {
    await ask("/api/do", {
      method: "POST", body: JSON.stringify(wish), headers: { "Content-Type": "application/json" },
    });
    await now.soon();
  } catch (error) {
    notify(error.message);
  }
}

function notify(text) {
  const notice = make("p", {}, make("span", {}, text), make("button", { click: () => notice.remove() }, "Close"));
  $("notices").append(notice);
}

// Asks time and again while somebody looks, and less often where nobody answers.
class Poll {
  static #all = [];
  #timer;
  #failures = 0;
  #trouble = null;

  constructor(seconds, body) {
    this.seconds = seconds;
    this.body = body;
    Poll.#all.push(this);
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.soon(); });
    this.soon();
  }

  async soon() {
    clearTimeout(this.#timer);
    if (document.hidden) return;
    try {
      await this.body();
      [this.#failures, this.#trouble] = [0, null];
    } catch (error) {
      this.#failures += 1;
      this.#trouble = error instanceof TypeError ? "the console does not answer" : error.message;
    }
    Poll.#show();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.soon(), 1000 * Math.min(60, this.seconds * (1 + this.#failures)));
  }

  static #show() {
    const trouble = Poll.#all.map((poll) => poll.#trouble).find((trouble) => trouble != null);
    const status = $("connection");
    status.textContent = trouble ?? "connected";
    status.classList.toggle("lost", trouble != null);
  }
}

// What godwit has printed; a peer may say anything.
function list(text) {
  try {
    const value = JSON.parse(text);
    return Array.isArray(value) ? value.filter((item) => item && typeof item === "object") : [];
  } catch {
    return [];
  }
}

// MARK: Machines

function machineCard(host) {
  const status = host.status;
  if (!status) {
    return make("article", { class: "card silent" }, make("h3", {}, host.name), make("p", {}, (host.error ?? "it does not say").replace(`${host.name}: `, "")));
  }
  const used = status.memory - status.memoryAvailable;
  const facts = make("dl", {},
    make("dt", {}, "Load"),
    make("meter", { max: status.processors, high: status.processors * .8, value: status.load, "aria-label": "load" }),
    make("dd", {}, `${status.load.toFixed(2)} of ${status.processors}`),
    make("dt", {}, "Memory"),
    make("meter", { max: status.memory, high: status.memory * .9, value: used, "aria-label": "memory in use" }),
    make("dd", {}, `${bytes(used)} of ${bytes(status.memory)}`));
  if (status.battery) {
    facts.append(make("dt", {}, "Battery"),
      make("meter", { max: 100, low: 20, value: status.battery.percent, "aria-label": "battery" }),
      make("dd", {}, `${status.battery.percent} %${status.battery.isCharging ? ", charging" : ""}`));
  }
  const runs = status.applications.length ? `Runs ${status.applications.join(", ")}` : "Runs nothing";
  return make("article", { class: "card" },
    make("h3", {}, host.name, make("small", {}, host.isThisOne ? `${status.isa}, this machine` : status.isa)),
    facts, make("p", {}, runs));
}

// MARK: Applications

function state(text) {
  const kind = { running: "good", paused: "busy", "in doubt": "bad", "not answering": "bad" }[text] ?? "";
  return make("span", { class: `state ${kind}` }, text);
}

class Row {
  memory = new Plot("memory", "memory in use", bytes);
  writes = new Plot("writes", "memory written in a second", (rate) => `${bytes(rate)}/s`);
  #state = make("div");
  #uptime = make("small");
  #program = make("small");
  #actions = make("div", { class: "actions" });
  #shown = "";

  constructor(name) {
    this.name = name;
    this.element = make("tr", { "data-name": name },
      make("td", {}, make("strong", {}, name), this.#program), make("td", {}, this.#state, this.#uptime),
      make("td", {}, this.memory.element), make("td", {}, this.writes.element), make("td", {}, this.#actions));
  }

  show(info) {
    this.info = info;
    const busy = jobs.find((job) => job.name === this.name && !job.end);
    this.#uptime.textContent = `for ${duration(info.uptimeNanoseconds)}`;
    this.memory.add(info.memoryBytes);
    // Buttons stay the same elements while nothing about them changes: somebody may be pressing one.
    const shown = JSON.stringify([info.state, info.isDetached, info.published, info.program, info.isa, busy?.what, peers]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#program.textContent = `${info.program} · ${info.isa}`;
    this.#program.title = info.program;
    this.#state.replaceChildren(busy ? make("span", { class: "state busy" }, `${busy.what}…`) : state(info.state));
    this.#actions.replaceChildren(...this.#buttons(info, busy != null));
  }

  #buttons(info, isBusy) {
    const { name } = this;
    const runs = ["running", "paused"].includes(info.state);
    const button = (text, click, disabled = false) =>
      make("button", { type: "button", click, disabled: disabled || isBusy || !runs }, text);
    const page = (text, path, values) =>
      make("a", { class: "button", target: "_blank", rel: "noopener", href: `${path}?${new URLSearchParams(values)}` }, text);
    const buttons = [];
    if (info.isDetached && runs) buttons.push(page("Terminal", "/terminal", { name }));
    for (const port of runs ? ports(info.published) : []) {
      buttons.push(page(`Screen ${port}`, "/screen", { name, port }));
    }
    buttons.push(
      button("Migrate…", () => openMove(name), peers.length === 0),
      button("Suspend", () => act({ suspend: { name } })),
      button("Checkpoint", () => act({ checkpoint: { name } })));
    return buttons;
  }
}

// The ports of this machine that are a guest's: ADDRESS:PORT:GUESTPORT.
function ports(published) {
  return (Array.isArray(published) ? published : [])
    .filter((text) => !text.endsWith("/udp")).map((text) => text.split(":").at(-2)).filter((port) => /^\d+$/.test(port));
}

function showApplications(all) {
  const old = rows;
  rows = new Map();
  for (const info of all.filter((info) => !info.relay)) {
    const row = old.get(info.name) ?? new Row(info.name);
    row.show(info);
    rows.set(info.name, row);
  }
  for (const [name, row] of old) if (!rows.has(name)) row.element.remove();
  const body = $("applications").tBodies[0];
  [...rows.values()].forEach((row, index) => {
    if (body.rows[index] !== row.element) body.insertBefore(row.element, body.rows[index] ?? null);
  });
}

function showElsewhere(lists) {
  const found = lists.filter((report) => !report.isThisOne)
    .flatMap((report) => list(report.applications ?? "[]").filter((info) => !info.relay).map((info) => [report.name, info]));
  $("elsewhere-section").hidden = found.length === 0;
  $("elsewhere").tBodies[0].replaceChildren(...found.map(([machine, info]) => make("tr", {},
    make("td", {}, String(machine)), make("td", {}, make("strong", {}, String(info.name))), make("td", {}, state(String(info.state ?? "running"))),
    make("td", { class: "when" }, duration(info.uptimeNanoseconds)), make("td", { class: "when" }, bytes(info.memoryBytes)),
    make("td", {}, String(info.program)))));
}

// MARK: Jobs

const doing = { migrate: "Moves to", suspend: "Is being suspended", checkpoint: "Is being checkpointed", resume: "Goes on from" };
const done = { migrate: "Moved to", suspend: "Suspended", checkpoint: "Checkpointed", resume: "Went on from" };
let reported = null;

// What was asked for here, and moves that somebody else has begun.
function showJobs(all, applications) {
  const others = applications.filter((info) => info.movesTo && !all.some((job) => job.name === info.name && !job.end))
    .map((info) => ({ what: "migrate", name: info.name, place: info.movesTo }));
  jobs = [...all, ...others];
  // What ended before this page was there is no news.
  const ended = new Set(all.filter((job) => job.end).map((job) => job.id));
  const news = all.filter((job) => job.end && reported && !reported.has(job.id));
  for (const job of news) if (job.error) notify(`${job.name}: ${job.what}: ${job.error}`);
  reported = ended;
  const shown = jobs.filter((job) => !job.end || Date.now() - job.end / 1e6 < 60_000).reverse();
  $("jobs-section").hidden = shown.length === 0;
  $("jobs").tBodies[0].replaceChildren(...shown.map((job) => {
    const words = `${(job.end && !job.error ? done : doing)[job.what]} ${job.place?.replace(/^peer:\/\//, "") ?? ""}`;
    const result = job.error ? "failed" : job.end ? "done" : "…";
    return make("tr", { "data-job": job.what, "data-result": result },
      make("td", {}, make("strong", {}, job.name)), make("td", {}, words, job.error ? make("small", {}, job.error) : ""),
      make("td", { class: "number" }, job.start ? duration((job.end ?? Date.now() * 1e6) - job.start) : ""),
      make("td", { class: "number" }, make("span", { class: `state ${job.error ? "bad" : job.end ? "good" : "busy"}` }, result)));
  }));
  return news.length > 0;
}

// MARK: Snapshots and moves

function showSaved(files) {
  $("saved").tBodies[0].replaceChildren(...files.reverse().map((file) => {
    const [, name, kind, rest] = /^(.*)\.\d+\.(suspended|checkpoint)\.godwit(.*)$/.exec(file.name) ?? [null, file.name, "–", ""];
    const action = rest || file.fault
      ? make("small", {}, file.fault ?? "it may have gone on already")
      : make("button", { type: "button", click: () => act({ resume: { file: file.name } }) }, "Resume");
    return make("tr", { "data-file": file.name },
      make("td", {}, make("strong", {}, name)), make("td", {}, kind),
      make("td", { class: "when" }, file.content ? moment(file.content.created) : "–"), make("td", { class: "when" }, bytes(file.size)),
      make("td", {}, file.content?.program ?? "–"), make("td", {}, make("div", { class: "actions" }, action)));
  }));
}

function showMoves(text) {
  const moves = Object.entries(JSON.parse(text)).flatMap(([host, records]) => records.map((move) => ({ host, ...move })));
  moves.sort((a, b) => b.time - a.time);
  const way = (move) => (move.way.isPostCopy ? "post-copy" : "pre-copy") + (move.way.compression === "none" ? "" : `, ${move.way.compression}`);
  $("moves").tBodies[0].replaceChildren(...moves.slice(0, 12).map((move) => make("tr", {},
    make("td", { class: "when" }, moment(move.time)), make("td", {}, make("strong", {}, move.guest)),
    make("td", {}, move.host.replace(/^peer:\/\//, "")),
    make("td", { class: "number" }, duration(move.outcome.frozen)), make("td", { class: "number foretold" }, duration(move.forecast.frozen)),
    make("td", { class: "number" }, duration(move.outcome.total)), make("td", { class: "number foretold" }, duration(move.forecast.total)),
    make("td", { class: "number" }, bytes(move.outcome.bytes)), make("td", {}, way(move)))));
}

// MARK: A move

let moving = null;

function openMove(name) {
  moving = name;
  $("move-title").textContent = `Migrate ${name}`;
  $("move-peer").replaceChildren(...peers.map((peer) => make("option", { value: peer }, peer)));
  $("move").showModal();
  foretell();
}

async function foretell() {
  const [name, peer] = [moving, $("move-peer").value];
  $("move-forecast").textContent = "Asking what it would take…";
  let text;
  try {
    text = (await ask(`/api/forecast?${new URLSearchParams({ name, peer })}`)).forecast;
  } catch (error) {
    text = error.message;
  }
  if (moving === name && $("move-peer").value === peer) $("move-forecast").textContent = text;
}

$("move-peer").addEventListener("change", foretell);
$("move").addEventListener("close", () => {
  const [name, peer] = [moving, $("move-peer").value];
  moving = null;
  if ($("move").returnValue === "move" && peer) act({ migrate: { name, peer } });
});

// MARK: The polls

const now = new Poll(2, async () => {
  const answer = await ask("/api/now");
  const applications = list(answer.applications);
  const hasNews = showJobs(answer.jobs, applications);
  showApplications(applications);
  if (hasNews) all.soon();
});

const all = new Poll(10, async () => {
  const answer = await ask("/api/all");
  peers = answer.hosts.filter((host) => !host.isThisOne && host.status).map((host) => host.name);
  $("here").textContent = answer.hosts.find((host) => host.isThisOne)?.name ?? "";
  document.title = `Godwit · ${$("here").textContent}`;
  $("machines").replaceChildren(...answer.hosts.map(machineCard));
  showElsewhere(answer.lists);
  showSaved(list(answer.saved));
  showMoves(answer.moves);
});

new Poll(5, async () => {
  // Not of what moves: that is watched for the move.
  const names = [...rows.values()].filter(({ name, info }) => info.state === "running" && !jobs.some((job) => job.name === name && !job.end))
    .map(({ name }) => name);
  if (names.length === 0) return;
  const rates = await ask(`/api/writes?names=${names.join(",")}`);
  for (const [name, rate] of Object.entries(rates)) rows.get(name)?.writes.add(rate);
});
