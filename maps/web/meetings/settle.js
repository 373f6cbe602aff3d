// What follows: an action is done, a request is answered, a stop is held or cancelled. Each asks the service first.

import { address, read, show } from "wardline/api";
import { make } from "wardline/dom";
import { instantOf } from "wardline/days";
import { page } from "wardline/page";
import { shift, today } from "wardline/period";
import { _ } from "wardline/text";

const WEEK = 7;
const FORTY_DAYS = 40;

async function send(form, path, body, done, options = {}) {
  const buttons = [...form.querySelectorAll("button")];
  for (const one of buttons) one.disabled = true;
  try {
    await read(address(path), { method: "POST", body, ...options });
    show(null);
    await done();
  } catch (problem) {
    show(problem);
    for (const one of buttons) one.disabled = false;
  }
}

function field(label, name, attributes = {}) {
  return make("label", { class: "field" }, label, make("input", { name, required: true, autocomplete: "off", ...attributes }));
}

function form(children, submit) {
  const made = make("form", { class: "settle" }, ...children);
  made.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(made, made.elements);
  });
  return made;
}

/** A form by which an action is noted to be done. */
export function doneForm(action, done) {
  const how = field(_("How it was done"), "text", { maxlength: 2000, required: false });
  return form([how, make("button", { class: "button", type: "submit" }, _("It is done"))], (made, { text }) =>
    send(made, `/api/v1/outreach/actions/${action.id}/done`, { text: text.value }, done),
  );
}

function patrolFields() {
  return make(
    "div",
    { class: "fields" },
    field(_("Patrols"), "count", { type: "number", min: 1, max: 1000, value: 2 }),
    field(_("within days"), "within", { type: "number", min: 1, max: 3660, value: WEEK }),
    field(_("until"), "to_day", { type: "date", value: shift(today(), FORTY_DAYS) }),
  );
}

function stopFields(gathering) {
  const morning = shift(today(), WEEK);
  return make(
    "div",
    { class: "settle" },
    field(_("Name"), "name", { maxlength: 200, value: _("Service car") }),
    field(_("Place"), "place", { maxlength: 200, value: gathering.place }),
    field(_("Services, with commas between"), "services", { maxlength: 1000 }),
    make(
      "div",
      { class: "fields" },
      field(_("From"), "from_at", { type: "datetime-local", value: `${morning}T09:00` }),
      field(_("Until"), "to_at", { type: "datetime-local", value: `${morning}T11:00` }),
    ),
  );
}

function answerOf(request, gathering, elements) {
  if (request.kind === "patrol") {
    return { patrol: { count: Number(elements.count.value), within_days: Number(elements.within.value), spacing_hours: 24, to_day: elements.to_day.value } };
  }
  const services = elements.services.value.split(/[,，、]/).map((one) => one.trim()).filter(Boolean);
  const period = { from_at: instantOf(elements.from_at.value), to_at: instantOf(elements.to_at.value) };
  return { stop: { name: elements.name.value, place: elements.place.value, lon: gathering.lon, lat: gathering.lat, services, ...period } };
}

/** Two forms by which a request is granted, or declined with the reason. */
export function answerForms(request, gathering, done) {
  const path = `/api/v1/outreach/requests/${request.id}/answer`;
  const grant = form(
    [request.kind === "patrol" ? patrolFields() : stopFields(gathering), make("button", { class: "button button-strong", type: "submit" }, _("Grant it"))],
    (made, elements) => send(made, path, answerOf(request, gathering, elements), done),
  );
  const decline = form(
    [field(_("Why not"), "declined", { maxlength: 2000 }), make("button", { class: "button", type: "submit" }, _("Decline it"))],
    (made, { declined }) => send(made, path, { declined: declined.value }, done),
  );
  return [grant, decline];
}

/** Forms by which a stop is held, or cancelled for a reason. */
export function stopForms(stop, done) {
  if (!page.may.includes("answer") || stop.state !== "planned") return [];
  const path = `/api/v1/stops/${stop.id}`;
  const options = { method: "PATCH", headers: { "If-Match": `"${stop.version}"` } };
  const held = form([make("button", { class: "button", type: "submit" }, _("It was held"))], (made) => send(made, path, { state: "held" }, done, options));
  const cancel = form(
    [field(_("Why it does not come"), "reason", { maxlength: 2000 }), make("button", { class: "button", type: "submit" }, _("Cancel it"))],
    (made, { reason }) => send(made, path, { state: "cancelled", reason: reason.value }, done, options),
  );
  return [held, cancel];
}
