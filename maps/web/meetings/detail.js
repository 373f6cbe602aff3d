// One meeting or visit with what came of it: who came, what was said, solved, resolved and asked for.

import { address } from "wardline/api";
import { facts, make, replace } from "wardline/dom";
import { dutyName, kindName, requestName, standing, stateName } from "wardline/meetings/rows";
import { answerForms, doneForm } from "wardline/meetings/settle";
import { page } from "wardline/page";
import { _, count, day, instant } from "wardline/text";

const roles = {
  residents: () => _("residents"),
  representatives: () => _("representatives"),
  village: () => _("village"),
  township: () => _("township"),
  others: () => _("others"),
};

function part(title, items) {
  return items.length ? [make("h3", {}, `${title} · ${count(items.length)}`), ...items] : [];
}

function said(text, ...notes) {
  const known = notes.filter(Boolean);
  return make("div", { class: "said" }, text, known.length ? make("div", { class: "faint" }, known.join(" · ")) : null);
}

function opinions(value) {
  return part(
    _("Opinions"),
    value.opinions.map((one) => {
      const led = value.problems.filter((problem) => problem.opinion === one.id).map((problem) => problem.title);
      return said(one.text, led.length ? _("led to: {problems}", { problems: led.join(", ") }) : "");
    }),
  );
}

/** A problem; one that became an incident which the reader sees leads to its case. */
function problem(one) {
  const seen = one.incident && one.status;
  const title = seen ? make("a", { href: address("/incidents", { incident: one.incident, open: "all" }), "data-case": one.incident }, one.title) : one.title;
  return said(title, standing(one));
}

function actions(value, again) {
  return part(
    _("Resolved"),
    value.actions.map((one) => {
      const owner = one.unit ?? one.representative;
      const due = _("by {day}", { day: day(one.due_on) });
      const end = one.done_at ? _("done {when} by {name}", { when: instant(one.done_at), name: one.done_by }) : one.late ? _("late") : null;
      const row = said(one.text, owner, due, end, one.closing);
      if (!one.done_at && page.may.includes("record")) row.append(doneForm(one, again));
      return row;
    }),
  );
}

function requests(value, again) {
  return part(
    _("Requests"),
    value.requests.map((one) => {
      const became = one.rule ? _("patrols raised: see what is due") : one.stop ? _("a stop is planned") : one.answer;
      const by = one.settled_at ? _("{when} by {name}", { when: instant(one.settled_at), name: one.settled_by }) : null;
      const row = said(one.text, requestName(one.kind), one.unit, stateName(one.state), became, by);
      if (one.state === "asked" && page.may.includes("answer")) {
        row.append(make("details", {}, make("summary", {}, _("Answer it")), ...answerForms(one, value, again)));
      }
      return row;
    }),
  );
}

function photos(value) {
  const there = value.photos.filter((one) => one.arrived);
  const coming = value.photos.length - there.length;
  const shown = there.map((one, place) => {
    const where = address(`/api/v1/devices/${encodeURIComponent(one.device)}/files/${one.sha256}`);
    return make("a", { href: where, target: "_blank", rel: "noopener" }, make("img", { src: where, alt: _("Photo {name}", { name: place + 1 }), loading: "lazy" }));
  });
  if (!value.photos.length) return [];
  return [make("h3", {}, _("Photos")), make("div", { class: "photos" }, ...shown), coming ? make("p", { class: "faint" }, _("{n} are on their way", { n: count(coming) })) : null];
}

/** Draw a meeting or visit into its section; `again` reads it anew after something was settled. */
export function drawDetail(place, value, { again, close }) {
  const came = Object.entries(value.attendance).map(([role, n]) => `${roles[role]?.() ?? role} ${count(n)}`);
  place.hidden = false;
  replace(
    place,
    make(
      "div",
      { class: "section-head" },
      make("h2", { id: "detail-title" }, value.topic || value.place),
      make("button", { class: "button", type: "button", on: { click: close } }, _("Close")),
    ),
    facts([
      [_("Kind"), kindName(value.kind)],
      [_("When"), instant(value.at)],
      [_("Place"), value.place],
      [_("Unit"), value.unit],
      [_("Representative"), value.representative],
      [_("Duty"), value.duty ? dutyName(value.duty) : null],
      [_("Came"), came.join(", ")],
      [_("Served"), count(value.served)],
      [_("Options"), value.options.join(" / ")],
      [_("Decision"), value.decision],
      [_("Note"), value.note],
      [_("Recorded by"), value.recorded_by],
    ]),
    ...opinions(value),
    ...part(_("Problems"), value.problems.map(problem)),
    ...actions(value, again),
    ...requests(value, again),
    ...photos(value),
  );
}
