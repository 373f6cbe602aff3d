// Evening out the load: the service proposes up to three ways, and the planner takes one as steps of the plan.

import { dialog, field } from "wardline/admin-parts";
import { read } from "wardline/api";
import { announce, byId, make, replace } from "wardline/dom";
import { addSteps, desk, edits, of, on } from "wardline/redraw/desk";
import { _, count, percent } from "wardline/text";

const MOST_MOVES = 12;
const AGAIN_MS = 2000, MOST_ASKED = 90;

const state = { plan: null, version: 0, found: null };

function weight(label, name, value) {
  return field(label, make("input", { name, type: "number", min: 0, max: 1000, step: "any", value, required: true }));
}

/** Ask for proposals; a fresh installation compiles the search first, and says so meanwhile. */
async function propose(body) {
  for (let asked = 1; ; asked += 1) {
    try {
      return await read(of(desk.plan, "/balance"), { method: "POST", body });
    } catch (problem) {
      if (problem.code !== "being-compiled" || asked === MOST_ASKED) throw problem;
      if (asked === 1) announce(problem.detail);
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}

function ask() {
  const fields = [weight(_("Households"), "households", 1), weight(_("Open incidents"), "incidents", 0), weight(_("Area"), "area", 0)];
  const most = make("input", { name: "most", type: "number", min: 1, max: 100, step: 1, value: 10, required: true });
  const text = _("Say how much each counts. You get up to three ways that move as few units as can be; nothing changes until you take one.");
  const box = dialog(_("Even out the load"), [make("p", {}, text), ...fields, field(_("Units that may move, in percent"), most)], {
    action: _("Propose"),
    act: async () => {
      const weights = Object.fromEntries(fields.map((one) => one.querySelector("input")).map(({ name, valueAsNumber }) => [name, valueAsNumber]));
      const found = await propose({ weights, most_moved: most.valueAsNumber / 100 });
      Object.assign(state, { plan: desk.plan.id, version: desk.plan.version, found });
      show();
      announce(_("{n} proposals", { n: count(found.proposals.length) }));
    },
  });
  return box.open();
}

function aimName(aim) {
  return { "fewest-moves": _("Fewest moves"), "most-even": _("Evenest"), "shortest-boundaries": _("Shortest borders") }[aim] ?? aim;
}

function card(one) {
  const take = make("button", { class: "button", type: "button", on: { click: () => addSteps({ ops: one.ops }, _("Load evened out")) } }, _("Take it"));
  const facts = _("worst deviation {before} → {after}, {n} units move", { before: percent(state.found.before.worst), after: percent(one.after.worst), n: count(one.moves.length) });
  const why = make("details", { class: "past" }, make("summary", {}, _("Why")), make("ul", {}, ...[...one.moves.slice(0, MOST_MOVES), ...one.left].map((each) => make("li", {}, each.text))));
  return make("li", { class: "proposal", "data-aim": one.aim }, make("div", { class: "section-head" }, make("strong", {}, aimName(one.aim)), take), make("p", { class: "faint" }, facts), why);
}

function show() {
  const { found } = state;
  const current = found && state.plan === desk.plan?.id && state.version === desk.plan.version && edits();
  byId("balance-section").hidden = !current;
  byId("even-out").hidden = !edits();
  if (!current) return;
  const missing = found.omitted.map((one) => make("li", { class: "faint", "data-omitted": one.aim }, `${aimName(one.aim)}: ${one.text}`));
  replace(byId("balance"), ...found.proposals.map(card), ...missing);
}

/** Let planners ask for proposals; those of another version of the plan are no longer shown. */
export function startBalance() {
  byId("even-out").addEventListener("click", ask);
  on("plan", show);
}
