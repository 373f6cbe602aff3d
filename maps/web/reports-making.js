// Making the plan of a period: begun, filled with tasks of several offices, merged, published, reopened.

import { address, read } from "wardline/api";
import { announce, byId, make, replace } from "wardline/dom";
import { goOn, said, sends } from "wardline/forms";
import { page } from "wardline/page";
import { _, count, day } from "wardline/text";

const PERIODS = "/api/v1/periods";
const LONGEST = 64;
const forms = { begin: byId("begin"), submit: byId("submit-task"), merge: byId("merge"), publish: byId("publishing") };
let plan = null;
let tasks = [];
let changed = async () => {};

function post(path, body = {}) {
  return read(address(path), { method: "POST", body });
}

function choice(task) {
  const told = [task.title, task.kind, task.offices.join(", "), _("{n} units", { n: count(task.units.length) }), day(task.due_on)];
  const box = make("input", { type: "checkbox", name: "tasks", value: task.id });
  return make("li", {}, make("label", {}, box, make("span", {}, told.join(" · "))));
}

/** A button that lets the sources of a merge stand for themselves again, where that may be. */
export function undoing(task) {
  if (!page.keeps || plan?.state !== "open" || !task.sources.length) return null;
  const undo = async ({ target }) => {
    target.disabled = true;
    await post(`${PERIODS}/${plan.id}/merges/${task.id}/undo`);
    await changed(plan.id);
    announce(_("The tasks stand for themselves again."));
  };
  return make("button", { class: "button", type: "button", "data-undo": task.id, "aria-label": _("Undo the merge {title}", { title: task.title.slice(0, LONGEST) }), on: { click: undo } }, _("Undo the merge"));
}

/** Offer what may be done with a plan as it stands. */
export function offerMaking(shown, found) {
  plan = shown;
  tasks = found;
  const open = plan.state === "open";
  byId("making").hidden = !(page.submits && open) && !page.keeps;
  byId("submitting").hidden = !(page.submits && open);
  byId("merging").hidden = !(page.keeps && open && tasks.length > 1);
  forms.publish.hidden = !page.keeps || (open && tasks.length === 0);
  forms.publish.elements.reason.required = !open;
  forms.publish.elements.reason.parentElement.hidden = open;
  forms.publish.querySelector("button").textContent = open ? _("Publish the plan") : _("Reopen the plan");
  forms.submit.elements.due_on.min = plan.first_day;
  forms.submit.elements.due_on.max = plan.last_day;
  replace(byId("mergeable"), ...tasks.map(choice));
}

/** Begin to make plans; `again` shows a plan anew after it changed, and takes up one that was begun. */
export function beginMaking(again) {
  changed = again;
  byId("begin-plan").hidden = !page.keeps;
  forms.begin.elements.kind.addEventListener("change", ({ target }) => {
    const { last_day: last } = forms.begin.elements;
    last.required = target.value === "free";
    last.parentElement.hidden = !last.required;
  });
  sends(forms.begin, async () => {
    const given = said(forms.begin);
    if (given.kind !== "free") delete given.last_day;
    const made = await post(PERIODS, given);
    forms.begin.reset();
    byId("begin-plan").open = false;
    await changed(made.id);
    byId("submitting").open = true;
    goOn(byId("begin-plan"), forms.submit.elements.title);
  });
  sends(forms.submit, async () => {
    const given = said(forms.submit);
    given.units = given.units.split(/[\s,，;；]+/).filter(Boolean);
    const made = await post(`${PERIODS}/${plan.id}/tasks`, given);
    forms.submit.elements.title.value = "";
    await changed(plan.id);
    announce(_("Submitted: {title}", { title: made.title }));
    goOn(forms.submit, forms.submit.elements.title);
  });
  sends(forms.merge, async () => {
    const given = said(forms.merge);
    given.tasks = new FormData(forms.merge).getAll("tasks");
    const made = await post(`${PERIODS}/${plan.id}/merges`, given);
    forms.merge.reset();
    await changed(plan.id);
    announce(_("Merged: {title}", { title: made.title }));
    goOn(forms.merge, byId("plan-title"));
  });
  sends(forms.publish, async () => {
    const open = plan.state === "open";
    await post(`${PERIODS}/${plan.id}/${open ? "publish" : "reopen"}`, open ? {} : said(forms.publish));
    forms.publish.reset();
    await changed(plan.id);
    goOn(forms.publish, byId("plan-title"));
  });
}
