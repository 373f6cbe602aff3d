// Project teams: projects with their sites and who is on them, begun, filled and ended here.

import { Problem, address, every, read, show, turns } from "wardline/api";
import { announce, byId, facts, make, replace } from "wardline/dom";
import { goOn, said, sends } from "wardline/forms";
import { asked, page, remember } from "wardline/page";
import { today } from "wardline/period";
import { sketch } from "wardline/sketch";
import { _, count, day } from "wardline/text";
import { takesFile } from "wardline/upload";

/** Usual kinds of projects in the reader's language; others as they are stored. */
const KINDS = { road: _("road"), well: _("well"), bridge: _("bridge"), water: _("water works"), power: _("power line") };
const HOME = "/api/v1/projects";
const PAGE = 100;
const search = byId("search");
const roles = { lead: _("lead"), member: _("member") };
const opening = turns();
const listing = turns();
let areas = [];
let sites = [];
let shown = null;
let cursor = null;
let ended = null;

function post(path, body) {
  return read(address(path), { method: "POST", body });
}

function wanted() {
  const { day: on, member } = said(search);
  return { day: on || null, member: member || null };
}

function span(one) {
  return one.last_day ? `${day(one.first_day)} – ${day(one.last_day)}` : _("from {day}", { day: day(one.first_day) });
}

function item(one) {
  const pick = () => open(one.id).catch(show);
  const button = make(
    "button",
    { class: "button", type: "button", "aria-pressed": String(one.id === shown?.id), on: { click: pick } },
    make("strong", {}, one.name),
    ` · ${one.code}`,
    make("br"),
    make("span", { class: "soft" }, [KINDS[one.kind] ?? one.kind, one.office, span(one)].join(" · ")),
  );
  return make("li", { "data-project": one.id }, button);
}

async function list({ more = false } = {}) {
  const newest = listing();
  const answer = await read(address(HOME, { ...wanted(), limit: PAGE, cursor: more ? cursor : null }));
  if (!newest()) return answer.items;
  const items = answer.items.map(item);
  if (more) byId("items").append(...items);
  else replace(byId("items"), ...items);
  cursor = answer.cursor;
  byId("more").hidden = !cursor;
  byId("none").hidden = byId("items").children.length > 0;
  return answer.items;
}

async function numbers() {
  const { figures } = await read(address(`${HOME}/figures`, { as_of: wanted().day }));
  const names = { projects: _("projects"), members: _("members"), "on-site": _("members on site"), "projects-with-team": _("projects with a team") };
  const told = Object.entries(figures).map(([key, one]) => make("li", { "data-figure": key }, make("strong", {}, count(one.count)), names[key] || key));
  replace(byId("figures"), ...told);
}

function drawn() {
  const kind = (one) => (one.properties.project === shown?.id ? "chosen" : "");
  const marks = sites.map((one) => {
    const { type, coordinates } = one.geometry;
    const told = { name: `${one.properties.name} · ${one.properties.code}`, kind: kind(one), pick: () => open(one.properties.project).catch(show) };
    return type === "Point" ? { ...told, lon: coordinates[0], lat: coordinates[1] } : { ...told, line: coordinates };
  });
  marks.sort((one, other) => (one.kind === other.kind ? 0 : one.kind ? 1 : -1));
  sketch(byId("map"), areas, { height: 420, name: ({ properties }) => properties.name, marks });
}

async function map() {
  if (!areas.length) {
    const { items } = await read(address("/api/v1/layers"));
    const layer = items.find((one) => one.kind === "partition");
    if (layer) areas = await every("areas", `/api/v1/layers/${encodeURIComponent(layer.code)}/items`, { level: 0 });
  }
  sites = (await read(address(`${HOME}/sites.geojson`, { as_of: wanted().day }))).features;
  drawn();
}

function over(one) {
  return Boolean(one.last_day && one.last_day < today());
}

function member(one) {
  const end = () => {
    ended = one;
    byId("end-post-title").textContent = `${one.member.name} · ${one.member.code}`;
    byId("end-post-form").elements.last_day.value = today();
    byId("end-post").showModal();
  };
  const may = page.keeps && !over(one);
  return make(
    "tr",
    { "data-post": one.member.code, "data-over": over(one) },
    make("th", { scope: "row" }, [one.member.name, one.member.code, one.member.office].filter(Boolean).join(" · ")),
    make("td", {}, roles[one.role]),
    make("td", {}, day(one.first_day)),
    make("td", {}, one.last_day ? day(one.last_day) : "–"),
    make("td", {}, may ? make("button", { class: "button", type: "button", "aria-label": _("End the time of {name} on site", { name: one.member.name }), on: { click: end } }, _("End")) : null),
  );
}

function site(one) {
  const place = one.geometry.type === "Point" ? _("point") : _("line of {n} places", { n: count(one.geometry.coordinates.length) });
  return make("li", { "data-site": one.code }, [`${one.name} · ${one.code}`, place, one.unit].filter(Boolean).join(" · "));
}

