// The rota of a station by the week, mended by who keeps the district, and the requests for help.

import { address, read, show, turns } from "wardline/api";
import { announce, byId, make, message, replace } from "wardline/dom";
import { asked, page, remember } from "wardline/page";
import { showVolunteers } from "wardline/rota-volunteers";
import { act, kinds, short } from "wardline/rota-words";
import { _, day as dayText, instant, metres } from "wardline/text";

const DAY_MS = 86_400_000;
const keys = ["mo", "tu", "we", "th", "fr", "sa", "su", "ph"];
const states = { asked: _("nobody found yet"), offered: _("offered"), accepted: _("somebody comes"), done: _("done"), cancelled: _("cancelled") };
const offers = { offered: _("asked"), lapsed: _("did not answer in time"), accepted: _("comes"), declined: _("cannot come"), withdrawn: _("not needed any more") };
const turn = turns();
const state = { station: asked("station"), first: monday(asked("from")) };

/** The Monday of a day YYYY-MM-DD, of today in the district where none is given. */
function monday(iso) {
  const today = new Intl.DateTimeFormat("sv-SE", { timeZone: page.district?.timezone }).format(new Date());
  const value = new Date(`${/^\d{4}-\d{2}-\d{2}$/.test(iso || "") ? iso : today}T00:00:00Z`);
  return later(value.toISOString().slice(0, 10), -((value.getUTCDay() + 6) % 7));
}

