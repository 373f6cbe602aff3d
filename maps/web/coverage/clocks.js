// Clocks of phones that were off: what is known of one in words, and what a person says of it instead, who wins.

import { address, ask, Problem, read } from "wardline/api";
import { announce, byId, make, message, replace } from "wardline/dom";
import { dayOf, shift } from "wardline/period";
import { _, count, day, duration } from "wardline/text";

const MINUTE_S = 60;
const HOUR_S = 3600;

/** By how much a clock was off and how that is known, in words; null where nothing says that it was. */
export function clockNote(clock) {
  if (!clock) return null;
  const time = duration(Math.abs(clock.behind_s));
  const who = clock.said_by;
  if (who) {
    if (!clock.behind_s) return _("clock was right, says {who}", { who });
    return clock.behind_s > 0 ? _("clock {time} behind, says {who}", { time, who }) : _("clock {time} ahead, says {who}", { time, who });
  }
  const n = count(clock.batches);
  if (clock.set_at) return _("clock set that day, known from {n} batches", { n });
  return clock.behind_s > 0 ? _("clock {time} behind, known from {n} batches", { time, n }) : _("clock {time} ahead, known from {n} batches", { time, n });
}

/** The days of a patrol as its phone's clock told them. */
function toldDays({ started_at: start, ended_at: end, clock }) {
  const first = Date.parse(start) - (clock?.behind_s ?? 0) * 1000;
  const last = Date.parse(end) - ((clock?.set_at ? clock.then_behind_s : clock?.behind_s) ?? 0) * 1000;
  return [...new Set([first, last].map(dayOf))].sort();
}

/** What is known of a clock on one of several days, with what a person said. */
function story(clock) {
  return [clockNote(clock) ?? _("Nothing says that it was off."), clock?.reason].filter(Boolean).join(" · ");
}

/**
 * The form for what a person says of the clock of a patrol's phone, for who may; `changed(patrol)` is called after it was
 * taken. Answers {beside(row, patrol)}: `beside` adds the button that opens it to the row of a patrol that was sent.
 */
export function clockForm(changed) {
  const dialog = byId("clock");
  if (!dialog) return { beside: (row) => row };
  const form = dialog.querySelector("form");
  const fields = form.elements;
  const problem = byId("clock-problem");
  const back = byId("clock-back");
  let known = new Map();
  let patrol = null;

  const showAmount = () => {
    for (const name of ["hours", "minutes"]) fields[name].disabled = fields.way.value === "right";
  };
  const showDay = () => {
    const clock = known.get(fields.day.value);
    const minutes = Math.round(Math.abs(clock?.behind_s ?? 0) / MINUTE_S);
    byId("clock-known").textContent = story(clock);
    back.hidden = !clock?.said_by;
    fields.way.value = !minutes ? "right" : clock.behind_s > 0 ? "behind" : "ahead";
    fields.hours.value = String(Math.floor(minutes / 60));
    fields.minutes.value = String(minutes % 60);
    fields.reason.value = "";
    replace(problem);
    showAmount();
  };
  const open = async (chosen, name) => {
    patrol = chosen;
    const days = toldDays(patrol);
    const found = await ask("clocks", "/api/v1/coverage/clocks", { from: days[0], to: shift(days.at(-1), 1) });
    known = new Map(found.items.filter(({ device }) => device === patrol.device).map((one) => [one.day, one]));
    byId("clock-whose").textContent = [name, patrol.device].join(" · ");
    replace(fields.day, ...days.map((one) => make("option", { value: one }, day(one))));
    showDay();
    dialog.showModal();
    fields.way.focus();
  };
  const seconds = () => {
    if (fields.way.value === "right") return 0;
    const amount = fields.hours.valueAsNumber * HOUR_S + fields.minutes.valueAsNumber * MINUTE_S;
    if (!amount) throw new Problem(_("By how much is not said"), _("Give hours or minutes, or say that it was right."));
    return fields.way.value === "behind" ? amount : -amount;
  };
  const say = async (behind) => {
    try {
      const where = `/api/v1/devices/${encodeURIComponent(patrol.device)}/clocks/${fields.day.value}`;
      const answer = await read(address(where), { method: "PUT", body: { behind_s: behind(), reason: fields.reason.value } });
      dialog.close("said");
      announce(_("Taken; {n} days were made anew.", { n: count(answer.recomputed) }));
      await changed(patrol);
    } catch (refused) {
      if (!(refused instanceof Problem)) throw refused;
      replace(problem, message(refused.title, refused.detail, "message-warn"));
    }
  };
  fields.way.addEventListener("change", showAmount);
  fields.day.addEventListener("change", showDay);
  byId("clock-cancel").addEventListener("click", () => dialog.close(""));
  back.addEventListener("click", () => form.reportValidity() && say(() => null));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    say(seconds);
  });
  return {
    beside(row, one, name) {
      // Files speak for themselves, whatever is known of their device's clock.
      if (one.source !== "field") return row;
      const act = () => open(one, name).catch((refused) => announce(refused.message));
      const button = make("button", { class: "chip row-act no-print", type: "button", "data-clock": one.id, "aria-label": _("Clock of the phone: {where}", { where: name }), on: { click: act } }, _("Clock of the phone"));
      return make("div", { class: "row-beside" }, row, button);
    },
  };
}
