// Tasks: a visit asked for of somebody, from a gap or what is due, and how each was closed.

import { address, ask, Problem, read } from "wardline/api";
import { announce, byId, make, message, replace } from "wardline/dom";
import { today } from "wardline/period";
import { _, chainage, count, day, instant, metres } from "wardline/text";

const SHOWN = 12;
const ORDER = { open: 0, done: 1, closed: 2 };
const TASKS = "/api/v1/coverage/tasks";

/** Where a task is, in words. */
function title(task) {
  if (task.kind !== "segment") return task.code;
  return task.open[0]?.where || _("{code}, km {from} to {to}", { code: task.code, from: chainage(task.from_m), to: chainage(task.to_m) });
}

function standing(task) {
  if (task.state === "open") return task.late ? _("late") : _("open");
  return task.state === "done" ? _("done") : _("closed");
}

/** How a task was closed: by evidence that came later, or by somebody for a reason. */
function closing(task) {
  if (task.state === "done") return task.settled_at ? _("closed by itself {when}: later evidence", { when: instant(task.settled_at) }) : _("closed by later evidence");
  if (task.state === "closed") return [_("closed by {who} {when}", { who: task.settled_by, when: instant(task.settled_at) }), task.closing].filter(Boolean).join(": ");
  return task.kind === "segment" ? _("{n} open", { n: metres(task.open_m) }) : null;
}

function notes(task) {
  return [
    task.kind === "segment" ? _("{code}, km {from} to {to}", { code: task.code, from: chainage(task.from_m), to: chainage(task.to_m) }) : null,
    task.assignee ? _("for {who}", { who: task.assignee.name || _("somebody") }) : _("for nobody yet"),
    task.until ? _("until {day}", { day: day(task.until) }) : null,
    task.reason,
    closing(task),
  ].filter(Boolean).join(" · ");
}

/** The form that asks what a task needs to know; resolves to {assignee, until, reason}, or null where it was left. */
function form() {
  const dialog = byId("task");
  const problem = byId("task-problem");
  let people = null;
  byId("task-cancel").addEventListener("click", () => dialog.close(""));
  return {
    async open(where, send) {
      if (people === null) people = (await ask("assignees", `${TASKS}/assignees`)).items;
      const given = dialog.querySelector("form");
      given.reset();
      byId("task-where").textContent = where;
      replace(given.elements.assignee, make("option", { value: "" }, _("nobody yet")), ...people.map(({ id, name }) => make("option", { value: id }, name)));
      given.elements.until.min = today();
      replace(problem);
      dialog.showModal();
      given.onsubmit = async (event) => {
        event.preventDefault();
        const { assignee, until, reason } = given.elements;
        try {
          await send({ assignee: assignee.value || null, until: until.value || null, reason: reason.value });
          dialog.close("made");
        } catch (refused) {
          if (!(refused instanceof Problem)) throw refused;
          replace(problem, message(refused.title, refused.detail, "message-warn"));
        }
      };
    },
  };
}

/**
 * The list of tasks; `goTo(task)` leads the map to a stretch. Answers {show(), beside(row, thing)}: `beside` adds to a
 * row the button that makes a task of it, for who may; a thing has kind, code, layer, from_m, to_m, counts_from, where.
 */
export function taskList(goTo) {
  const place = byId("tasks");
  const dialog = byId("task") && form();
  if (!place) return { show: async () => {}, beside: (row) => row };
  let signal = null;

  const row = (task) =>
    make(
      task.kind === "segment" ? "button" : "div",
      { class: "row", type: task.kind === "segment" ? "button" : null, "data-task": task.id, "data-state": task.state, on: task.kind === "segment" ? { click: () => goTo(task) } : {} },
      make("span", { class: "row-title" }, title(task)),
      make("span", { class: task.late ? "row-value state-overdue" : "row-value" }, standing(task)),
      make("span", { class: "row-note" }, notes(task)),
    );
  const show = async (options = {}) => {
    signal = options.signal ?? signal;
    const found = (await ask("tasks", TASKS, { state: "all" }, { signal })).items;
    const sorted = found.toSorted((one, other) => ORDER[one.state] - ORDER[other.state] || (other.settled_at ?? "").localeCompare(one.settled_at ?? ""));
    const open = found.filter(({ state }) => state === "open").length;
    byId("tasks-section").hidden = !found.length;
    byId("tasks-count").textContent = open ? _("{n} open", { n: count(open) }) : "";
    replace(place, ...sorted.slice(0, SHOWN).map(row));
  };
  const sender = (thing) => async (more) => {
    const { kind, code, layer, from_m: from, to_m: to, counts_from: since } = thing;
    const stretch = kind === "segment" ? { from_m: from, to_m: to } : {};
    const body = { kind, code, ...(layer ? { layer } : {}), ...stretch, counts_from: since, ...more };
    await read(address(TASKS), { method: "POST", body });
    announce(_("The task was made."));
    await show({ signal: null });
  };
  return {
    show,
    beside(element, thing) {
      // What evidence closes is a visit; an inspection with the other side is none that a walk could prove.
      if (!dialog || thing.clock === "joint") return element;
      const button = make("button", { class: "chip row-act no-print", type: "button", "aria-label": _("Make a task: {where}", { where: thing.where }), on: { click: () => dialog.open(thing.where, sender(thing)) } }, _("Make a task"));
      return make("div", { class: "row-beside" }, element, button);
    },
  };
}
