// Draws the files on their way. Rows are clones of the page's template; words go in as text only.
import { bytes, duration, files, percent } from "./words.js";

const EVERY = 250; // milliseconds between two drawings
const STALLS_AFTER = 8000;
const WORDS = {
  checking: "Reading the header",
  refused: "Not sent",
  waiting: "Waiting its turn",
  uploading: "Sending",
  paused: "Paused",
  failed: "Interrupted",
  ghost: "To be continued",
  finishing: "Putting the parts together",
  sent: "Arrived",
};
const BUTTONS = {
  uploading: ["pause", "cancel"],
  waiting: ["pause", "cancel"],
  paused: ["resume", "cancel"],
  failed: ["retry", "cancel"],
  ghost: ["pick", "cancel"],
  refused: ["dismiss"],
  sent: ["dismiss"],
};

export class Table {
  constructor(section, sender) {
    this.section = section;
    this.sender = sender;
    this.rows = new Map();
    this.template = section.querySelector("template[data-row]");
    this.body = section.querySelector("[data-rows]");
    this.history = []; // [time, bytes sent] of the last seconds
    this.said = 0;
    this.timer = null;
    this.title = document.title;
    section.addEventListener("click", (event) => this.pressed(event));
    sender.addEventListener("change", ({ detail }) => this.changed(detail));
    sender.addEventListener("elsewhere", ({ detail }) => this.banner("elsewhere", detail));
    sender.addEventListener("trouble", ({ detail }) => this.announce(detail));
    for (const name of ["online", "offline"]) addEventListener(name, () => this.offline());
    this.offline();
    setInterval(() => this.sender.sending && this.draw(), 2000);
  }

  changed(entry) {
    if (entry.state === "refused") this.announce(`${entry.name}: ${entry.problem}`);
    if (entry.state === "failed") this.announce(`${entry.name}: ${entry.problem} ${entry.advice}`);
    this.timer ??= setTimeout(() => this.draw(), EVERY);
  }

  draw() {
    clearTimeout(this.timer);
    this.timer = null;
    for (const [key, row] of this.rows) {
      if (!this.sender.entries.some((entry) => entry.key === key)) this.remove(key, row);
    }
    for (const entry of this.sender.entries) this.fill(this.row(entry), entry);
    this.section.hidden = this.rows.size === 0;
    this.total();
    this.section.dispatchEvent(new CustomEvent("drawn", { bubbles: true }));
  }

  row(entry) {
    let row = this.rows.get(entry.key);
    if (!row) {
      row = this.template.content.firstElementChild.cloneNode(true);
      row.dataset.key = entry.key;
      row.querySelector("[data-name]").textContent = entry.name;
      for (const button of row.querySelectorAll("button[data-do]")) {
        button.setAttribute("aria-label", `${button.textContent.trim()}: ${entry.name}`);
      }
      this.rows.set(entry.key, row);
      this.body.append(row);
    }
    return row;
  }

  fill(row, entry) {
    const part = (name) => row.querySelector(`[data-${name}]`);
    const stalled = entry.state === "uploading" && Date.now() - (entry.moved ?? Date.now()) > STALLS_AFTER;
    row.dataset.state = stalled ? "stalled" : entry.state;
    if (entry.upload) row.dataset.upload = entry.upload;
    text(part("size"), [bytes(entry.size), entry.facts].filter(Boolean).join(" · "));
    text(part("words"), stalled ? "No answer for a while; trying again" : WORDS[entry.state]);
    text(part("detail"), detail(entry));
    text(part("problem"), entry.problem);
    text(part("advice"), entry.state === "ghost" ? ghostly(entry) : entry.advice);
    for (const icon of row.querySelectorAll("[data-icon]")) {
      icon.hidden = !icon.dataset.icon.split(" ").includes(row.dataset.state);
    }
    const bar = part("bar");
    bar.hidden = ["refused", "checking", "sent"].includes(entry.state);
    bar.value = percent(entry.sent, entry.size);
    bar.setAttribute("aria-label", `${entry.name}: sent`);
    this.buttons(row, BUTTONS[entry.state] ?? []);
    part("review").hidden = entry.state !== "sent";
  }

