// The endpoints of our own server. The bucket is spoken to by Uppy alone.
const DELAYS = [0, 1000, 3000, 5000, 10000, 20000, 30000];

export class Refusal extends Error {
  constructor(status, problem, advice = "") {
    super(problem);
    this.status = status;
    this.advice = advice;
  }

  // Worth another try by itself, without anybody's doing.
  get passing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

export class Server {
  constructor(address) {
    this.address = address;
    this.signed = new Map(); // upload -> Map(part -> {url, until})
  }

  start(body) {
    return this.send("POST", "", body);
  }

  upload(id) {
    return this.again("GET", `${id}/`);
  }

  parts(id) {
    return this.again("GET", `${id}/parts`);
  }

  finish(id) {
    return this.again("POST", `${id}/finish`, {});
  }

  abort(id) {
    this.forget(id);
    return this.again("POST", `${id}/abort`, {});
  }

  forget(id) {
    this.signed.delete(id);
  }

  // Fifty parts a request: a file of 50 GB asks 64 times, not 3,200 times.
  async sign(id, part, last) {
    const known = this.signed.get(id) ?? new Map();
    this.signed.set(id, known);
    const kept = known.get(part);
    if (kept && (kept.pending || kept.until - Date.now() > 120_000)) return (await kept).url;
    const wanted = Array.from({ length: Math.min(50, last - part + 1) }, (_, i) => part + i);
    const answer = this.send("POST", `${id}/sign`, { parts: wanted });
    for (const number of wanted) known.set(number, pending(answer, number, known));
    return (await known.get(part)).url;
  }

  async again(method, path, body) {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.send(method, path, body);
      } catch (error) {
        if (!error.passing || attempt >= DELAYS.length) throw error;
        await new Promise((resolve) => setTimeout(resolve, DELAYS[attempt]));
      }
    }
  }

  async send(method, path, body) {
    let response;
    try {
      response = await fetch(this.address + path, {
        method,
        headers: { accept: "application/json", "content-type": "application/json", "x-csrftoken": token() },
        body: body === undefined ? undefined : JSON.stringify(body),
        credentials: "same-origin",
        cache: "no-store",
      });
    } catch {
      throw new Refusal(0, "The server cannot be reached.", "It is tried again by itself.");
    }
    const answer = await response.json().catch(() => ({}));
    if (response.ok) return answer;
    throw refusal(response.status, answer);
  }
}

function pending(answer, number, known) {
  const promise = answer.then(
    ({ urls, seconds }) => {
      const { url } = urls.find(({ part }) => part === number);
      const kept = { url, until: Date.now() + seconds * 1000 };
      known.set(number, kept);
      return kept;
    },
    (error) => {
      known.delete(number);
      throw error;
    },
  );
  promise.pending = true;
  promise.catch(() => {}); // said by the part that waits for it
  return promise;
}

// A stranger learns nothing here, so a person who was signed out meanwhile is told 404.
function refusal(status, { detail, advice } = {}) {
  if ([401, 403, 404].includes(status)) {
    return new Refusal(
      status,
      "You are signed out, or may no longer upload here.",
      "Sign in again in another tab, then choose “Try again”. What was sent is kept.",
    );
  }
  if (status >= 500) {
    return new Refusal(status, "The server could not answer.", "It is tried again by itself.");
  }
  return new Refusal(status, detail ?? `The server said no (${status}).`, advice);
}

// Read each time: signing in again changes it.
function token() {
  const found = document.cookie.match(/(?:^|; )(?:__Host-)?csrf=([^;]+)/);
  return found ? decodeURIComponent(found[1]) : "";
}