function later(iso, days) {
  return new Date(Date.parse(`${iso}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** Minutes after the midnight of a day, by the wall clock of the text itself, within the day. */
function minutes(text, iso) {
  const days = (Date.parse(`${text.slice(0, 10)}T00:00:00Z`) - Date.parse(`${iso}T00:00:00Z`)) / DAY_MS;
  const within = days * 1440 + Number(text.slice(11, 13)) * 60 + Number(text.slice(14, 16));
  return Math.min(Math.max(within, 0), 1440);
}

function block(kind, span, iso, text) {
  const [begin, end] = [minutes(span.begin, iso), minutes(span.end, iso)];
  if (begin >= end) return null;
  const node = make("span", { class: kind, title: `${text} ${span.begin.slice(11, 16)}–${span.end.slice(11, 16)}` }, kind === "rota-open" ? "" : text);
  node.style.left = `${begin / 14.4}%`;
  node.style.width = `${(end - begin) / 14.4}%`;
  return node;
}

function paint(rota) {
  const rows = keys.slice(0, 7).map((key, place) => {
    const iso = later(state.first, place);
    const parts = [
      ...rota.open.map((one) => block("rota-open", one, iso, _("station open"))),
      ...rota.shifts.map((one) => block("rota-shift", one, iso, one.name)),
      ...rota.gaps.filter((one) => one.day === iso).map((one) => block("rota-gap", one, iso, "")),
    ];
    const bar = make("div", { class: "rota-bar", "data-day": iso }, ...parts);
    return make("div", { class: "rota-day" }, make("span", {}, short[key], make("br"), iso.slice(5)), bar);
  });
  const scale = make("div", { class: "rota-scale", "aria-hidden": "true" }, ...["0", "6", "12", "18", "24"].map((hour) => make("span", {}, hour)));
  replace(byId("week"), ...rows, make("div", { class: "rota-day" }, make("span"), scale));
  byId("hours").textContent = rota.warning || rota.opening_hours;
  const none = make("li", {}, rota.warning ? "" : _("No gap: somebody has duty whenever it is open."));
  replace(byId("gaps"), ...(rota.gaps.length ? rota.gaps.map((one) => make("li", { "data-gap": one.day }, one.text)) : [none]));
  replace(byId("duties"), ...(rota.duties.length ? rota.duties.map((one) => dutyItem(one, rota.shifts)) : [make("li", { class: "soft" }, _("Nobody has duty in this week."))]));
}

/** The single days on which a duty does not take place, each with its reason, and a form that takes out another. */
function daysOff(duty, first) {
  const away = Object.entries(duty.away).sort();
  const place = (day) => `/api/v1/rota/${duty.id}/away/${day}`;
  const here = `[data-duty="${duty.id}"] summary`;
  const back = ([day, reason]) =>
    make(
      "li",
      { "data-away": day },
      make("span", {}, [dayText(day), reason].filter(Boolean).join(" · ")),
      page.keeps ? act(_("On duty after all"), () => send(place(day), { method: "DELETE" }, here)) : null,
    );
  const list = make("ul", { class: "rota-away" }, ...away.map(back));
  if (!page.keeps) return away.length ? list : null;
  const form = make(
    "form",
    { class: "rota-reach" },
    make("label", { class: "field" }, _("Day"), make("input", { name: "day", type: "date", value: first, required: true })),
    make("label", { class: "field" }, _("Why"), make("input", { name: "reason", maxlength: 200 })),
    make("button", { class: "button", type: "submit" }, _("Take this day off")),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { day, reason } = form.elements;
    send(place(day.value), { method: "PUT", body: { reason: reason.value.trim() } }, here);
  });
  return make("details", { open: away.length > 0 }, make("summary", {}, _("Single days off")), list, form);
}

function dutyItem(duty, shifts) {
  const when = duty.on_day ? dayText(duty.on_day) : duty.days.map((key) => short[key]).join(", ");
  // The first day of the shown week on which it takes place is the likeliest to be taken off.
  const first = shifts.find((one) => one.duty === duty.id)?.day ?? state.first;
  const end = page.keeps ? make("div", { class: "rota-acts" }, act(_("End this duty"), () => send(`/api/v1/rota/${duty.id}`, { method: "DELETE" }))) : null;
  return make("li", { class: "rota-item", "data-duty": duty.id }, make("strong", {}, duty.name), `${when} · ${duty.begin}–${duty.end}`, duty.on_day ? null : daysOff(duty, first), end);
}

function requestItem(request) {
  const item = make(
    "li",
    { class: "rota-item", "data-request": request.id, "data-state": request.state },
    make("strong", {}, `${kinds[request.kind]} · ${states[request.state]}`),
    make("span", {}, [request.place, request.note].filter(Boolean).join(" · ")),
    make("span", { class: "faint" }, instant(request.asked_at)),
    request.why ? make("span", { class: "faint" }, request.why) : null,
  );
  const open = ["asked", "offered"].includes(request.state);
  for (const offer of request.offers) {
    item.append(make("span", {}, `${offer.name || _("somebody who is forgotten")} · ${metres(offer.distance_m)} · ${offers[offer.state]}`));
    if (!open || !["offered", "lapsed"].includes(offer.state)) continue;
    const answer = (accept) => send(`/api/v1/help/${request.id}/answer`, { method: "POST", body: page.keeps ? { accept, offer: offer.id } : { accept } });
    item.append(make("div", { class: "rota-acts" }, act(_("{name} comes", { name: offer.name }), () => answer(true), "button-strong"), act(_("{name} cannot", { name: offer.name }), () => answer(false))));
  }
  const over = (step) => send(`/api/v1/help/${request.id}/${step}`, { method: "POST", body: {} });
  const mine = page.keeps || request.offers.some((one) => one.state === "accepted" && !page.leads);
  if (mine && (open || request.state === "accepted")) {
    const done = request.state === "accepted" ? act(_("Help was given."), () => over("done"), "button-strong") : null;
    item.append(make("div", { class: "rota-acts" }, ...[done, act(_("Cancel the request"), () => over("cancel"))].filter(Boolean)));
  }
  return item;
}

async function send(path, options, back = "") {
  try {
    await read(address(path), options);
    show(null);
    announce(_("Saved."));
  } catch (problem) {
    show(problem);
  }
  await load();
  if (back) document.querySelector(back)?.focus();
}

async function load() {
  const newest = turn();
  remember({ station: state.station, from: state.first });
  try {
    const [all, help] = await Promise.all([read(address("/api/v1/rota", { from: state.first })), read(address("/api/v1/help", { limit: 30 }))]);
    if (!newest()) return;
    const known = all.items.map((one) => one.code);
    if (!known.includes(state.station)) state.station = known[0] ?? null;
    const options = all.items.map((one) => make("option", { value: one.code, selected: one.code === state.station }, one.gaps ? _("{name} – gaps: {n}", { name: one.name, n: one.gaps }) : one.name));
    replace(byId("station"), ...options);
    replace(byId("requests"), ...(help.items.length ? help.items.map(requestItem) : [make("li", { class: "soft" }, _("Nobody asks for help."))]));
    if (state.station === null) replace(byId("week"), message(_("No stations yet"), ""));
    else {
      const rota = await read(address(`/api/v1/stations/${encodeURIComponent(state.station)}/rota`, { from: state.first }));
      if (newest()) paint(rota);
    }
  } catch (problem) {
    if (newest()) show(problem);
  }
}

async function offerPeople() {
  const { items } = await read(address("/api/v1/rota/candidates"));
  const form = byId("add");
  replace(form.elements.who, ...items.map((one) => make("option", { value: `${one.kind}:${one.id}` }, one.kind === "volunteer" ? _("{name} (volunteer)", { name: one.name }) : one.name)));
  replace(byId("days"), ...keys.map((key) => make("label", { class: "choice" }, make("input", { type: "checkbox", name: "days", value: key }), make("span", {}, short[key]))));
  form.hidden = false;
}

/** Who is forgotten has no duties any more, and none is to be given to them. */
async function volunteers() {
  const changed = () => Promise.all([volunteers(), load(), page.keeps && offerPeople().catch(show)]);
  byId("volunteers-section").hidden = false;
  await showVolunteers(changed).catch(show);
}

async function give(event) {
  event.preventDefault();
  const { who, on_day: once, begin, end } = event.target.elements;
  const [kind, id] = who.value.split(":");
  const days = [...event.target.querySelectorAll("[name=days]:checked")].map((box) => box.value);
  const body = { [kind]: id, days, on_day: once.value || null, begin: begin.value, end: end.value };
  try {
    await read(address(`/api/v1/stations/${encodeURIComponent(state.station)}/rota`), { method: "POST", body });
    replace(byId("refused"));
    announce(_("Saved."));
  } catch (problem) {
    replace(byId("refused"), message(problem.title, problem.detail, "message-warn"));
  }
  await load();
}

byId("station").addEventListener("change", ({ target }) => {
  state.station = target.value;
  load();
});
for (const [id, days] of [["before", -7], ["after", 7]]) {
  byId(id).addEventListener("click", () => {
    state.first = later(state.first, days);
    load();
  });
}
byId("add").addEventListener("submit", give);
await load();
if (page.keeps) await offerPeople().catch(show);
if (page.leads) await volunteers();
document.body.dataset.ready = "1";
