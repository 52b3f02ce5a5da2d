// Talking to the server: plain requests, and acts that may be sent again without being done twice.

const BASE = "/console";
const TRIES = 6;

/** The server refused: `code` to act on, `message` to show, `details` all that it said. */
export class Refused extends Error {
  constructor(code, reason, status, details = {}) {
    super(reason);
    this.code = code;
    this.status = status;
    this.details = details;
  }
}

/** Nobody answered, or only "try again". */
export class Unreachable extends Error {}

export async function request(method, path, body) {
  const options = { method, headers: {} };
  if (body instanceof Blob) options.body = body;
  else if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  let response;
  try {
    response = await fetch(BASE + path, options);
  } catch {
    throw new Unreachable("The server cannot be reached.");
  }
  const answer = await response.json().catch(() => null);
  if (response.ok) return answer;
  const reason = answer?.reason ?? `The server could not do that (${response.status}).`;
  if (response.status >= 502 || answer?.code === "storage") throw new Unreachable(reason);
  throw new Refused(answer?.code ?? "unknown", reason, response.status, answer ?? {});
}

/**
 * Do something to a ticket. The act carries an id of its own, so it is sent again until it is known what became of
 * it. Throws Refused, or Unreachable after some tries.
 */
export async function act(ticket, name, details = {}, actId = newActId()) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await request("POST", `/tickets/${ticket}/${name}`, { act_id: actId, ...details });
    } catch (error) {
      if (!(error instanceof Unreachable) || tries === TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250 * 2 ** tries));
    }
  }
}

export function newActId() {
  // crypto.randomUUID exists on secure pages only; a desk in a home network may be plain http.
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function upload(file) {
  return request("POST", `/files?name=${encodeURIComponent(file.name || "picture")}`, file);
}

export function fileAddress(file) {
  return `${BASE}/files/${file.sha256}?name=${encodeURIComponent(file.name)}`;
}
