// What a person is granted: a role, where, and on which days.

import { read } from "wardline/api";
import { attempt, confirm, daysAfter, districtName, field, roles, today, where } from "wardline/admin-parts";
import { make, replace } from "wardline/dom";
import { page } from "wardline/page";
import { _, day } from "wardline/text";

const units = new Map();
const PAUSE_MS = 250;

/** A unit by its code or id; null where there is none today. */
function unitOf(district, name) {
  const key = `${district}/${name}`;
  if (!units.has(key)) units.set(key, read(where(`units/${encodeURIComponent(name)}`, { district })).catch(() => null));
  return units.get(key);
}

async function areaOf(grant) {
  if (grant.district === null) return _("every district");
  const district = districtName(grant.district);
  if (grant.unit === null) return _("all of {district}", { district });
  const unit = await unitOf(grant.district, grant.unit);
  return unit ? _("{unit} ({code}) and all below, {district}", { unit: unit.name, code: unit.code, district }) : _("a unit that is no more, {district}", { district });
}

function daysOf(grant) {
  const first = grant.valid_from && day(grant.valid_from);
  const last = grant.valid_to && day(daysAfter(grant.valid_to, -1));
  if (first && last) return _("{first} to {last}", { first, last });
  if (last) return _("to {last}", { last });
  return first ? _("from {first}, without an end", { first }) : _("without an end");
}

function over(grant) {
  return grant.valid_to !== null && grant.valid_to <= today(grant.district);
}

async function end(person, grant, area, ended) {
  const role = roles[grant.role] ?? grant.role;
  const done = await confirm(
    _("End this grant?"),
    _("{name} is {role} no more, from today: {area}.", { name: person.name, role, area }),
    _("End the grant"),
    () => read(where(`people/${person.id}/grants/${grant.id}`), { method: "DELETE" }),
  );
  if (done) await ended();
}

async function row(person, grant, ended) {
  const area = await areaOf(grant);
  const role = roles[grant.role] ?? grant.role;
  const mine = person.id === page.me.person;
  const act =
    page.may.change && !mine && !over(grant)
      ? make("button", { class: "button", type: "button", "aria-label": _("End: {role}, {area}", { role, area }), on: { click: () => end(person, grant, area, ended) } }, _("End"))
      : null;
  return make(
    "li",
    { class: "grant", "data-grant": grant.id },
    make("span", { class: "row-title" }, role),
    make("span", { class: "row-value" }, act),
    make("span", { class: "row-note" }, area),
    make("span", { class: "row-note" }, daysOf(grant)),
  );
}

/** The grants of a person, those that are over below the others. */
export async function grantRows(person, ended) {
  const all = [...person.grants].sort((one, other) => (other.valid_from ?? "").localeCompare(one.valid_from ?? ""));
  const live = await Promise.all(all.filter((one) => !over(one)).map((one) => row(person, one, ended)));
  const past = await Promise.all(all.filter(over).map((one) => row(person, one, ended)));
  const list = live.length
    ? make("ul", { class: "grants" }, ...live)
    : make("p", { class: "message" }, _("They may do nothing yet. Grant a role below."));
  if (!past.length) return list;
  return make("div", {}, list, make("details", { class: "past" }, make("summary", {}, _("Past grants")), make("ul", { class: "grants" }, ...past)));
}

function districtChoice() {
  const every = page.everywhere ? [make("option", { value: "" }, _("every district"))] : [];
  const choice = make("select", { name: "district" }, ...every, ...page.districts.map(({ code, name }) => make("option", { value: code }, name)));
  if (page.districts.length) choice.value = page.districts[0].code;
  return choice;
}

/** What a unit lies in, from the top down. */
function above(unit) {
  const names = unit.chain.filter((one) => one.code !== unit.code).map((one) => one.name);
  return names.length ? ` · ${names.join(" › ")}` : "";
}

/** Show which unit a code means, as soon as it is typed. */
function watchUnit(district, unit, said) {
  let timer = null;
  const look = async () => {
    const [place, code] = [district.value, unit.value.trim()];
    if (!place || !code) {
      replace(said, _("Empty is the whole district."));
      return;
    }
    const found = await unitOf(place, code);
    if (unit.value.trim() !== code || district.value !== place) return;
    if (found) replace(said, make("strong", {}, found.name), above(found));
    else replace(said, _("No unit has this code today."));
    unit.setAttribute("aria-invalid", String(!found));
  };
  const soon = () => {
    clearTimeout(timer);
    unit.removeAttribute("aria-invalid");
    timer = setTimeout(look, PAUSE_MS);
  };
  const place = () => {
    unit.disabled = !district.value;
    look();
  };
  unit.addEventListener("input", soon);
  district.addEventListener("change", place);
  place();
}

/** The form by which a person is granted a role; `granted` is called when it was. */
export function grantForm(person, granted) {
  const role = make("select", { name: "role", required: true }, make("option", { value: "" }, _("Choose a role")), ...Object.entries(roles).map(([code, name]) => make("option", { value: code }, name)));
  const district = districtChoice();
  const unit = make("input", { name: "unit", maxlength: 64, autocomplete: "off", spellcheck: "false" });
  const said = make("span", { class: "faint unit-name", "aria-live": "polite" });
  const first = make("input", { name: "from", type: "date" });
  const last = make("input", { name: "to", type: "date" });
  const trouble = make("div", { hidden: true });
  const form = make(
    "form",
    { class: "form grant-form", "aria-label": _("Grant a role") },
    make("h3", {}, _("Grant a role")),
    make("div", { class: "pair" }, field(_("Role"), role), field(_("District"), district)),
    field(_("Unit, by its code"), unit, said),
    make("div", { class: "pair" }, field(_("From"), first, make("span", { class: "faint" }, _("Empty is today."))), field(_("To, included"), last, make("span", { class: "faint" }, _("Empty is without an end.")))),
    trouble,
    make("div", {}, make("button", { class: "button button-strong", type: "submit" }, _("Grant"))),
  );
  const clean = () => {
    const place = district.value;
    form.reset();
    district.value = place;
    district.dispatchEvent(new Event("change"));
    delete form.dataset.touched;
  };
  form.addEventListener("input", () => {
    form.dataset.touched = "1";
  });
  watchUnit(district, unit, said);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const body = {
      role: role.value,
      district: district.value || null,
      unit: (district.value && unit.value.trim()) || null,
      valid_from: first.value || null,
      valid_to: last.value ? daysAfter(last.value, 1) : null,
    };
    const done = await attempt(trouble, () => read(where(`people/${person.id}/grants`), { method: "POST", body }));
    if (!done) return;
    clean();
    await granted();
    role.focus();
  });
  return form;
}