  // Focus stays: when the focused button goes, the one that takes its place gets it.
  buttons(row, shown) {
    const focused = row.contains(document.activeElement) ? document.activeElement : null;
    for (const button of row.querySelectorAll("button[data-do]")) {
      button.hidden = !shown.includes(button.dataset.do);
    }
    if (focused?.hidden) (row.querySelector("button[data-do]:not([hidden])") ?? this.heading()).focus();
  }

  remove(key, row) {
    const focused = row.contains(document.activeElement);
    row.remove();
    this.rows.delete(key);
    if (focused) this.heading().focus();
  }

  heading() {
    return this.section.querySelector("[data-heading]");
  }

  pressed(event) {
    const button = event.target.closest("button[data-do]");
    if (!button) return;
    const verb = button.dataset.do;
    const row = button.closest("[data-key]");
    if (!row) return this.sender[verb]?.();
    const entry = this.sender.entries.find(({ key }) => key === row.dataset.key);
    if (verb === "pick") this.section.dispatchEvent(new CustomEvent("pick", { bubbles: true }));
    else if (verb === "dismiss") this.sender.drop(entry);
    else this.sender[verb](entry);
    this.draw();
  }

  total() {
    const open = this.sender.open;
    const arrived = this.sender.entries.filter(({ state }) => state === "sent");
    const counted = [...open, ...arrived].filter(({ state }) => state !== "checking");
    const all = counted.reduce((sum, { size }) => sum + size, 0);
    const sent = counted.reduce((sum, entry) => sum + entry.sent, 0);
    const done = percent(sent, all);
    const set = (name, words) => text(this.section.querySelector(`[data-${name}]`), words);
    const refused = this.sender.entries.length - counted.length;
    const rest = arrived.length ? `${files(arrived.length)} arrived` : refused ? `${files(refused)} could not be taken` : "";
    set("total", open.length ? `${bytes(sent)} of ${bytes(all)}${this.pace(all - sent)}` : rest);
    set("count", open.length ? `Sending ${files(open.length)}` : arrived.length ? "All files have arrived" : "Not sent");
    const bar = this.section.querySelector("[data-total-bar]");
    bar.hidden = !open.length;
    bar.value = done;
    const some = (...states) => open.some(({ state }) => states.includes(state));
    for (const [verb, use] of [
      ["pauseAll", some("uploading", "waiting")],
      ["resumeAll", some("paused") && !some("uploading", "waiting")],
      ["cancelAll", open.length > 1],
    ]) this.section.querySelector(`[data-do=${verb}]`).hidden = !use;
    document.title = open.length && this.sender.sending ? `${done} % · ${this.title}` : this.title;
    this.milestones(open.length || arrived.length ? done : 0, open.length);
  }

  // Speed over the last ten seconds, and what is left at that speed.
  pace(left) {
    const now = Date.now();
    const total = this.sender.entries.reduce((sum, entry) => sum + entry.sent, 0);
    this.history.push([now, total]);
    this.history = this.history.filter(([time]) => now - time < 10_000);
    const [time, before] = this.history[0];
    const speed = now > time + 500 ? (total - before) / ((now - time) / 1000) : 0;
    if (speed <= 0 || !this.sender.sending) return "";
    return ` · ${bytes(speed)}/s · about ${duration(left / speed)} left`;
  }

  milestones(done, open) {
    const step = open ? Math.min(75, Math.floor(done / 25) * 25) : done === 100 ? 100 : 0;
    if (step > this.said) this.announce(step === 100 ? "All files have arrived." : `${step} % sent.`);
    this.said = step;
  }

  announce(words) {
    text(this.section.ownerDocument.getElementById("uploads-said"), words);
  }

  banner(name, shown) {
    this.section.querySelector(`[data-banner=${name}]`).hidden = !shown;
    if (shown) this.section.hidden = false;
  }

  offline() {
    this.banner("offline", !navigator.onLine && this.sender.open.length > 0);
  }
}

function text(element, words) {
  if (element && element.textContent !== words) element.textContent = words;
}

function detail(entry) {
  if (["uploading", "paused", "failed", "ghost"].includes(entry.state) && entry.sent) {
    return `${percent(entry.sent, entry.size)} % · ${bytes(entry.sent)} of ${bytes(entry.size)}`;
  }
  return "";
}

function ghostly(entry) {
  const at = entry.sent ? ` at ${percent(entry.sent, entry.size)} %` : "";
  return `Pick ${entry.name} again to continue${at}.`;
}
