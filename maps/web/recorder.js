// Records where the phone is, from the moment a person begins a patrol until they end it, and never else.

import { pack } from "wardline/outbox";
import { byCode } from "wardline/phone";
import { all, get, put, together } from "wardline/store";

const PACK_EVERY_MS = 60_000;
const LONGEST_MS = Number(document.querySelector("[data-shift-hours]").dataset.shiftHours) * 3_600_000;

export const state = new EventTarget();
state.track = null;
state.fix = null;
state.points = 0;
state.trouble = null;
state.endedItself = false;

let watch = null;
let packing = null;
let last = Promise.resolve();

function tell() {
  state.dispatchEvent(new Event("change"));
}

/** The track that runs, also after the page was closed in the middle of it. */
export async function running() {
  return (await all("tracks")).find((one) => one.ended_at === null) ?? null;
}

/** When a shift that nobody ends is over, by the phone's clock. */
function limit(track) {
  return Date.parse(track.started_at) + LONGEST_MS;
}

async function keep(position) {
  // A page in the background may be late to end the shift; it records nothing beyond it all the same.
  if (Date.now() > limit(state.track)) return;
  const { latitude, longitude, accuracy, speed, heading } = position.coords;
  const point = {
    at: new Date(position.timestamp).toISOString(),
    lon: longitude,
    lat: latitude,
    accuracy_m: accuracy,
    speed_ms: speed ?? null,
    course: Number.isFinite(heading) ? heading : null,
  };
  const { track } = state.track;
  state.points = await together(["tracks", "points"], async (stores, settled) => {
    const now = await settled(stores.tracks.get(track));
    stores.points.put({ track, seq: now.next, ...point });
    stores.tracks.put({ ...now, next: now.next + 1 });
    return now.next + 1;
  });
  state.fix = point;
  state.trouble = null;
  tell();
}

async function packNow() {
  await pack(state.track.track, await byCode(state.track.phone));
}

async function tick() {
  if (Date.now() > limit(state.track)) await end();
  else await packNow();
}

function listen() {
  watch = navigator.geolocation.watchPosition(
    (position) => {
      // One after the other, in the order they were measured.
      last = last.then(() => keep(position)).catch((error) => {
        state.trouble = String(error);
        tell();
      });
    },
    (error) => {
      state.trouble = error.message || String(error.code);
      tell();
    },
    { enableHighAccuracy: true, maximumAge: 0 },
  );
  packing = setInterval(tick, PACK_EVERY_MS);
  tell();
}

export async function begin(phone, mode) {
  state.track = {
    track: crypto.randomUUID(),
    phone: phone.code,
    mode,
    name: "",
    started_at: new Date().toISOString(),
    ended_at: null,
    next: 0,
    packed: 0,
  };
  state.points = 0;
  state.fix = null;
  state.endedItself = false;
  await put("tracks", state.track);
  listen();
}

/** Go on with a patrol that the page left running. */
export async function resume() {
  const track = await running();
  if (!track) return;
  state.track = track;
  state.points = track.next;
  if (Date.now() > limit(track)) await end();
  else listen();
}

export async function end() {
  navigator.geolocation.clearWatch(watch);
  clearInterval(packing);
  await last;
  const asked = Date.now();
  const over = Math.min(asked, limit(state.track));
  await together(["tracks"], async (stores, settled) => {
    const now = await settled(stores.tracks.get(state.track.track));
    stores.tracks.put({ ...now, ended_at: new Date(over).toISOString() });
  });
  await packNow();
  state.endedItself = over < asked;
  state.track = null;
  state.fix = null;
  tell();
}

/** Pack what older, ended patrols left, such as after a crash in the middle of packing. */
export async function packRest() {
  for (const track of await all("tracks")) {
    if (track.packed < track.next) await pack(track.track, await get("phones", track.phone));
  }
}
