// The REST API, as this console uses it; there is no other way from here to the node.
const base = "/api/v1";
let csrf = null;

/** A refusal in the API's own words (RFC 9457). */
export class Problem extends Error {
  constructor(status, body) {
    super(body.title || `HTTP ${status}`);
    Object.assign(this, { status, code: body.code, detail: body.detail, remedy: body.remedy, requestId: body.request_id });
  }
}

export function rememberCsrf(token) {
  csrf = token;
}

async function readProblem(answer) {
  const body = await answer.json().catch(() => ({}));
  return new Problem(answer.status, body);
}

export async function ask(method, path, body, headers = {}) {
  const options = { method, headers: { ...headers }, credentials: "same-origin" };
  if (csrf && method !== "GET") options.headers["X-CSRF-Token"] = csrf;
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  let answer;
  try {
    answer = await fetch(base + path, options);
  } catch {
    throw new Problem(0, { title: "The node does not answer", remedy: "Check that it runs, and the network between" });
  }
  if (!answer.ok) throw await readProblem(answer);
  const json = await answer.json();
  if (answer.status === 200 && json && answer.headers.get("ETag")) Object.defineProperty(json, "etag", { value: answer.headers.get("ETag") });
  return json;
}

/** Said where a timer asks and no person, so that a session may end before an empty chair. */
export const background = { "Bestow-Background": "1" };

export const get = (path, headers) => ask("GET", path, undefined, headers);
export const post = (path, body = {}) => ask("POST", path, body);

/** "a=1&b=2" of what has a value, with its question mark; "" of nothing. */
export function query(values) {
  const pairs = Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return pairs.length ? "?" + pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&") : "";
}

export const url = (path) => base + path;
export const segment = encodeURIComponent;

/** Bytes or text as the API takes files: base64. */
export function base64(bytes) {
  const octets = typeof bytes === "string" ? new TextEncoder().encode(bytes) : new Uint8Array(bytes);
  let text = "";
  for (let i = 0; i < octets.length; i += 8192) text += String.fromCharCode(...octets.subarray(i, i + 8192));
  return btoa(text);
}

export function fromBase64(text) {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}

/** Gives `bytes` to the browser as a file. */
export function save(name, bytes, type = "application/octet-stream") {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

/** The same values, those named as files in base64. */
export const files = (values, ...names) => ({ ...values, ...Object.fromEntries(names.filter((name) => values[name]).map((name) => [name, base64(values[name])])) });
