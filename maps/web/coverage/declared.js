// Stretches that somebody says they walked without a track: the list of a period, and the form that declares one.

import { address, ask, Problem, read } from "wardline/api";
import { announce, byId, make, message, replace } from "wardline/dom";
import { instantOf } from "wardline/days";
import { page } from "wardline/page";
import { shift, today } from "wardline/period";
import { _, chainage, count, instant } from "wardline/text";

const DECLARATIONS = "/api/v1/coverage/declarations";
const KILOMETRE = 1000;

function title({ code, from_m: from, to_m: to }) {
  return _("{code}, km {from} to {to}", { code, from: chainage(from), to: chainage(to) });
}

function notes(one) {
  return [
    one.name || _("somebody"),
    instant(one.from_at),
    one.reason,
    _("declared by {who}", { who: one.created_by }),
    one.withdrawn_at ? _("withdrawn by {who}: {why}", { who: one.withdrawn_by, why: one.withdrawing }) : null,
  ].filter(Boolean).join(" · ");
}

/** Whether it ended on the day after it began: a walk over midnight. */
function endDay(day, from, to) {
  return to > from ? day : shift(day, 1);
}

/** Send what a form says, close its dialog and go on; what is refused is told in it. */
export function sends(dialog, problem, send, goOn) {
  return async (event) => {
    event.preventDefault();
    try {
      await send(event.target.elements);
      dialog.close("sent");
      await goOn();
    } catch (refused) {
      if (!(refused instanceof Problem)) throw refused;
      replace(problem, message(refused.title, refused.detail, "message-warn"));
    }
  };
}

/**
 * The section of what was declared; `known()` answers {segments, gaps, chosen} of the board, `changed()` is called after a
 * change. Answers {show(period, options)}.
 */
export function declarations(known, changed) {
  const place = byId("declared");
  if (!place) return { show: async () => {} };
  const dialog = byId("declare");
  const gone = byId("withdraw");
  let people = null;
  let asked = null;

  const show = async (period, options = {}) => {
    asked = period;
    const { items } = await ask("declarations", DECLARATIONS, period, options);
    const counting = items.filter((one) => !one.withdrawn_at).length;
    byId("declared-count").textContent = counting ? count(counting) : "";
    byId("declared-section").hidden = !items.length && !dialog;
    replace(place, ...items.map(row));
  };
  const again = async (said) => {
    announce(said);
    await Promise.all([show(asked, { signal: null }), changed()]);
  };
  const row = (one) => {
    const counts = !one.withdrawn_at;
    const entry = make(
      "div",
      { class: "row", "data-declaration": one.id, "data-state": counts ? "counts" : "withdrawn" },
      make("span", { class: "row-title" }, title(one)),
      make("span", { class: "row-value" }, counts ? _("declared") : _("withdrawn")),
      make("span", { class: "row-note" }, notes(one)),
    );
    if (!counts || !gone) return entry;
    const button = make("button", { class: "chip row-act no-print", type: "button", "aria-label": _("Withdraw: {where}", { where: title(one) }), on: { click: () => askWhy(one) } }, _("Withdraw"));
    return make("div", { class: "row-beside" }, entry, button);
  };
  const askWhy = (one) => {
    const form = gone.querySelector("form");
    form.reset();
    byId("withdraw-where").textContent = title(one);
    replace(byId("withdraw-problem"));
    gone.showModal();
    form.onsubmit = sends(gone, byId("withdraw-problem"), async ({ reason }) => {
      await read(address(`${DECLARATIONS}/${one.id}/withdraw`), { method: "POST", body: { reason: reason.value } });
    }, () => again(_("It counts no more.")));
  };
  const ends = (fields) => {
    const { segments, gaps } = known();
    const segment = segments.find(({ code }) => code === fields.code.value);
    const gap = gaps.find(({ code }) => code === fields.code.value);
    for (const name of ["from_km", "to_km"]) fields[name].max = (segment.length_m / KILOMETRE).toFixed(3);
    fields.from_km.value = ((gap?.from_m ?? 0) / KILOMETRE).toFixed(3);
    fields.to_km.value = ((gap?.to_m ?? segment.length_m) / KILOMETRE).toFixed(3);
  };
  const open = async () => {
    const form = dialog.querySelector("form");
    const fields = form.elements;
    const { segments, chosen } = known();
    if (fields.person && people === null) people = (await ask("walkers", "/api/v1/coverage/tasks/assignees")).items;
    form.reset();
    replace(fields.code, ...segments.map(({ code, name }) => make("option", { value: code }, name && name !== code ? `${code} · ${name}` : code)));
    if (chosen) fields.code.value = chosen;
    if (fields.person) replace(fields.person, make("option", { value: "" }, _("myself")), ...people.map(({ id, name }) => make("option", { value: id }, name)));
    fields.day.max = today();
    fields.day.value = today();
    ends(fields);
    fields.code.onchange = () => ends(fields);
    replace(byId("declare-problem"));
    dialog.showModal();
    form.onsubmit = sends(dialog, byId("declare-problem"), async ({ code, from_km: from, to_km: to, day, began, ended, person, reason }) => {
      const body = {
        code: code.value,
        from_m: Math.round(Number(from.value) * KILOMETRE),
        to_m: Number(to.value) * KILOMETRE,
        from_at: instantOf(`${day.value}T${began.value}`),
        to_at: instantOf(`${endDay(day.value, began.value, ended.value)}T${ended.value}`),
        reason: reason.value,
        ...(person?.value ? { person: person.value } : {}),
      };
      await read(address(DECLARATIONS), { method: "POST", body });
    }, () => again(_("It was declared.")));
  };
  if (dialog) {
    byId("declare-open").addEventListener("click", () => open().catch((problem) => announce(problem.message)));
    byId("declare-cancel").addEventListener("click", () => dialog.close(""));
    byId("withdraw-cancel").addEventListener("click", () => gone.close(""));
    byId("declare-open").hidden = !page.district;
  }
  return { show };
}
