// The volunteers of the district: what each helps with, when and how far; how to reach them is asked for apart.

import { address, read, show } from "wardline/api";
import { announce, byId, facts, make, replace } from "wardline/dom";
import { page } from "wardline/page";
import { act, kinds, short } from "wardline/rota-words";
import { _, count, metres } from "wardline/text";

const HOME = "/api/v1/volunteers";
const PAGE = 200;
const MOST = 2000;

async function all() {
  const found = [];
  let cursor = null;
  do {
    const answer = await read(address(HOME, { limit: PAGE, cursor }));
    found.push(...answer.items);
    cursor = answer.cursor;
  } while (cursor && found.length < MOST);
  return found;
}

function hours({ days, begin, end }) {
  return `${days.map((key) => short[key]).join(", ")} ${begin}–${end}`;
}

/** A form that asks what for before it tells how to reach somebody; the audit keeps the answer. */
function reaching(one) {
  const told = make("div", { role: "status" });
  const form = make(
    "form",
    { class: "rota-reach" },
    make("label", { class: "field" }, _("What for? It is kept."), make("input", { name: "purpose", minlength: 2, maxlength: 200, required: true })),
    make("button", { class: "button", type: "submit" }, _("Show")),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const found = await read(address(`${HOME}/${one.id}/contact`, { purpose: form.elements.purpose.value.trim() }));
      replace(told, facts([[_("Phone"), found.phone], [_("E-mail"), found.email]]));
      show(null);
    } catch (problem) {
      show(problem);
    }
  });
  return make("details", {}, make("summary", {}, _("How to reach them")), form, told);
}

function forgetting(one, changed) {
  return act(_("Forget them"), async () => {
    if (!window.confirm(_("Forget {name}, with contact and duties? This cannot be undone.", { name: one.name }))) return;
    try {
      await read(address(`${HOME}/${one.id}`), { method: "DELETE" });
      show(null);
      announce(_("Saved."));
    } catch (problem) {
      show(problem);
    }
    await changed();
  });
}

function item(one, changed) {
  return make(
    "li",
    { class: "rota-item", "data-volunteer": one.code },
    make("strong", {}, one.name),
    make("span", {}, one.skills.map((key) => kinds[key] ?? key).join(", ")),
    make("span", { class: "faint" }, one.windows.map(hours).join("; ")),
    make("span", { class: "faint" }, _("comes up to {n}", { n: metres(one.reach_m) })),
    page.keeps ? reaching(one) : null,
    page.keeps ? make("div", { class: "rota-acts" }, forgetting(one, changed)) : null,
  );
}

/** Show the volunteers with a choice of what they help with; `changed` hears that one is forgotten. */
export async function showVolunteers(changed) {
  const everybody = await all();
  const choice = byId("skill");
  const skills = [...new Set(everybody.flatMap((one) => one.skills))].sort();
  const before = choice.value;
  replace(choice, make("option", { value: "" }, _("everything")), ...skills.map((key) => make("option", { value: key, selected: key === before }, kinds[key] ?? key)));
  const draw = () => {
    const fit = everybody.filter((one) => !choice.value || one.skills.includes(choice.value));
    byId("volunteers-count").textContent = count(fit.length);
    replace(byId("volunteers"), ...(fit.length ? fit.map((one) => item(one, changed)) : [make("li", { class: "soft" }, _("No volunteers."))]));
  };
  choice.onchange = draw;
  draw();
}
