// What statuses, colours, clocks and acts are called, and how working time is told.

import { make } from "wardline/dom";
import { _, count } from "wardline/text";

const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;

export const STATUSES = {
  received: _("received"),
  accepted: _("accepted"),
  filed: _("filed"),
  dispatched: _("dispatched"),
  handling: _("being handled"),
  done: _("reported done"),
  verified: _("verified"),
  closed: _("closed"),
  returned: _("returned"),
  delayed: _("delayed"),
  suspended: _("suspended"),
  rejected: _("rejected"),
  merged: _("merged"),
};

/** What the button of a step says. */
export const STEPS = {
  accepted: _("Accept"),
  filed: _("File"),
  dispatched: _("Dispatch"),
  handling: _("Handle"),
  done: _("Report done"),
  verified: _("Verify"),
  closed: _("Close as settled"),
  rejected: _("Reject"),
};

const CLASSES = {
  waste: _("Waste"),
  road: _("Roads"),
  lamp: _("Street lamps"),
  water: _("Water supply"),
  power: _("Power supply"),
  snow: _("Snow and ice"),
  flood: _("Flooding"),
  fire: _("Danger of fire"),
  "grass-fire": _("Grass fire"),
  dispute: _("Disputes"),
  service: _("Help with services"),
  livestock: _("Livestock"),
  fence: _("Fences"),
  marker: _("Boundary markers"),
  forager: _("Foragers"),
  other: _("Something else"),
};

/** Usual classes in the reader's language; those of a district's own as they are stored. */
export function className(code) {
  return CLASSES[code] ?? code;
}

export const COLOURS = { green: _("green"), blue: _("blue"), yellow: _("yellow"), red: _("red") };

export const CLOCKS = {
  unfiled: _("not filed"),
  running: _("running"),
  soon: _("due within a day"),
  overdue: _("overdue"),
  waiting: _("standing still"),
  "on-time": _("closed in time"),
  late: _("closed late"),
};

export const REQUESTS = { return: _("Return"), delay: _("Delay"), suspend: _("Suspend") };

const KINDS = {
  received: _("received"),
  status: _("step"),
  colour: _("colour"),
  comment: _("comment"),
  form: _("form"),
  asked: _("asked"),
  refused: _("refused"),
  action: _("action"),
  moved: _("moved"),
  edited: _("edited"),
  rerouted: _("sent on"),
  feedback: _("feedback"),
  joined: _("another one merged into it"),
  separated: _("separated again"),
  followed: _("one more reporter"),
};

export function kindName(kind) {
  return KINDS[kind] || kind;
}

/** Working time in days and hours; a working day has 24 hours from midnight to midnight. */
export function span(seconds) {
  const whole = Math.abs(seconds);
  const days = Math.floor(whole / DAY_S);
  const hours = Math.floor((whole % DAY_S) / HOUR_S);
  if (days) return _("{d} d {h} h", { d: count(days), h: count(hours) });
  if (hours) return _("{h} h", { h: count(hours) });
  return _("{m} min", { m: count(Math.floor(whole / 60)) });
}

/** How a clock stands, as an element. */
export function clockText(clock) {
  if (clock.left_s === null) return make("span", {}, CLOCKS[clock.state] || "");
  if (clock.left_s < 0 || clock.state === "overdue") return make("span", { class: "case-late" }, _("{time} overdue", { time: span(clock.left_s) }));
  return make("span", {}, _("{time} left", { time: span(clock.left_s) }));
}

const SIGNS = { green: "1", blue: "2", yellow: "3", red: "4" };

/** The sign of a colour: tint, shape and number, so that nobody needs to tell tints apart. */
export function sign(colour, kind = "") {
  return make("span", { class: `case-sign ${kind}`, "data-colour": colour, role: "img", "aria-label": COLOURS[colour] }, SIGNS[colour]);
}
