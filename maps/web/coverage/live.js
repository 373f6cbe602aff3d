// Who is on shift now, and where each was last: for their coordinator, only while it is asked for, and no way.

import { address, news, Problem } from "wardline/api";
import { modeName } from "wardline/coverage/replay";
import { byId, make, message, replace } from "wardline/dom";
import { fit } from "wardline/ground";
import { map } from "wardline/page";
import { colour, groups, onTheme, swatch } from "wardline/palette";
import { sheet } from "wardline/sheet";
import { _, count, instant, metres } from "wardline/text";

const L = window.L;
const EVERY_MS = 20_000;
const MINUTE_MS = 60_000;
const HOUR_MIN = 60;
const NEAR_DEG = 0.01;
const [fresh, old] = groups.live;

/** How many minutes ago a place was known; a clock that is behind makes none of it negative. */
function minutes(one) {
  return Math.max(0, (Date.now() - Date.parse(one.at)) / MINUTE_MS);
}

function age(one) {
  const whole = Math.floor(minutes(one));
  if (whole < 1) return _("just now");
  if (whole < HOUR_MIN) return _("{n} min ago", { n: count(whole) });
  return _("{h} h {n} min ago", { h: count(Math.floor(whole / HOUR_MIN)), n: count(whole % HOUR_MIN) });
}

function classOf(one) {
  return minutes(one) < fresh.high ? fresh : old;
}

function nameOf(one) {
  return one.name || _("somebody");
}

function notes(one) {
  const error = one.accuracy_m === null ? null : _("to {n}", { n: metres(one.accuracy_m) });
  return [modeName(one.mode), _("on shift since {when}", { when: instant(one.since) }), error].filter(Boolean).join(" · ");
}

/** Watch the box of those on shift; nothing is asked for while it is off, or the page is not looked at. */
export function watchLive() {
  const place = byId("live");
  if (!place) return;
  const box = byId("live-on");
  const pen = L.canvas({ pane: "points", padding: 0.3, tolerance: 5 });
  const points = L.layerGroup().addTo(map);
  let people = [];
  let tag = null;
  let timer = 0;
  let asking = null;

  const paint = () => {
    points.clearLayers();
    for (const one of people) {
      const step = classOf(one);
      const hollow = step.pattern === "ring";
      const look = { renderer: pen, radius: 7, weight: 2.5, color: colour(hollow ? step.key : "casing"), fillColor: colour(hollow ? "casing" : step.key), fillOpacity: 1 };
      L.circleMarker([one.lat, one.lon], look)
        .bindTooltip(() => make("div", {}, make("strong", {}, nameOf(one)), make("div", { class: "soft" }, age(one))), { permanent: true, direction: "top", offset: [0, -8], opacity: 1 })
        .addTo(points);
    }
  };
  const goTo = (one) => {
    fit([one.lon - NEAR_DEG, one.lat - NEAR_DEG, one.lon + NEAR_DEG, one.lat + NEAR_DEG]);
    sheet("middle");
  };
  const row = (one) =>
    make(
      "button",
      { class: "row", type: "button", "data-live": one.person, on: { click: () => goTo(one) } },
      make("span", { class: "row-title" }, nameOf(one)),
      make("span", { class: "row-value number" }, age(one)),
      make("span", { class: "row-note" }, notes(one)),
    );
  const draw = () => {
    const held = place.contains(document.activeElement) ? document.activeElement.dataset.live : null;
    byId("live-count").textContent = box.checked && people.length ? count(people.length) : "";
    const classes = byId("live-classes");
    classes.hidden = !people.length;
    replace(classes, ...groups.live.map((step) => make("li", {}, swatch(step, "point"), make("span", {}, step.label), make("span", { class: "number" }, count(people.filter((one) => classOf(one) === step).length)))));
    const rows = people.length ? people.map(row) : [make("p", { class: "row soft" }, _("Nobody of yours is on shift."))];
    replace(place, ...(box.checked ? rows : []));
    if (held) place.querySelector(`[data-live="${CSS.escape(held)}"]`)?.focus();
    paint();
  };
  const load = async () => {
    window.clearTimeout(timer);
    asking?.abort();
    if (!box.checked || document.hidden) return;
    asking = new AbortController();
    const mine = asking;
    try {
      const found = await news(address("/api/v1/coverage/live"), tag, { signal: mine.signal });
      tag = found.tag;
      people = found.value?.items ?? people;
      replace(byId("live-problem"));
    } catch (problem) {
      if (problem.name === "AbortError") return;
      if (!(problem instanceof Problem)) throw problem;
      // What was known may have ended meanwhile.
      people = [];
      tag = null;
      replace(byId("live-problem"), message(problem.title, problem.detail, "message-warn"));
    }
    draw();
    timer = window.setTimeout(load, EVERY_MS);
  };
  const turn = () => {
    if (!box.checked) {
      people = [];
      tag = null;
      draw();
    }
    load();
  };
  box.addEventListener("change", turn);
  document.addEventListener("visibilitychange", load);
  onTheme(paint);
}
