// Meetings and visits: a list and a map with a filter, what came of each, and what they came to in all.

import { address, ask, read, show, turns } from "wardline/api";
import { announce, byId, make, message, replace } from "wardline/dom";
import { fit, startMap } from "wardline/ground";
import { halfYear, instantOf } from "wardline/days";
import { drawDetail } from "wardline/meetings/detail";
import { showDuties, showFigures } from "wardline/meetings/numbers";
import { choosePin, showPins, showStops, startPins } from "wardline/meetings/pins";
import { actionRow, gatheringRow, problemRow, requestRow } from "wardline/meetings/rows";
import { stopForms } from "wardline/meetings/settle";
import { asked, page, map, remember } from "wardline/page";
import { shift } from "wardline/period";
import { sheet } from "wardline/sheet";
import { _, count, instant } from "wardline/text";
import { outlines } from "wardline/units";

const HOME = "/api/v1/outreach";
const PAGE = 200;
const filter = byId("filter");
const chosen = ["from", "to", "kind", "duty", "unit_code", "representative"];
const opening = turns();
const listing = turns();
const loading = turns();
let shown = [];

function wanted() {
  return Object.fromEntries(chosen.map((name) => [name, filter.elements[name].value.trim()]));
}

/** What everything is asked for: from the beginning of the first day to the end of the last, below a unit. */
function period() {
  const { from, to, unit_code } = wanted();
  return { from: instantOf(from), to: instantOf(shift(to, 1)), unit_code };
}

function nothing() {
  return make("li", {}, message(_("Nothing was recorded"), _("Choose another period or kind, or record a visit or a meeting.")));
}

function frame() {
  const bounds = window.L.latLngBounds(shown.map(({ lat, lon }) => [lat, lon]));
  if (bounds.isValid()) fit([bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()], { maxZoom: 13 });
}

async function open(id) {
  const newest = opening();
  try {
    const value = await read(address(`${HOME}/${id}`));
    if (!newest()) return;
    show(null);
    drawDetail(byId("detail"), value, { again: () => Promise.all([open(id), follow()]), close });
    remember({ outreach: id });
    choosePin(id);
    map.panTo([value.lat, value.lon], { animate: false });
    for (const row of document.querySelectorAll("[data-outreach]")) row.setAttribute("aria-current", String(row.dataset.outreach === id));
    sheet("middle");
    byId("detail").scrollIntoView({ block: "start" });
    byId("detail").focus({ preventScroll: true });
  } catch (problem) {
    if (newest()) show(problem);
  }
}

function close() {
  opening();
  byId("detail").hidden = true;
  remember({ outreach: null });
  choosePin(null);
  byId("list-title").scrollIntoView({ block: "start" });
  document.querySelector("#list [aria-current=true]")?.focus({ preventScroll: true });
}

/** A page of a list from an address of ours: meetings and visits, or problems. */
async function list(title, where, more = false) {
  const newest = listing();
  const answer = await read(where);
  if (!newest()) return;
  const problems = where.includes("/problems?");
  const rows = answer.items.map((one) => (problems ? problemRow(one, open) : gatheringRow(one, open)));
  byId("list-title").textContent = title;
  if (more) byId("list").append(...rows);
  else replace(byId("list"), ...(rows.length ? rows : [nothing()]));
  const button = byId("more");
  button.hidden = !answer.cursor;
  button.onclick = () => {
    const next = new URL(where, window.location.origin);
    next.searchParams.set("cursor", answer.cursor);
    list(title, next.pathname + next.search, true).catch(show);
  };
  byId("list-count").textContent = answer.cursor ? _("the first {n}", { n: count(byId("list").children.length) }) : count(byId("list").querySelectorAll(".row").length);
  if (!problems) {
    shown = more ? [...shown, ...answer.items] : answer.items;
    showPins(shown, open);
  }
  announce(_("{n} shown", { n: count(rows.length) }));
}

/** The rows behind a figure. */
async function rowsOf(title, where) {
  try {
    const url = new URL(where, window.location.origin);
    const parameters = Object.fromEntries(url.searchParams);
    if (!url.pathname.endsWith("/problems")) parameters.limit = PAGE;
    await list(title, address(url.pathname, parameters));
    show(null);
    byId("list-title").scrollIntoView({ block: "start" });
  } catch (problem) {
    show(problem);
  }
}

function stopRow(one) {
  const states = { planned: _("planned"), held: _("held"), cancelled: _("cancelled") };
  const time = `${instant(one.from_at)} – ${instant(one.to_at)}`;
  return make(
    "li",
    { class: "row" },
    make("span", { class: "row-title" }, `${one.name}, ${one.place}`),
    make("span", { class: "row-value faint" }, states[one.state]),
    make("span", { class: "row-note" }, [time, one.unit, one.services.join(", "), one.reason].filter(Boolean).join(" · ")),
    ...stopForms(one, follow),
  );
}

/** What is still to be answered, done and held. */
async function follow() {
  const [requests, actions, stops] = await Promise.all([
    ask("requests", `${HOME}/requests`, { state: "asked" }),
    ask("actions", `${HOME}/actions`, { done: "false" }),
    ask("stops", "/api/v1/stops"),
  ]);
  for (const [name, items, row] of [
    ["asked", requests.items, (one) => requestRow(one, open)],
    ["left", actions.items, (one) => actionRow(one, open)],
    ["stops", stops.items, stopRow],
  ]) {
    byId(`${name}-count`).textContent = count(items.length);
    replace(byId(name), ...(items.length ? items.map(row) : [make("li", { class: "row faint" }, _("none"))]));
  }
  showStops(stops.items.filter((one) => one.state === "planned"));
}

async function load() {
  const newest = loading();
  const { kind, duty, representative } = wanted();
  remember(wanted());
  try {
    const where = address(HOME, { ...period(), kind, duty, representative, limit: PAGE });
    await Promise.all([
      list(_("Meetings and visits"), where).then(frame),
      showFigures(period(), rowsOf),
      showDuties(period(), pick),
    ]);
    if (newest()) show(null);
  } catch (problem) {
    if (newest()) show(problem);
  }
}

/** Show the visits of a representative. */
async function pick(code) {
  filter.elements.representative.value = code;
  await load();
  byId("list-title").scrollIntoView({ block: "start" });
}

function offer(name, choices) {
  for (const [value, label] of Object.entries(choices)) filter.elements[name].append(make("option", { value }, label));
}

function listen() {
  filter.addEventListener("submit", (event) => {
    event.preventDefault();
    load();
  });
  for (const [id, back] of [["this-half", 0], ["last-half", 1]]) {
    byId(id).addEventListener("click", () => {
      const { from, to } = halfYear(back);
      filter.elements.from.value = from;
      filter.elements.to.value = to;
      load();
    });
  }
  byId("quota").addEventListener("change", () => showDuties(period(), pick).catch(show));
}

async function start() {
  offer("kind", page.kinds);
  offer("duty", page.duties);
  const usual = halfYear(0);
  for (const name of chosen) filter.elements[name].value = asked(name) || usual[name] || "";
  listen();
  startPins();
  const context = outlines().catch(show);
  await Promise.all([load(), follow().catch(show)]);
  if (asked("outreach")) await open(asked("outreach"));
  await context;
}

startMap();
if (page.district) await start();
else {
  replace(byId("list"), make("li", {}, message(_("No district yet"), make("p", {}, make("code", {}, "./wardline demo")))));
  filter.hidden = true;
}
document.body.dataset.ready = "1";
