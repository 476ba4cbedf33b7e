// The files on their way: one entry each, from the pick to the last byte.
import { check } from "./check.js";
import { makeEngine, PARTS_AT_ONCE } from "./engine.js";
import { Refusal, Server } from "./server.js";

const FILES_AT_ONCE = 3;
const AGAIN_AFTER = 15_000;
export const OPEN = ["checking", "waiting", "uploading", "paused", "failed", "ghost", "finishing"];

const bytesOf = (parts) => parts.reduce((sum, { size }) => sum + size, 0);

export class Sender extends EventTarget {
  constructor({ endpoint, room, store }) {
    super();
    this.server = new Server(endpoint);
    this.room = room;
    this.store = store;
    this.entries = [];
    this.held = false; // "Pause all"
    this.locked = null; // becomes a promise once asked for
    this.release = null;
    addEventListener("online", () => this.retryPassing());
  }

  get open() {
    return this.entries.filter((entry) => OPEN.includes(entry.state));
  }

  get sending() {
    return this.open.some((entry) => ["uploading", "waiting", "finishing", "checking"].includes(entry.state));
  }

  change(entry, changes = {}) {
    Object.assign(entry, changes);
    this.tell("change", entry);
  }

  // ---- taking files in
  async pick(files, { collection = "", title = "" } = {}) {
    const entries = files.map((file) => this.enter(file, collection, title));
    for (const entry of entries) {
      const found = await check(entry.file, this.left());
      if (entry.state !== "checking") continue;
      if (found.problem) {
        this.change(entry, { state: "refused", ...found });
        continue;
      }
      this.change(entry, { state: "waiting", facts: found.facts });
      this.lock().then(() => this.admit(entry));
    }
  }

  enter(file, collection, title) {
    const entry = {
      key: crypto.randomUUID?.() ?? String(Math.random()),
      file,
      name: file.name,
      size: file.size,
      collection,
      title,
      state: "checking",
      sent: 0,
      facts: "",
      problem: "",
      advice: "",
    };
    this.entries.push(entry);
    this.change(entry);
    return entry;
  }

  // What this organization may still take, less what is already on its way from here.
  left() {
    if (this.room === null) return null;
    const taken = this.entries.filter((entry) => ["waiting", "uploading", "paused"].includes(entry.state) && !entry.upload);
    return this.room - taken.reduce((sum, entry) => sum + entry.size, 0);
  }

  // One tab of a browser sends at a time; the others wait for it to finish or close.
  lock() {
    this.locked ??= new Promise((resolve) => {
      const waits = setTimeout(() => this.tell("elsewhere", true), 400);
      this.request({}, async () => {
        clearTimeout(waits);
        this.tell("elsewhere", false);
        await this.hold(resolve);
      });
    });
    return this.locked;
  }

  // At the start of a page: what an earlier visit left, unless another tab is at it.
  resumeEarlier() {
    this.locked = new Promise((resolve) => {
      this.request({ ifAvailable: true }, async (lock) => {
        if (lock) return this.hold(resolve);
        this.locked = null;
      });
    });
  }

  request(options, callback) {
    if (navigator.locks) navigator.locks.request(this.store, options, callback);
    else callback({});
  }

  async hold(ready) {
    const done = new Promise((release) => (this.release = release));
    await this.openEngine();
    ready();
    this.unlockWhenDone();
    await done;
  }

  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  // With nothing left to send, the next tab may. Later, since Uppy may be in the middle of telling.
  unlockWhenDone() {
    setTimeout(() => {
      if (this.open.length || !this.release) return;
      this.engine.uppy.destroy();
      this.engine = null;
      this.release();
      this.release = null;
      this.locked = null;
    });
  }

  async openEngine() {
    this.engine = makeEngine(this.store, this.server);
    const { uppy } = this.engine;
    uppy.on("upload-progress", (file, progress) => this.progressed(file.id, progress));
    uppy.on("parts-listed", (id, parts) => this.listed(id, parts));
    uppy.on("upload-success", (file) => this.arrived(file.id));
    uppy.on("upload-error", (file, error) => this.stumbled(file.id, error));
    for (const file of await this.engine.restore()) await this.recall(file);
  }

  of(id) {
    return this.entries.find((entry) => entry.id === id);
  }

  // ---- what an earlier visit left
  async recall(file) {
    const { upload, partSize, parts, collection = "", title = "" } = file.meta;
    if (file.progress.uploadComplete) return this.engine.uppy.removeFile(file.id);
    const entry = {
      key: file.id,
      id: file.id,
      file: file.data,
      name: file.name,
      size: file.size,
      collection,
      title,
      upload,
      partSize,
      parts,
      sent: 0,
      facts: "",
      problem: "",
      advice: "",
      state: file.isGhost ? "ghost" : "waiting",
    };
    if (upload && !(await this.received(entry))) return this.engine.uppy.removeFile(file.id);
    this.entries.push(entry);
    this.change(entry);
    this.pump();
  }

  // The bucket's own list is the truth about what arrived; false when the upload is over.
  async received(entry) {
    try {
      const { state } = await this.server.upload(entry.upload);
      if (state !== "uploading") return false;
      const { parts } = await this.server.parts(entry.upload);
      entry.sent = bytesOf(parts);
      return true;
    } catch (error) {
      return error.passing;
    }
  }

