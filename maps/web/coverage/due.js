// What is overdue or due soon at the end of the period: a list that leads to each place, and markers by how they stand.

import { ask } from "wardline/api";
import { listing } from "wardline/coverage/listing";
import { byId, make, replace } from "wardline/dom";
import { map } from "wardline/page";
import { colour, groups, onTheme } from "wardline/palette";
import { _, chainage, count, decimal, instant, metres } from "wardline/text";

const L = window.L;
const KINDS = ["segment", "unit", "marker"];
const LATE_DAYS = 1;
const NEAR_ZOOM = 11.5;
const FAR_PX = 1.75;

/** How a thing stands, as a class of the style: what was never visited and is late is late. */
export function standing({ state, overdue }) {
  if (overdue) return "due-overdue";
  return { soon: "due-soon", suspended: "due-suspended" }[state] ?? "due-ok";
}

function kindName(kind) {
  return { segment: _("Stretches"), unit: _("Grids"), marker: _("Markers") }[kind];
}

/** How late a thing is, or that it will be soon. */
export function lateness(thing) {
  if (!thing.overdue) return _("due soon");
  const { late_days: days } = thing;
  return days < LATE_DAYS ? _("{n} h late", { n: count(Math.max(1, Math.round(days * 24))) }) : _("{n} d late", { n: decimal(days, 0) });
}

function title(thing) {
  if (thing.kind === "segment") return thing.where || thing.code;
  return thing.name || thing.code;
}

function notes(thing) {
  const { rule } = thing;
  const within = _("at least {count} in {days} days", { count: count(rule.count), days: decimal(rule.within_days, 0) });
  return [
    thing.from_m === null ? thing.code : _("{code}, km {from} to {to}", { code: thing.code, from: chainage(thing.from_m), to: chainage(thing.to_m) }),
    thing.length_m ? metres(thing.length_m) : null,
    thing.last_at ? _("last visited {when}", { when: instant(thing.last_at) }) : _("no visit known"),
    within,
    rule.asked_by ? _("asked by {who}", { who: rule.asked_by }) : null,
    thing.owner,
  ].filter(Boolean).join(" · ");
}

/** The list; `goTo(thing)` leads the map there, `beside(row, thing)` adds what can be done about it. */
export function dueList(goTo, beside) {
  const place = byId("due");
  if (!place) return { show: async () => {} };
  let things = [];
  let kind = "";

  const row = (thing) => beside(entry(thing), { ...thing, where: title(thing) });
  const entry = (thing) =>
    make(
      "button",
      { class: "row", type: "button", "data-due": `${thing.kind}:${thing.code}`, on: { click: () => goTo(thing) } },
      make("span", { class: "row-title" }, title(thing)),
      make("span", { class: thing.overdue ? "row-value number state-overdue" : "row-value number" }, lateness(thing)),
      make("span", { class: "row-note" }, notes(thing)),
    );

  const choice = (value, text) =>
    make(
      "button",
      {
        class: "chip",
        type: "button",
        "aria-pressed": String(kind === value),
        "data-kind": value,
        on: {
          click: () => {
            kind = value;
            draw({ folded: true });
            document.querySelector(`#due-kinds [data-kind="${value}"]`).focus();
          },
        },
      },
      text,
    );

  const list = listing(place, row, _("None: nothing is overdue or due soon."));
  const draw = (how) => {
    const kinds = KINDS.filter((one) => things.some((thing) => thing.kind === one));
    byId("due-count").textContent = things.length ? count(things.length) : "";
    byId("due-kinds").hidden = kinds.length < 2;
    replace(
      byId("due-kinds"),
      choice("", _("all")),
      ...kinds.map((one) => choice(one, `${kindName(one)} ${count(things.filter((thing) => thing.kind === one).length)}`)),
    );
    list(things.filter((thing) => !kind || thing.kind === kind), how);
  };

  return {
    /** Show what was due at an instant. */
    async show(at, options) {
      const answer = await ask("due", "/api/v1/coverage/due", { at }, options);
      things = answer.items;
      kind = things.some((thing) => thing.kind === kind) ? kind : "";
      byId("due-section").hidden = !Object.values(answer.counts).some(Boolean);
      draw();
    },
  };
}

/** A ring round the place that the list led to, and the layer of markers by how they stand; a press opens one by its code. */
export function duePlaces(open) {
  const pen = L.canvas({ pane: "data", padding: 0.3, tolerance: 5 });
  const points = L.layerGroup();
  const ring = L.layerGroup().addTo(map);
  let things = [];
  let here = null;

  const story = (thing) =>
    make("div", {}, make("strong", {}, title(thing)), make("div", { class: "soft" }, thing.overdue ? lateness(thing) : label(thing)), make("div", {}, notes(thing)));
  const label = (thing) => groups.due.find(({ key }) => key === standing(thing)).label;

  const paint = () => {
    points.clearLayers();
    const far = map.getZoom() < NEAR_ZOOM ? FAR_PX : 0;
    // What is late lies above what is not.
    for (const thing of things.toSorted((one, other) => Number(one.overdue) - Number(other.overdue))) {
      const key = standing(thing);
      const late = key === "due-overdue";
      const look = { renderer: pen, radius: (late ? 6 : 5) - far, weight: late ? 2.5 : 1.5, color: colour(late ? key : "casing"), fillColor: colour(late ? "casing" : key), fillOpacity: 1 };
      L.circleMarker([thing.lat, thing.lon], look)
        .bindTooltip(() => story(thing), { sticky: true, direction: "top", offset: [0, -8], opacity: 1 })
        .on("click", () => open(thing.code))
        .addTo(points);
    }
    ring.clearLayers();
    if (here) L.circleMarker(here, { renderer: pen, interactive: false, radius: 13, weight: 3, color: colour("selected"), fill: false }).addTo(ring);
  };
  onTheme(paint);
  map.on("zoomend", paint);
  return {
    ring(place) {
      here = place;
      paint();
    },
    async show({ at }, options) {
      const answer = await ask("markers-due", "/api/v1/coverage/due", { at, kind: "marker", all: true }, options);
      things = answer.items;
      points.addTo(map);
      paint();
    },
    hide() {
      things = [];
      points.remove();
    },
    classes: () => groups.due.map((step) => ({ step, amount: count(things.filter((thing) => standing(thing) === step.key).length) })),
  };
}
