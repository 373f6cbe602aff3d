// Which units a plan may touch: a list of the upper units with a search, by mouse and by keys.

import { address, read } from "wardline/api";
import { announce, make, message, replace } from "wardline/dom";
import { levelName } from "wardline/levels";
import { page } from "wardline/page";
import { _, count } from "wardline/text";

const MOST_SHOWN = 60;
const MOST_NAMED = 6;

/** What a unit is called where there is room for one word. */
export function unitName(unit) {
  return unit.name || unit.code;
}

/** Units in one line, the first of them by name. */
export function named(units) {
  const names = units.slice(0, MOST_NAMED).map(unitName).join(", ");
  const more = units.length - MOST_NAMED;
  return more > 0 ? _("{names} and {n} more", { names, n: count(more) }) : names;
}

/** The units above the leaves on a day, the highest first. */
async function upperUnits(asOf) {
  const levels = page.partition.levels.slice(0, -1);
  const found = await Promise.all(
    levels.map(async (name, level) => {
      const { columns } = await read(address(`/tiles/${encodeURIComponent(page.partition.code)}/units.json`, { level, as_of: asOf }));
      return columns.code.map((code, index) => ({ code, name: columns.name[index], level: levelName(name) }));
    }),
  );
  return found.flatMap((units) => units.sort((one, other) => one.code.localeCompare(other.code)));
}

function fits(unit, text) {
  return unit.code.toLowerCase().startsWith(text) || (unit.name ?? "").toLowerCase().includes(text);
}

/** Move the focus through the list by the arrow keys; from its top it goes back to the search. */
function onKeys(search, list) {
  return (event) => {
    const boxes = [...list.querySelectorAll("input")];
    const at = boxes.indexOf(document.activeElement);
    if (event.key === "Enter" && event.target === search) event.preventDefault();
    else if (event.key === "ArrowDown") boxes[Math.min(at + 1, boxes.length - 1)]?.focus();
    else if (event.key === "ArrowUp") (at > 0 ? boxes[at - 1] : search).focus();
    else return;
    event.preventDefault();
  };
}

class Choice {
  constructor() {
    this.units = [];
    this.chosen = new Map();
    this.asked = 0;
    this.day = null;
    this.search = make("input", { type: "search", autocomplete: "off", spellcheck: "false", maxlength: 80, placeholder: _("Code or name"), "aria-label": _("Find by code or name") });
    this.list = make("div", { class: "scope-list" });
    this.said = make("p", { class: "scope-said", role: "status" });
    this.more = make("p", { class: "faint" });
    this.box = make("fieldset", { class: "scope" }, make("legend", {}, _("Only below")), this.said, this.search, this.list, this.more);
    this.search.addEventListener("input", () => this.draw());
    this.box.addEventListener("keydown", onKeys(this.search, this.list));
    this.say();
  }

  say() {
    const units = [...this.chosen.values()];
    this.said.textContent = units.length ? named(units) : _("The whole layer. Choose units to confine the plan to what is below them.");
  }

  /** Ask for the units of a day, again where it is another one. */
  async load(day) {
    if (this.day === day) return;
    this.day = day;
    this.asked += 1;
    const mine = this.asked;
    try {
      const units = await upperUnits(day);
      if (mine !== this.asked) return;
      this.units = units;
      this.draw();
    } catch (problem) {
      if (mine !== this.asked) return;
      this.day = null;
      this.units = [];
      replace(this.list, message(problem.title || problem.message, problem.detail ?? "", "message-warn"));
    }
  }

  row(unit) {
    const box = make("input", { type: "checkbox", name: "scope", value: unit.code, checked: this.chosen.has(unit.code), on: { change: () => this.turn(unit, box.checked) } });
    const note = [unit.level, unit.name ? unit.code : ""].filter(Boolean).join(" · ");
    return make("label", { class: "scope-row" }, box, make("span", {}, unitName(unit)), make("span", { class: "faint" }, note));
  }

  turn(unit, on) {
    if (on) this.chosen.set(unit.code, unit);
    else this.chosen.delete(unit.code);
    this.say();
  }

  /** What fits the search; what is chosen stays in sight. */
  draw() {
    const text = this.search.value.trim().toLowerCase();
    const chosen = [...this.chosen.values()];
    const rest = this.units.filter((unit) => !this.chosen.has(unit.code) && fits(unit, text));
    const hidden = Math.max(0, rest.length - MOST_SHOWN);
    const rows = [...chosen, ...rest.slice(0, MOST_SHOWN)].map((unit) => this.row(unit));
    replace(this.list, ...(rows.length ? rows : [make("p", { class: "soft" }, _("Nothing has this code or name. Try its beginning."))]));
    this.more.textContent = hidden ? _("{n} more: find them by code or name.", { n: count(hidden) }) : "";
    if (text) announce(_("{n} units", { n: count(rest.length) }));
  }
}

/** A choice of the units a plan is confined to: `box` to show, `load` for a day, `value()` their codes. */
export function scopeChoice() {
  const choice = new Choice();
  return { box: choice.box, load: (day) => choice.load(day), value: () => [...choice.chosen.keys()] };
}