  admit(entry) {
    if (entry.state !== "waiting" || entry.id) return;
    let id;
    try {
      id = this.engine.add(entry.file, entry.collection, entry.title);
    } catch {
      const problem = "This file is already in the list.";
      return this.change(entry, { state: "refused", problem, advice: "It is sent once." });
    }
    const ghost = this.of(id);
    if (ghost) {
      this.drop(entry);
      this.change(ghost, { file: entry.file, state: "waiting" });
    } else entry.id = id;
    this.pump();
  }

  drop(entry) {
    this.entries = this.entries.filter((other) => other !== entry);
    this.change(entry, { state: "gone" });
  }

  // ---- sending
  pump() {
    const busy = this.entries.filter(({ state }) => state === "uploading" || state === "finishing").length;
    const next = this.entries.filter(({ state, id }) => state === "waiting" && id).slice(0, FILES_AT_ONCE - busy);
    if (!this.held) for (const entry of next) this.begin(entry);
  }

  async begin(entry) {
    this.change(entry, { state: "uploading", problem: "", advice: "" });
    let fresh = false;
    if (!entry.upload) {
      try {
        const { name, size, collection, title } = entry;
        const made = await this.server.start({ filename: name, size, collection, title });
        Object.assign(entry, { upload: made.id, partSize: made.part_size, parts: made.part_count });
        fresh = true;
      } catch (error) {
        return this.failed(entry, error);
      }
      this.engine?.remember(entry);
      if (entry.state === "gone") return this.giveUp(entry.upload);
      if (entry.state !== "uploading") return; // paused meanwhile
    }
    entry.started = true;
    this.engine.send(entry, fresh);
    this.change(entry);
  }

  progressed(id, { bytesUploaded }) {
    const entry = this.of(id);
    if (entry?.state !== "uploading" && entry?.state !== "finishing") return;
    // Uppy begins anew with parts that were on their way when it was paused; the sum stays.
    const sent = Math.max(entry.sent, bytesUploaded || 0);
    this.change(entry, { sent, moved: Date.now(), state: sent >= entry.size ? "finishing" : "uploading" });
  }

  // The bar falls back only where the bucket has lost parts, not for those that were on their way.
  listed(id, parts) {
    const entry = this.of(id);
    if (entry && bytesOf(parts) < entry.sent - PARTS_AT_ONCE * entry.partSize) {
      this.change(entry, { sent: bytesOf(parts) });
    }
  }

  arrived(id) {
    const entry = this.of(id);
    if (!entry) return;
    this.server.forget(entry.upload);
    this.engine.uppy.removeFile(id);
    entry.file = null;
    this.change(entry, { state: "sent", sent: entry.size });
    this.pump();
    this.unlockWhenDone();
  }

  async stumbled(id, error) {
    const entry = this.of(id);
    if (!entry || entry.state === "paused") return;
    this.server.forget(entry.upload); // addresses may have run out
    entry.started = false;
    try {
      await entry.file.slice(0, 1).arrayBuffer();
    } catch {
      const problem = "The file was moved or changed while it was being sent.";
      error = new Refusal(400, problem, "Cancel, then pick it again.");
    }
    this.failed(entry, error);
  }

  failed(entry, error) {
    const known = error instanceof Refusal;
    const passing = !known || error.passing;
    this.change(entry, {
      state: "failed",
      passing,
      problem: known ? error.message : "The connection to the file store broke.",
      advice: passing ? "It is tried again by itself; what was sent is kept." : error.advice ?? "",
    });
    if (passing) setTimeout(() => entry.state === "failed" && entry.passing && this.retry(entry), AGAIN_AFTER);
    this.pump();
  }

  // ---- buttons
  pause(entry) {
    if (!["uploading", "waiting"].includes(entry.state)) return;
    this.change(entry, { state: "paused" });
    if (entry.started) this.engine.uppy.pauseResume(entry.id);
    this.pump();
  }

  resume(entry) {
    if (entry.state !== "paused") return;
    if (!entry.started) return this.again(entry);
    this.change(entry, { state: "uploading", moved: Date.now() });
    this.engine.uppy.pauseResume(entry.id);
  }

  retry(entry) {
    if (entry.state === "failed") this.again(entry);
  }

  again(entry) {
    this.change(entry, { state: "waiting", problem: "", advice: "" });
    if (entry.id) this.pump();
    else this.lock().then(() => this.admit(entry));
  }

  retryPassing() {
    for (const entry of this.entries) if (entry.passing) this.retry(entry);
  }

  cancel(entry) {
    this.drop(entry);
    if (entry.id) this.engine?.uppy.removeFile(entry.id);
    if (entry.upload) this.giveUp(entry.upload);
    this.pump();
    this.unlockWhenDone();
  }

  giveUp(upload) {
    this.server.abort(upload).catch((error) => this.tell("trouble", error.message));
  }

  pauseAll() {
    this.held = true;
    for (const entry of this.open) this.pause(entry);
  }

  resumeAll() {
    this.held = false;
    for (const entry of this.open) this.resume(entry);
    this.pump();
  }

  cancelAll() {
    for (const entry of this.open) this.cancel(entry);
  }
}