function tell(project) {
  shown = project;
  remember({ project: project.id });
  byId("project").hidden = false;
  byId("changing").hidden = !page.keeps;
  byId("project-title").textContent = project.name;
  replace(byId("facts"), ...facts([[_("Code"), project.code], [_("Kind of project"), KINDS[project.kind] ?? project.kind], [_("Office"), project.office], [_("From and until"), span(project)]]).children);
  replace(byId("team"), ...project.team.map(member));
  byId("nobody").hidden = project.team.length > 0;
  replace(byId("sites"), ...project.sites.map(site));
  byId("nowhere").hidden = project.sites.length > 0;
  byId("file-hint").textContent = _("Columns code, name and project; rows of a file without project go to {project}. A CSV has lon and lat, or wkt.", { project: project.code });
  for (const name of ["post-form", "end-form"]) {
    for (const field of ["first_day", "last_day"].map((one) => byId(name).elements[one]).filter(Boolean)) {
      field.min = project.first_day;
      if (name === "post-form") field.max = project.last_day || "";
    }
  }
  for (const one of document.querySelectorAll("[data-project]")) one.firstChild.setAttribute("aria-pressed", String(one.dataset.project === project.id));
  drawn();
}

async function open(id, { focus = true } = {}) {
  const newest = opening();
  show(null);
  const found = await read(address(`${HOME}/${encodeURIComponent(id)}`));
  if (!newest()) return;
  tell(found);
  if (focus) byId("project").focus();
}

/** Read everything that a change may have changed. */
async function again(id) {
  await Promise.all([list(), numbers(), map()]);
  if (id) await open(id, { focus: false });
}

async function known() {
  const { items } = await read(address(`${HOME}/members`, { limit: 1000 }));
  replace(byId("known"), ...items.map((one) => make("option", { value: one.code }, one.name)));
}

/** The place of a site: one line of two numbers is a point, several are a line. */
function shape(text) {
  const places = text.split("\n").map((line) => line.trim()).filter(Boolean).map((line) => {
    const numbers = line.split(/[\s,，;]+/).map(Number);
    if (numbers.length !== 2 || !numbers.every(Number.isFinite)) throw new Problem(_("A line names one longitude and one latitude."), line);
    return numbers;
  });
  return places.length === 1 ? { type: "Point", coordinates: places[0] } : { type: "LineString", coordinates: places };
}

function keep() {
  sends(byId("project-form"), async () => {
    const made = await post(HOME, said(byId("project-form")));
    byId("project-form").reset();
    byId("begin-project").open = false;
    await again(made.id);
    byId("project").focus();
  });
  sends(byId("member-form"), async () => {
    const given = said(byId("member-form"));
    await post(`${HOME}/members`, { items: [given] });
    byId("member-form").reset();
    await Promise.all([known(), numbers()]);
    announce(_("Stored: {name}", { name: given.name }));
    goOn(byId("member-form"), byId("member-form").elements.code);
  });
  sends(byId("post-form"), async () => {
    await post(`${HOME}/${shown.id}/posts`, said(byId("post-form")));
    byId("post-form").elements.member.value = "";
    await again(shown.id);
    goOn(byId("post-form"), byId("post-form").elements.member);
  });
  sends(byId("site-form"), async () => {
    const { places, ...given } = said(byId("site-form"));
    await post(`${HOME}/${shown.id}/sites`, { items: [{ ...given, geometry: shape(places) }] });
    byId("site-form").reset();
    await again(shown.id);
    goOn(byId("site-form"), byId("site-form").elements.code);
  });
  sends(byId("end-form"), async () => {
    await post(`${HOME}/${shown.id}/end`, said(byId("end-form")));
    byId("ending").open = false;
    await again(shown.id);
    byId("project").focus();
  });
  sends(byId("end-post-form"), async () => {
    await post(`${HOME}/${shown.id}/posts/${ended.id}/end`, said(byId("end-post-form")));
    byId("end-post").close();
    await again(shown.id);
    byId("project").focus();
  });
  takesFile(byId("file-form"), {
    path: () => `${HOME}/sites/import`,
    parameters: () => ({ project: shown?.code }),
    found: (told) => _("{n} sites, of which {new} are new and {lines} are lines, of {projects} projects.", { n: count(told.rows), new: count(told.new), lines: count(told.sites_on_lines), projects: count(told.projects) }),
    stored: () => again(shown?.id),
  });
}

search.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    show(null);
    remember({ day: wanted().day, member: wanted().member });
    const [found] = await Promise.all([list(), numbers(), map()]);
    announce(_("{n} projects", { n: count(found.length) }));
  } catch (problem) {
    show(problem);
  }
});
byId("more").addEventListener("click", () => list({ more: true }).catch(show));
byId("end-post-close").addEventListener("click", () => byId("end-post").close());
byId("keeping").hidden = !page.keeps;
byId("file-hint").textContent = _("Columns code, name and project. A CSV has lon and lat, or wkt.");
if (page.district) {
  search.elements.day.value = asked("day") || "";
  search.elements.member.value = asked("member") || "";
  try {
    keep();
    const [found] = await Promise.all([list(), numbers(), map(), page.keeps ? known() : null]);
    const first = asked("project") || found[0]?.id;
    if (first) await open(first, { focus: false });
  } catch (problem) {
    show(problem);
  }
}
document.body.dataset.ready = "1";
