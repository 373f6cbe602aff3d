// The inbox of incidents: filters in the address, a list with clocks, a map, and the case that is chosen.

import { address, read, show } from "wardline/api";
import { announce, byId, make, replace } from "wardline/dom";
import { fit, startMap } from "wardline/ground";
import { openCase, startCase } from "wardline/incidents/detail";
import { CLOCKS, COLOURS, STATUSES, className, clockText, sign } from "wardline/incidents/words";
import { legend } from "wardline/legend";
import { asked, map, page, remember } from "wardline/page";
import { groups } from "wardline/palette";
import { sheet } from "wardline/sheet";
import { _ } from "wardline/text";
import { outlines } from "wardline/units";

const L = window.L;
const INCIDENTS = "/api/v1/incidents";
const PAGE = 50;
const FIELDS = ["words", "channel", "status", "colour", "clock", "class", "unit", "from", "to"];
const pins = L.layerGroup();
const state = { items: [], cursor: null, chosen: null, channels: {}, failed: false };
let turn = 0;

function option(value, label) {
  return make("option", { value }, label);
}

function fillChoices(channels) {
  state.channels = Object.fromEntries(channels.map(({ code, name }) => [code, name]));
  byId("channel").append(...channels.map(({ code, name, open }) => option(code, open ? `${name} (${open})` : name)));
  for (const [id, names] of [["status", STATUSES], ["colour", COLOURS], ["clock", CLOCKS]]) {
    byId(id).append(...Object.entries(names).map(([value, label]) => option(value, label)));
  }
}

/** Put what the address asks for into the fields. */
function restore() {
  for (const name of FIELDS) byId(name).value = asked(name) || "";
  state.chosen = asked("incident");
  byId("open").checked = asked("open") !== "all";
  byId("here").checked = asked("here") === "1";
  byId("filter").open = FIELDS.slice(1).some((name) => asked(name));
}

function wanted() {
  const value = (name) => byId(name).value.trim() || null;
  // Midnight in the district is what a day begins with; its zone is named by its offset there.
  const since = (day) => (day ? `${day}T00:00:00${offset(day)}` : null);
  const box = map.getBounds();
  return {
    words: value("words"),
    channel: value("channel"),
    status: value("status"),
    colour: value("colour"),
    clock: value("clock"),
    class: value("class"),
    unit: value("unit"),
    received_from: since(value("from")),
    received_to: since(value("to")),
    open_only: byId("open").checked || null,
    bbox: byId("here").checked ? [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()].map((one) => one.toFixed(6)).join(",") : null,
  };
}

function offset(day) {
  const parts = new Intl.DateTimeFormat("en-GB", { timeZone: page.district.timezone, timeZoneName: "longOffset" }).formatToParts(new Date(`${day}T00:00:00Z`));
  return parts.find(({ type }) => type === "timeZoneName").value.replace("GMT", "") || "+00:00";
}

function keep() {
  const said = Object.fromEntries(FIELDS.map((name) => [name, byId(name).value.trim()]));
  remember({ ...said, open: byId("open").checked ? "" : "all", here: byId("here").checked ? "1" : "", incident: state.chosen || "" });
  const used = FIELDS.slice(1).filter((name) => said[name]).length;
  byId("filtered").textContent = used ? _("{n} in use", { n: used }) : "";
}

function row(item) {
  const where = item.unit ? item.unit.name || item.unit.code : "";
  return make(
    "li",
    {},
    make(
      "button",
      { class: "row", type: "button", "data-incident": item.id, "aria-pressed": String(item.id === state.chosen), on: { click: () => choose(item.id) } },
      make("span", { class: "row-title" }, sign(item.colour), item.title),
      make("span", { class: "row-value number" }, clockText(item.clock)),
      make("span", { class: "row-note" }, [STATUSES[item.status], className(item.class), where, state.channels[item.channel] || item.channel].filter(Boolean).join(" · ")),
    ),
  );
}

function drawPins() {
  pins.clearLayers();
  for (const item of state.items) {
    const html = sign(item.colour, `case-pin ${item.id === state.chosen ? "is-chosen" : ""}`);
    // The list is the way by keyboard: a hundred stops on the way to it would be none.
    L.marker([item.lat, item.lon], { icon: L.divIcon({ html, className: "", iconSize: [22, 22] }), title: item.title, keyboard: false })
      .on("click", () => choose(item.id, false))
      .addTo(pins);
  }
  const amounts = Object.groupBy ? Object.groupBy(state.items, ({ colour }) => colour) : {};
  legend(
    _("Colours"),
    "point",
    groups.cases.map((step) => ({ step, amount: String((amounts[step.key.replace("case-", "")] || []).length) })),
  );
}

function frame() {
  const bounds = L.latLngBounds(state.items.map(({ lat, lon }) => [lat, lon]));
  if (bounds.isValid()) fit([bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()], { maxZoom: 14 });
}

async function load(fresh) {
  const mine = ++turn;
  keep();
  try {
    const answer = await read(address(INCIDENTS, { ...wanted(), limit: PAGE, cursor: fresh ? null : state.cursor }));
    if (mine !== turn) return;
    // What a case refused meanwhile stays to be read.
    if (state.failed) show(null);
    state.failed = false;
    state.items = fresh ? answer.items : [...state.items, ...answer.items];
    state.cursor = answer.cursor;
    replace(byId("items"), ...state.items.map(row));
    byId("none").hidden = state.items.length > 0;
    byId("more").hidden = !state.cursor;
    drawPins();
    announce(_("{n} incidents are listed.", { n: state.items.length }));
  } catch (problem) {
    if (mine !== turn) return;
    state.failed = true;
    show(problem);
  }
}

async function choose(identifier, move = true) {
  state.chosen = identifier;
  keep();
  for (const one of document.querySelectorAll("[data-incident]")) one.setAttribute("aria-pressed", String(one.dataset.incident === identifier));
  drawPins();
  if (!identifier) return;
  try {
    const found = await openCase(identifier);
    if (!found) return;
    show(null);
    sheet("high");
    if (move) map.panTo([found.lat, found.lon], { animate: false });
  } catch (problem) {
    show(problem);
  }
}

function close() {
  const was = state.chosen;
  choose(null);
  document.querySelector(`[data-incident="${was}"]`)?.focus();
}

startMap();
pins.addTo(map);
if (page.district) outlines().catch(show);
startCase({ onClose: close, onChange: () => load(true), onChoose: (identifier) => choose(identifier) });
if (page.district) {
  try {
    fillChoices((await read(address(`${INCIDENTS}/channels`))).items);
  } catch (problem) {
    show(problem);
  }
  restore();
  await load(true);
  if (!byId("here").checked) frame();
  byId("search").addEventListener("submit", (event) => {
    event.preventDefault();
    load(true);
  });
  for (const name of [...FIELDS.slice(1), "open", "here"]) byId(name).addEventListener("change", () => load(true));
  byId("more").addEventListener("click", () => load(false));
  map.on("moveend", () => {
    if (byId("here").checked) load(true);
  });
  if (state.chosen) await choose(state.chosen);
}
document.body.dataset.ready = "1";
