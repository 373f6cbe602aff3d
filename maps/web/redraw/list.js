// The list of plans: mine, others', those that wait for a review, those that are published.

import { dialog, field } from "wardline/admin-parts";
import { byId, make, message, replace } from "wardline/dom";
import { page } from "wardline/page";
import { create, desk, isMine, on, open, refused } from "wardline/redraw/desk";
import { scopeChoice } from "wardline/redraw/scope";
import { _, count, day } from "wardline/text";

const OVER = ["published", "scheduled"];
const state = { shelf: "mine" };

/** What a status is called. */
export function statusName(status) {
  const names = {
    draft: _("draft"),
    submitted: _("waits for review"),
    approved: _("approved"),
    scheduled: _("scheduled"),
    published: _("published"),
    rejected: _("rejected"),
    withdrawn: _("withdrawn"),
  };
  return names[status] ?? status;
}

export function badge(plan) {
  const warns = plan.conflict || plan.status === "rejected";
  return make("span", { class: `badge ${warns ? "badge-off" : ""}` }, plan.conflict ? _("in conflict") : statusName(plan.status));
}

const shelves = {
  mine: (plan) => isMine(plan) && !OVER.includes(plan.status),
  others: (plan) => !isMine(plan) && !OVER.includes(plan.status) && plan.status !== "submitted",
  review: (plan) => plan.status === "submitted",
  published: (plan) => OVER.includes(plan.status),
};

const empties = {
  mine: () => (page.may.includes("plan") ? [_("You have no plan yet"), _("Begin one: it is a draft that nobody else's work depends on.")] : [_("You draw no plans"), _("Look at those of others, or at those that wait for a review.")]),
  others: () => [_("Nobody else has an open plan"), _("Plans of other planners show here, and as dotted outlines on the map.")],
  review: () => [_("Nothing waits for a review"), _("A plan comes here when its planner submits it.")],
  published: () => [_("No plan is published yet"), _("A plan that was approved is published by its planner, for a day of their choice.")],
};

/** Open a plan and read it from its title on. */
async function show(id) {
  try {
    await open(id);
    byId("plan-title").focus();
  } catch (problem) {
    refused(problem);
  }
}

function row(plan) {
  const notes = [plan.author.name, _("{n} steps", { n: count(plan.ops) }), plan.effective_on ? _("for {day}", { day: day(plan.effective_on) }) : "", plan.stale ? _("behind the units in force") : ""];
  return make(
    "button",
    { class: "row", type: "button", "data-plan": plan.id, on: { click: () => show(plan.id) } },
    make("span", { class: "row-title" }, plan.title),
    make("span", { class: "row-value" }, badge(plan)),
    make("span", { class: "row-note" }, [`№ ${plan.number}`, ...notes].filter(Boolean).join(" · ")),
  );
}

function draw() {
  for (const name of Object.keys(shelves)) {
    const number = desk.plans.filter(shelves[name]).length;
    byId(`shelf-${name}`).textContent = number ? count(number) : "";
  }
  const found = desk.plans.filter(shelves[state.shelf]);
  replace(byId("plans"), ...(found.length ? found.map(row) : [make("div", { class: "row" }, message(...empties[state.shelf]()))]));
}

/** The words of a plan in a form: title, day, note. */
export function planFields(plan = null) {
  const title = make("input", { name: "title", required: true, maxlength: 200, autocomplete: "off", value: plan?.title ?? "" });
  const day = make("input", { name: "effective_on", type: "date", value: plan?.effective_on ?? "" });
  const note = make("textarea", { name: "note", rows: 3, maxlength: 10000 });
  note.value = plan?.note ?? "";
  const children = [field(_("Title"), title), field(_("In force from"), day, make("span", { class: "faint" }, _("Left empty: from the day it is published."))), field(_("Why"), note)];
  return { children, value: () => ({ title: title.value.trim(), effective_on: day.value || null, note: note.value.trim() }) };
}

function begin() {
  const { children, value } = planFields();
  const scope = scopeChoice();
  const { form, open: show } = dialog(_("Begin a plan"), [...children, scope.box], { action: _("Begin"), act: () => create({ ...value(), scope: scope.value() }) });
  const day = form.elements.effective_on;
  day.addEventListener("change", () => scope.load(day.value));
  scope.load(day.value);
  return show();
}

/** Show the list, and let people choose from it. */
export function startList() {
  byId("shelves").addEventListener("change", ({ target }) => {
    state.shelf = target.value;
    draw();
  });
  byId("begin").hidden = !page.may.includes("plan");
  byId("begin").addEventListener("click", begin);
  const mine = desk.plans.some(shelves.mine);
  if (!mine && !page.may.includes("plan") && desk.plans.some(shelves.review)) state.shelf = "review";
  else if (!mine && !page.may.includes("plan")) state.shelf = desk.plans.some(shelves.others) ? "others" : "published";
  for (const radio of byId("shelves").elements) radio.checked = radio.value === state.shelf;
  on("plans", draw);
  draw();
}
