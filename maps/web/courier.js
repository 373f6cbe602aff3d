// Sends what waits in the outbox, as often as it takes. Sending twice is harmless: ids and bytes are the same.

import { acknowledge, changed, refuse, waiting } from "wardline/outbox";
import { page } from "wardline/page";
import { FIRST_PAUSE_MS, LONGEST_PAUSE_MS, mayPass, sendParts } from "wardline/photos";
import { get } from "wardline/store";
import { _ } from "wardline/text";

const AT_ONCE = 3;

export const state = new EventTarget();
state.online = navigator.onLine;

let pause = FIRST_PAUSE_MS;
let timer = null;

function say(online) {
  state.online = online;
  state.dispatchEvent(new Event("change"));
}

function where(path, district) {
  return district ? `${path}?${new URLSearchParams({ district })}` : path;
}

function headers(phone, more) {
  const language = { "Accept-Language": page.lang };
  return phone ? { ...language, ...more, Authorization: `Bearer ${phone.token}` } : { ...language, ...more };
}

/** Ask without the cookie of whoever is signed in now: a thing is sent by who made it. */
function ask(path, options) {
  return fetch(path, { credentials: "omit", cache: "no-store", ...options });
}

async function sendFile(entry, phone) {
  const file = await get("files", entry.sha256);
  // Two visits may name one photo: it went with the first of them.
  if (!file) return null;
  const path = where(`/api/v1/devices/${encodeURIComponent(phone.code)}/files/${entry.sha256}`, entry.district);
  return sendParts((method, more, body) => ask(path, { method, headers: headers(phone, more), body }), file.blob);
}

function sendBatch(entry, phone) {
  return ask(where(`/api/v1/devices/${encodeURIComponent(phone.code)}/batches/${entry.id}`, entry.district), {
    method: "PUT",
    // The bytes may have waited: by how much this phone's clock is off is measured from when they go.
    headers: headers(phone, { "Content-Type": "application/json", "Sent-At": new Date().toISOString() }),
    body: entry.body,
  });
}

function sendReport(entry) {
  return ask(where("/api/v1/incidents", entry.district), {
    method: "POST",
    headers: headers(null, { "Content-Type": "application/json", "Idempotency-Key": entry.id }),
    body: entry.body,
  });
}

/** Send one thing; return whether to go on: false where the network or the service is away. */
async function send(entry) {
  const phone = entry.phone ? await get("phones", entry.phone) : null;
  const ways = { batch: sendBatch, file: sendFile, report: sendReport };
  let answer;
  try {
    answer = await ways[entry.kind](entry, phone);
  } catch {
    return false;
  }
  if (answer === null || answer.ok) {
    await acknowledge(entry, answer === null ? null : await answer.json().catch(() => null));
    return true;
  }
  const problem = await answer.json().catch(() => ({}));
  if (answer.status === 401) {
    await refuse(entry, _("This phone's right to send has ended. Sign in as {name} to renew it.", { name: entry.login ?? "" }));
    return true;
  }
  if (!mayPass(answer.status)) {
    await refuse(entry, problem.detail || _("The service answered {status}", { status: answer.status }));
    return true;
  }
  const wait = Number(answer.headers.get("Retry-After"));
  if (wait > 0) pause = Math.min(wait * 1000, LONGEST_PAUSE_MS);
  return false;
}

async function sendAll() {
  const tried = new Set();
  for (;;) {
    const next = (await waiting()).filter((one) => one.state === "waiting" && !tried.has(one.id)).slice(0, AT_ONCE);
    if (!next.length) return true;
    for (const one of next) tried.add(one.id);
    const went = await Promise.all(next.map(send));
    if (went.includes(false)) return false;
  }
}

/** Send everything now; plan the next try where it does not all go. Pages of one browser take turns. */
export async function deliver() {
  clearTimeout(timer);
  await navigator.locks.request("wardline-courier", { ifAvailable: true }, async (lock) => {
    if (!lock) return;
    const through = await sendAll();
    pause = through ? FIRST_PAUSE_MS : Math.min(pause * 2, LONGEST_PAUSE_MS);
    say(through);
  });
  const left = (await waiting()).some((one) => one.state === "waiting");
  if (left) timer = setTimeout(deliver, pause);
}

/** Keep delivering: when something is queued, when the network comes back, when the page is looked at. */
export function start() {
  changed.addEventListener("change", deliver);
  window.addEventListener("online", () => {
    pause = FIRST_PAUSE_MS;
    deliver();
  });
  window.addEventListener("offline", () => say(false));
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && deliver());
  deliver();
}
