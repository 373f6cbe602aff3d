// Making the chain: households from a file, who leads at a level, new representatives.

import { address, read } from "wardline/api";
import { announce, byId, make, replace } from "wardline/dom";
import { goOn, said, sends } from "wardline/forms";
import { page } from "wardline/page";
import { today } from "wardline/period";
import { _, count, day } from "wardline/text";
import { takesFile } from "wardline/upload";

const HOME = "/api/v1/chain";
const REPRESENTATIVES = "/api/v1/representatives";
let ended = null;
let changed = async () => {};

function post(path, body) {
  return read(address(path), { method: "POST", body });
}

function leading(one) {
  const end = () => {
    ended = one;
    byId("end-leader-title").textContent = `${one.name} · ${one.title}`;
    byId("end-leader-form").elements.until.value = today();
    byId("end-leader").showModal();
  };
  const told = [one.unit || _("the county"), one.name, one.title, _("since {day}", { day: day(one.since) })].join(" · ");
  return make("li", { "data-leader": one.name }, make("span", {}, told), make("button", { class: "button", type: "button", "aria-label": _("End the office of {name}", { name: one.name }), on: { click: end } }, _("End")));
}

async function list() {
  const { items } = await read(address(`${HOME}/leaders`));
  items.sort((one, other) => (one.unit || "").localeCompare(other.unit || ""));
  replace(byId("leaders"), ...items.map(leading));
}

/** Name the unit that is shown as that of the forms, where they name none yet. */
export function suggest(unit, depth, depths) {
  byId("leader-form").elements.unit.value = unit || "";
  // Homes are of the level above the smallest.
  if (depth === Math.max(depths - 1, 1)) byId("home-form").elements.home.value = unit || "";
}

/** Begin to make the chain; `again` shows anew what is shown. */
export async function beginMaking(again) {
  changed = again;
  byId("keeping").hidden = !page.keeps;
  if (!page.keeps) return;
  takesFile(byId("file-form"), {
    path: () => `${HOME}/households/import`,
    found: (told) => _("{n} rows: {new} new households, {known} stored just so.", { n: count(told.rows), new: count(told.new), known: count(told.known) }),
    stored: () => changed(),
  });
  sends(byId("leader-form"), async () => {
    const given = said(byId("leader-form"));
    await post(`${HOME}/leaders`, { items: [given] });
    for (const name of ["name", "title"]) byId("leader-form").elements[name].value = "";
    await Promise.all([list(), changed()]);
    announce(_("Stored: {name}", { name: given.name }));
    goOn(byId("leader-form"), byId("leader-form").elements.name);
  });
  sends(byId("home-form"), async () => {
    const given = said(byId("home-form"));
    await post(REPRESENTATIVES, given);
    for (const name of ["code", "name"]) byId("home-form").elements[name].value = "";
    await changed();
    announce(_("Stored: {name}", { name: given.name }));
    goOn(byId("home-form"), byId("home-form").elements.code);
  });
  sends(byId("end-leader-form"), async () => {
    await post(`${HOME}/leaders/${ended.id}/end`, said(byId("end-leader-form")));
    byId("end-leader").close();
    await Promise.all([list(), changed()]);
    byId("leading").querySelector("summary").focus();
  });
  byId("end-leader-close").addEventListener("click", () => byId("end-leader").close());
  await list();
}
