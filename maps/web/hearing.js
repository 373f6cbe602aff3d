// The form of a visit or a meeting: what was said, what is to be solved, what was resolved and asked for.
//
// It works without a network: each key is kept on the phone, and what is finished goes to the outbox, whole.

import { guarded, onRegister, showPhone } from "wardline/carrier";
import { byId, make, replace } from "wardline/dom";
import { MEMBERS, addPart, begin, keep, optionsOf, recordOf, removePart, renew } from "wardline/draft";
import { note, position, startField } from "wardline/field";
import { post } from "wardline/outbox";
import { page } from "wardline/page";
import { current, signedIn } from "wardline/phone";
import { photosOf } from "wardline/photos";
import { _ } from "wardline/text";

const LAST = "wardline-representative";
const form = byId("hearing");
const headings = {
  opinions: (n) => _("Opinion {n}", { n }),
  problems: (n) => _("Problem {n}", { n }),
  actions: (n) => _("Action {n}", { n }),
  requests: (n) => _("Request {n}", { n }),
};
let phone = null;
let draft = null;

function localNow() {
  const now = new Date();
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** Photos of the record or of a problem, each with a way to leave it out. */
function watchPhotos(scope, part) {
  const input = scope.querySelector(":scope > .field > [data-photos]");
  const list = scope.querySelector(":scope > [data-photo-list]");
  if (!input) return;
  const show = () =>
    replace(
      list,
      ...part.photos.map((photo) =>
        make(
          "li",
          { class: "row" },
          make("span", { class: "row-title" }, photo.name),
          make("button", { class: "button", type: "button", "aria-label": _("Leave out {name}", { name: photo.name }), on: { click: () => drop(photo) } }, _("Leave out")),
        ),
      ),
    );
  const drop = (photo) => {
    part.photos = part.photos.filter((one) => one !== photo);
    show();
    input.focus();
    keep();
  };
  input.onchange = () =>
    guarded(async () => {
      const more = await photosOf(input);
      const known = new Set(part.photos.map((one) => one.sha256));
      part.photos = [...part.photos, ...more.filter((one) => !known.has(one.sha256))];
      input.value = "";
      await keep();
      show();
    });
  show();
}

/** What a problem may have come of: the opinions there are now. */
function offerOpinions() {
  for (const select of form.querySelectorAll("#problems [data-name=opinion]")) {
    const chosen = select.value;
    const none = select.options[0];
    const offered = draft.opinions.map((one, place) =>
      make("option", { value: one.id }, `${headings.opinions(place + 1)}: ${(one.fields.text ?? "").slice(0, 40)}`),
    );
    replace(select, none, ...offered);
    select.value = draft.opinions.some((one) => one.id === chosen) ? chosen : "";
  }
  for (const one of draft.problems) {
    if (!draft.opinions.some((opinion) => opinion.id === one.fields.opinion)) one.fields.opinion = "";
  }
}

function drawPart(member, part, place) {
  const body = byId(`${member}-part`).content.cloneNode(true);
  const box = make("fieldset", { class: "part", "data-part": part.id }, make("legend", {}, headings[member](place + 1)), body);
  for (const field of box.querySelectorAll("[data-name]")) {
    const { name } = field.dataset;
    if (part.fields[name] !== undefined) {
      // An opinion that a problem came of is offered once all are drawn.
      if (name === "opinion" && part.fields[name]) field.append(make("option", { value: part.fields[name] }, ""));
      field.value = part.fields[name];
    }
    part.fields[name] = field.value;
    field.addEventListener("input", () => {
      part.fields[name] = field.value;
      keep();
    });
  }
  watchPhotos(box, part);
  const removing = _("Remove {what}", { what: headings[member](place + 1) });
  box.append(make("button", { class: "button", type: "button", "aria-label": removing, on: { click: () => takeAway(member, part) } }, _("Remove")));
  return box;
}

function drawParts(member) {
  replace(byId(member), ...draft[member].map((part, place) => drawPart(member, part, place)));
  offerOpinions();
}

function takeAway(member, part) {
  removePart(member, part);
  drawParts(member);
  form.querySelector(`[data-add=${member}]`).focus();
  keep();
}

function add(member) {
  const part = addPart(member);
  drawParts(member);
  byId(member).querySelector(`[data-part="${part.id}"] [data-name]`).focus();
  keep();
}

/** Of a council there is a topic, and what it may decide. */
function showCouncil() {
  const box = byId("council");
  if (!box) return;
  const is = form.elements.kind.value === "council";
  box.hidden = !is;
  form.elements.topic.required = is;
  replace(byId("decisions"), ...optionsOf(draft.fields).map((value) => make("option", { value })));
  const decision = form.elements.decision;
  const options = optionsOf(draft.fields);
  const fits = !is || !decision.value.trim() || !options.length || options.includes(decision.value.trim());
  decision.setCustomValidity(fits ? "" : _("The decision is none of the options."));
}

function fields() {
  return [...form.elements].filter((one) => one.name && !one.dataset.name && one.type !== "file");
}

/** Put the draft into the form. */
function fill() {
  const first = { at: localNow(), representative: localStorage.getItem(LAST) ?? "" };
  form.reset();
  for (const one of fields()) {
    const value = draft.fields[one.name] ?? first[one.name];
    if (value !== undefined) one.value = value;
    draft.fields[one.name] = one.value;
  }
  for (const member of MEMBERS) drawParts(member);
  watchPhotos(form, draft);
  showCouncil();
  byId("accuracy").textContent = "";
}

function number(name) {
  const text = form.elements[name].value.trim().replace(",", ".");
  const value = Number(text);
  if (text === "" || !Number.isFinite(value)) throw new Error(_("Give the position: use the button, or type longitude and latitude."));
  return value;
}

async function here() {
  const coords = await position();
  for (const [name, value] of [["lon", coords.longitude], ["lat", coords.latitude]]) {
    form.elements[name].value = value.toFixed(7);
    draft.fields[name] = form.elements[name].value;
  }
  byId("accuracy").textContent = _("good to {n} m", { n: Math.round(coords.accuracy) });
  await keep();
}

async function send() {
  const button = form.querySelector("[type=submit]");
  button.disabled = true;
  try {
    const { record, photos } = recordOf(number("lon"), number("lat"));
    if (record.representative) localStorage.setItem(LAST, record.representative);
    await post(phone, "outreach", record, photos, draft.view);
    draft = await renew();
    fill();
    form.querySelector("input, select").focus();
    note(_("Kept on this phone. It is sent as soon as there is a connection."));
  } finally {
    button.disabled = !phone;
  }
}

async function discard() {
  if (!window.confirm(_("Discard what is written here? It has not been sent."))) return;
  draft = await renew();
  fill();
}

form.addEventListener("input", ({ target }) => {
  if (target.name && !target.dataset.name) draft.fields[target.name] = target.value;
  showCouncil();
  if (target.closest("#opinions")) offerOpinions();
  keep();
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  guarded(send);
});
byId("here").addEventListener("click", () => guarded(here));
byId("discard").addEventListener("click", () => guarded(discard));
for (const button of form.querySelectorAll("[data-add]")) button.addEventListener("click", () => add(button.dataset.add));
onRegister((made) => {
  phone = made;
});

draft = await begin(page.view);
fill();
if (await startField()) {
  const me = await signedIn();
  phone = await current(me);
  showPhone(phone, me);
}
document.body.dataset.ready = "1";
