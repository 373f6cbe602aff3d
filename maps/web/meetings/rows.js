// Rows of lists: meetings and visits, problems, requests, actions; each leads to the meeting or visit it is of.

import { make } from "wardline/dom";
import { page } from "wardline/page";
import { _, count, day, instant } from "wardline/text";

export function kindName(kind) {
  return page.kinds[kind] ?? kind;
}

export function dutyName(duty) {
  return page.duties[duty] ?? duty;
}

function named(text, value, ...notes) {
  return [
    make("span", { class: "row-title" }, text),
    make("span", { class: "row-value faint" }, value),
    make("span", { class: "row-note" }, notes.filter(Boolean).join(" · ")),
  ];
}

function button(id, open, ...children) {
  return make("li", {}, make("button", { class: "row", type: "button", "data-outreach": id, on: { click: () => open(id) } }, ...children));
}

export function gatheringRow(one, open) {
  const title = one.topic || one.place;
  const what = one.duty ? dutyName(one.duty) : null;
  const amounts = [
    one.opinions.length ? _("{n} opinions", { n: count(one.opinions.length) }) : null,
    one.problems.length ? _("{n} problems", { n: count(one.problems.length) }) : null,
    one.requests.length ? _("{n} requests", { n: count(one.requests.length) }) : null,
  ];
  return button(one.id, open, ...named(title, kindName(one.kind), instant(one.at), one.unit, one.representative, what, ...amounts));
}

const steps = {
  received: () => _("received"),
  accepted: () => _("accepted"),
  filed: () => _("filed"),
  dispatched: () => _("dispatched"),
  handling: () => _("being handled"),
  done: () => _("reported done"),
  verified: () => _("verified"),
  closed: () => _("closed"),
  suspended: () => _("suspended"),
  rejected: () => _("rejected"),
};

/** How a problem stands: solved there and then, an incident and how far it is, or an incident the reader does not see. */
export function standing(problem) {
  if (problem.solution) return _("solved there and then: {how}", { how: problem.solution });
  if (problem.solved) return _("incident, closed {when}", { when: instant(problem.closed_at) });
  return problem.status ? _("incident, {status}", { status: steps[problem.status]?.() ?? problem.status }) : _("incident");
}

export function problemRow(one, open) {
  return button(one.outreach, open, ...named(one.title, one.solved ? _("solved") : _("open"), standing(one)));
}

const asked = { patrol: () => _("more patrols"), "service-stop": () => _("the service car should come") };
const states = { asked: () => _("not answered yet"), accepted: () => _("granted"), declined: () => _("declined") };

export function requestName(kind) {
  return asked[kind]();
}

export function stateName(state) {
  return states[state]();
}

export function requestRow(one, open) {
  return button(one.outreach, open, ...named(one.text, stateName(one.state), requestName(one.kind), one.unit));
}

export function actionRow(one, open) {
  const value = one.done_at ? _("done") : one.late ? _("late") : _("to be done");
  return button(one.outreach, open, ...named(one.text, value, one.unit ?? one.representative, _("by {day}", { day: day(one.due_on) })));
}
