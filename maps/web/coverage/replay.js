// A patrol again: who walked when, and on request the way of one of them, played on the map.
// Where others were is shown to some ten metres, for a purpose that the audit keeps.

import { ask, Problem } from "wardline/api";
import { clockForm, clockNote } from "wardline/coverage/clocks";
import { withdrawing, withdrawnNote } from "wardline/coverage/withdrawing";
import { byId, make, message, replace } from "wardline/dom";
import { fit } from "wardline/ground";
import { map } from "wardline/page";
import { colour, onTheme } from "wardline/palette";
import { sheet } from "wardline/sheet";
import { _, count, decimal, instant } from "wardline/text";

const L = window.L;
const LONGEST_MS = 92 * 86400000;
const AROUND_PX = 24;
const SLIDER_STEPS = 1000;
const LEAST_BOUNDS_DEG = 0.005;
const UUID = /^[0-9a-f]{8}-[0-9a-f-]{27}$/;

/** The place at a time on a way: between two fixes of one part evenly, between parts where the first one was. */
export function placeAt(way, time) {
  const { at, lat, lon, part } = way;
  let [low, high] = [0, at.length - 1];
  if (time <= at[0]) return { lat: lat[0], lon: lon[0], index: 0 };
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (at[middle] <= time) low = middle;
    else high = middle - 1;
  }
  const next = low + 1;
  if (next >= at.length || part[next] !== part[low]) return { lat: lat[low], lon: lon[low], index: low };
  const share = (time - at[low]) / (at[next] - at[low] || 1);
  return { lat: lat[low] + share * (lat[next] - lat[low]), lon: lon[low] + share * (lon[next] - lon[low]), index: low };
}

/** The lines of a way up to an index, one for each part. */
export function linesUpTo(way, last) {
  const lines = [];
  for (let k = 0; k <= last; k += 1) {
    if (k === 0 || way.part[k] !== way.part[k - 1]) lines.push([]);
    lines.at(-1).push([way.lat[k], way.lon[k]]);
  }
  return lines;
}

function whose(patrol) {
  return patrol.who && !UUID.test(patrol.who) ? patrol.who : patrol.device;
}

function titleOf(patrol) {
  return _("{who}, {when}", { who: whose(patrol), when: instant(patrol.started_at) });
}

/** How somebody moves, in words. */
export function modeName(mode) {
  const known = { foot: _("on foot"), ski: _("on skis"), bicycle: _("by bicycle"), horse: _("on horseback"), atv: _("by quad bike"), car: _("by car"), boat: _("by boat") };
  return known[mode] ?? mode;
}

/** Ask in words what for; null where it was not said. */
function askPurpose(patrol) {
  const dialog = byId("purpose");
  byId("purpose-whose").textContent = titleOf(patrol);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((done) => {
    dialog.addEventListener("close", () => done(dialog.returnValue === "show" ? dialog.querySelector("input").value : null), { once: true });
  });
}

/** The way on the map with its controls. */
function player() {
  const pen = L.canvas({ pane: "points", padding: 0.3 });
  const drawn = L.layerGroup().addTo(map);
  const controls = { slider: byId("replay-slider"), play: byId("replay-play"), speed: byId("replay-speed") };
  let way = null;
  let time = 0;
  let before = 0;
  let frame = 0;

  const end = () => way.at.at(-1);
  const paint = () => {
    drawn.clearLayers();
    if (!way) return;
    const here = placeAt(way, time);
    const look = { renderer: pen, interactive: false, smoothFactor: 0.5 };
    L.polyline(linesUpTo(way, way.at.length - 1), { ...look, color: colour("quiet"), weight: 2, dashArray: "2 4" }).addTo(drawn);
    const gone = linesUpTo(way, here.index);
    gone.at(-1).push([here.lat, here.lon]);
    L.polyline(gone, { ...look, color: colour("casing"), weight: 7 }).addTo(drawn);
    L.polyline(gone, { ...look, color: colour("label"), weight: 3.5 }).addTo(drawn);
    L.circleMarker([here.lat, here.lon], { ...look, radius: 7, weight: 2.5, color: colour("casing"), fillColor: colour("selected"), fillOpacity: 1 }).addTo(drawn);
    const said = instant(new Date(time).toISOString());
    controls.slider.value = String(Math.round(((time - way.at[0]) / (end() - way.at[0] || 1)) * SLIDER_STEPS));
    controls.slider.setAttribute("aria-valuetext", said);
    byId("replay-time").textContent = said;
    byId("replay").dataset.index = String(here.index);
  };
  const showPlaying = () => {
    controls.play.textContent = frame ? _("Pause") : _("Play");
    byId("replay").dataset.playing = frame ? "1" : "0";
  };
  const stop = () => {
    window.cancelAnimationFrame(frame);
    frame = 0;
    showPlaying();
  };
  const go = (now) => {
    time = Math.min(end(), time + (now - before) * Number(controls.speed.value));
    before = now;
    paint();
    frame = time < end() ? window.requestAnimationFrame(go) : 0;
    if (!frame) showPlaying();
  };
  const play = () => {
    if (time >= end()) time = way.at[0];
    before = performance.now();
    frame = window.requestAnimationFrame(go);
    showPlaying();
  };
  const close = () => {
    stop();
    way = null;
    byId("replay").hidden = true;
    paint();
  };
  controls.play.addEventListener("click", () => (frame ? stop() : play()));
  controls.slider.addEventListener("input", () => {
    stop();
    time = way.at[0] + (Number(controls.slider.value) / SLIDER_STEPS) * (end() - way.at[0]);
    paint();
  });
  byId("replay-close").addEventListener("click", () => {
    close();
    document.querySelector('[data-patrol][aria-pressed="true"]')?.focus();
  });
  byId("replay").addEventListener("keydown", ({ key }) => key === "Escape" && byId("replay-close").click());
  onTheme(paint);
  return {
    close,
    show(answer) {
      stop();
      way = { ...answer, at: answer.at.map((text) => Date.parse(text)) };
      time = way.at[0];
      const [lats, lons] = [way.lat, way.lon];
      const box = L.latLngBounds(lats.map((lat, k) => [lat, lons[k]]));
      const grown = L.latLngBounds(box.getSouthWest(), box.getNorthEast()).extend([box.getSouth() - LEAST_BOUNDS_DEG, box.getWest() - LEAST_BOUNDS_DEG]);
      byId("replay").hidden = false;
      // Clear of the controls as well.
      const above = { paddingTopLeft: [AROUND_PX, byId("replay").offsetHeight + 2 * AROUND_PX] };
      fit([grown.getWest(), grown.getSouth(), grown.getEast(), grown.getNorth()], above);
      byId("replay-title").textContent = titleOf(answer.patrol);
      showPlaying();
      paint();
      controls.play.focus();
    },
  };
}

