// Tools for whole units: pick one, merge several, and put units below another one by painting.

import { announce, make } from "wardline/dom";
import { desk, edits, perform, refused } from "wardline/redraw/desk";
import { distance } from "wardline/redraw/lattice";
import { near, register, say } from "wardline/redraw/tools";
import { loadGroups, pick, unitAt } from "wardline/redraw/units";
import { areaOf, feature, put } from "wardline/redraw/view";
import { _, count } from "wardline/text";

const SWEEP_PX = 6;

register({
  name: "pick",
  key: "v",
  reading: true,
  label: _("Pick a unit"),
  icon: "M6 3l12 9-6 1 3.500 6.500-2.500 1.300L9.500 14 6 18z",
  hint: () => (edits() ? _("Click a unit, or put the cross on it and press Enter: it and its neighbours can then be edited.") : _("Click a unit to see what the plan makes of it.")),
  click: async (at) => {
    if (!(await pick(at))) announce(_("There is no unit here"));
  },
});

// Several units: merged, or put below another one.

const several = { ids: [], sweeping: false };

function showSeveral(role) {
  const units = several.ids.map((id) => desk.mesh.units.get(id)).filter(Boolean);
  put("chosen", units.map((unit, index) => feature(areaOf(unit.rings), { role, first: index === 0 })));
}

function forgetSeveral() {
  Object.assign(several, { ids: [], sweeping: false });
  put("chosen", []);
}

async function toggle(at, role) {
  const unit = await unitAt(at);
  if (!unit) return;
  const index = several.ids.indexOf(unit.id);
  if (index >= 0) several.ids.splice(index, 1);
  else several.ids.push(unit.id);
  showSeveral(role);
  announce(index >= 0 ? _("{code} taken out, {n} chosen", { code: unit.code, n: count(several.ids.length) }) : _("{code} taken in, {n} chosen", { code: unit.code, n: count(several.ids.length) }));
}

const selection = {
  stop: forgetSeveral,
  begun: () => several.ids.length > 0,
  cancel: () => {
    const begun = several.ids.length > 0;
    forgetSeveral();
    return begun;
  },
};

register({
  ...selection,
  name: "merge",
  key: "g",
  label: _("Merge units"),
  icon: "M4 4h7v7M20 20h-7v-7|M4 4v7M20 20v-7|M9 15l6-6|M15 13V9h-4",
  start: () => {
    if (desk.picked) several.ids = [desk.picked];
    showSeveral("merge");
  },
  hint: () => {
    const first = desk.mesh.units.get(several.ids[0]);
    if (!first) return _("Click the unit that lives on, then those that join it.");
    if (several.ids.length < 2) return _("{code} lives on. Click the units that join it.", { code: first.code });
    return _("{n} units become {code}. Finish to merge them.", { n: count(several.ids.length), code: first.code });
  },
  pending: () => several.ids.length > 1,
  click: (at) => toggle(at, "merge"),
  space: (at) => toggle(at, "merge").then(say),
  finish: async () => {
    const into = several.ids[0];
    if (await perform({ type: "merge", units: several.ids, into: { id: into } }, _("Units merged"))) forgetSeveral();
  },
});

const brush = { parent: null };

async function paint() {
  const units = several.ids.filter((id) => desk.mesh.units.get(id)?.parent !== brush.parent);
  forgetSeveral();
  if (!units.length) {
    announce(_("They are there already"));
    return;
  }
  await perform({ type: "reassign", units, parent: brush.parent }, _("{n} units put elsewhere", { n: count(units.length) }));
}

async function sweep(at) {
  const unit = await unitAt(at);
  if (!unit || several.ids.includes(unit.id)) return;
  several.ids.push(unit.id);
  showSeveral("paint");
}

function parents() {
  const choice = make(
    "select",
    { "aria-label": _("Put units below") },
    make("option", { value: "" }, _("Choose…")),
    ...(desk.groups ?? []).map((one) => make("option", { value: one.id, selected: one.id === brush.parent }, [one.name, one.code].filter(Boolean).join(" · "))),
  );
  choice.addEventListener("change", () => {
    brush.parent = choice.value || null;
    document.querySelector(".desk-map").focus({ preventScroll: true });
    say();
  });
  return choice;
}

register({
  ...selection,
  name: "paint",
  key: "a",
  label: _("Put below another unit"),
  icon: "M14 4l6 6-8 8H6v-6z|M4 21h9",
  start: async () => {
    try {
      await loadGroups();
      say();
    } catch (problem) {
      refused(problem);
    }
  },
  controls: () => [parents()],
  hint: () => {
    if (!brush.parent) return _("Choose the unit that others are put below, here or by clicking one of its units.");
    if (several.sweeping) return _("Move the cross over units, then press Enter.");
    return _("Click units, or sweep over them, to put them below it. Space begins a sweep by keys.");
  },
  pending: () => several.sweeping && several.ids.length > 0,
  press: (at) => {
    if (!brush.parent) return false;
    several.ids = [];
    several.last = at;
    sweep(at).catch(refused);
    return true;
  },
  drag: (at) => {
    if (distance(several.last, at) < near(SWEEP_PX)) return;
    several.last = at;
    sweep(at).catch(refused);
  },
  drop: paint,
  click: async (at) => {
    const unit = await unitAt(at);
    if (!unit) return;
    if (!brush.parent) {
      brush.parent = unit.parent;
      announce(_("The unit above {code} is chosen", { code: unit.code }));
      return;
    }
    several.ids = [unit.id];
    await paint();
  },
  space: (at) => {
    if (!brush.parent) return;
    several.sweeping = !several.sweeping;
    if (several.sweeping) sweep(at).then(say);
  },
  enter: async (at) => {
    if (several.sweeping) await paint();
    else {
      const unit = await unitAt(at);
      if (!unit) return;
      if (!brush.parent) brush.parent = unit.parent;
      else {
        several.ids = [unit.id];
        await paint();
      }
    }
  },
  hover: (at) => {
    if (several.sweeping) sweep(at).then(say);
  },
  finish: paint,
});