/** The list of patrols of a period, asked for when it is opened; `changed()` is called where that changed what was walked. */
export function patrols(changed) {
  const place = byId("patrols");
  if (!place) return { show() {} };
  const details = byId("patrols-section");
  const stage = player();
  const beside = withdrawing(changed);
  let period = null;
  let listed = null;
  let chosen = null;
  let returning = null; // Where the focus was when a form changed what is listed.

  const tell = (problem) => {
    if (!(problem instanceof Problem)) throw problem;
    replace(byId("patrols-problem"), message(problem.title, problem.detail, "message-warn"));
  };
  const open = async (patrol) => {
    replace(byId("patrols-problem"));
    const purpose = patrol.own ? null : await askPurpose(patrol);
    if (!patrol.own && purpose === null) return;
    chosen = patrol.id;
    for (const row of place.querySelectorAll("[data-patrol]")) row.setAttribute("aria-pressed", String(row.dataset.patrol === chosen));
    try {
      const answer = await ask("fixes", `/api/v1/patrols/${encodeURIComponent(patrol.id)}/fixes`, { purpose });
      if (answer.at.length) {
        sheet("middle");
        stage.show(answer);
      } else {
        replace(byId("patrols-problem"), message(_("Its positions are kept no longer"), _("What it proved stays in the coverage.")));
      }
    } catch (problem) {
      tell(problem);
    }
  };
  const row = (patrol) => {
    const hours = (Date.parse(patrol.ended_at) - Date.parse(patrol.started_at)) / 3600000;
    const entry = make(
      "button",
      { class: "row", type: "button", "data-patrol": patrol.id, "aria-pressed": String(patrol.id === chosen), on: { click: () => open(patrol) } },
      make("span", { class: "row-title" }, whose(patrol)),
      make("span", { class: "row-value number" }, _("{n} h", { n: decimal(hours, 1) })),
      make("span", { class: "row-note" }, [instant(patrol.started_at), modeName(patrol.mode), _("{n} positions", { n: count(patrol.fixes) }), patrol.own ? _("your own") : null, clockNote(patrol.clock), ...withdrawnNote(patrol)].filter(Boolean).join(" · ")),
    );
    return beside(clock.beside(entry, patrol, titleOf(patrol)), patrol, titleOf(patrol));
  };
  const load = async () => {
    if (!details.open || listed === period) return;
    const asked = period;
    const from = Math.max(Date.parse(asked.from), Date.parse(asked.to) - LONGEST_MS);
    const answer = await ask("patrols", "/api/v1/patrols", { from: new Date(from).toISOString(), to: new Date(asked.to).toISOString() });
    if (asked !== period) return;
    listed = asked;
    const found = answer.items.filter(({ started_at: start, fixes }) => start && fixes).reverse();
    replace(place, ...(found.length ? found.map(row) : [make("p", { class: "row soft" }, _("None in this period."))]));
    if (returning) place.querySelector(`[data-clock="${returning}"]`)?.focus();
    returning = null;
  };
  const clock = clockForm((patrol) => {
    returning = patrol.id;
    return changed();
  });
  byId("purpose-cancel").addEventListener("click", () => byId("purpose").close(""));
  details.addEventListener("toggle", () => load().catch(tell));
  return {
    /** The list is of another period now; `wanted` has its two instants. */
    show(wanted) {
      period = wanted;
      stage.close();
      replace(byId("patrols-problem"));
      load().catch(tell);
    },
  };
}
