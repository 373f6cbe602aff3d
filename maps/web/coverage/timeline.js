// The strip of days: what was walked of each stretch on each day; a press chooses the day, a name the stretch.

import { ask } from "wardline/api";
import { periodName } from "wardline/coverage/compare";
import { keepPlace, roving } from "wardline/coverage/roving";
import { byId, make, replace } from "wardline/dom";
import { page } from "wardline/page";
import { shift } from "wardline/period";
import { _, day, metres, share } from "wardline/text";

const USUAL_DAYS = 30;
const LEAST_DAYS = 8;
const MOST_DAYS = 62;
const MOST_WEEKS_DAYS = 62 * 7;
const CLASSES = 5;

function daysOf({ from, to }) {
  return Math.round((Date.parse(to) - Date.parse(from)) / 86400000);
}

/** What the strip shows for a period: the period itself, or for a few days what lies around them. */
export function windowFor(period, before) {
  if (daysOf(period) >= LEAST_DAYS) return period;
  if (before && before.from <= period.from && period.to <= before.to) return before;
  return { from: shift(period.to, -USUAL_DAYS), to: period.to };
}

export function stepFor(window) {
  const size = daysOf(window);
  return size <= MOST_DAYS ? "day" : size <= MOST_WEEKS_DAYS ? "week" : "month";
}

function sameDays(one, other) {
  return one.from === other.from && one.to === other.to;
}

/** The strip; `chooseDays` takes a period, `chooseSegment` the code of a stretch. */
export function timeline(chooseDays, chooseSegment) {
  const field = byId("timeline-grid");
  if (!field || (page.data && !page.data.timeline)) return { show: async () => {}, mark() {} };
  let window = null;
  let known = null;
  let period = null;
  let segment = null;
  roving(field);

  const step = (index) => ({ from: known.starts[index], to: known.starts[index + 1] ?? known.to });
  const say = (text) => {
    byId("timeline-says").textContent = text || (page.data ? "" : _("Press a day to see it alone, and again for all of them."));
  };

  const cell = (row, column, line) => {
    const walked = line.walked_m[column];
    const whole = line.code ? line.length_m : known.length_m[column];
    const part = walked && whole ? walked / whole : 0;
    const mine = step(column);
    const inside = !sameDays(period, window) && period.from < mine.to && mine.from < period.to;
    const name = line.code || _("the whole border");
    const said = walked === null ? _("not there then") : _("{n} walked, {share}", { n: metres(walked), share: share(part) });
    const text = `${name} · ${periodName(mine)} · ${said}`;
    const fill = make("i", { class: `seq-${Math.min(CLASSES, Math.ceil(part * CLASSES))}` });
    fill.style.height = part ? `${Math.max(14, part * 100)}%` : "0";
    return make(
      "div",
      {
        class: walked === null ? "step step-none" : "step",
        role: "gridcell",
        tabindex: "-1",
        "aria-label": text,
        "aria-selected": String(inside),
        "data-row": row,
        "data-column": column + 1,
        "data-start": mine.from,
        on: {
          click: () => {
            // A file has one period.
            if (!page.data) chooseDays(sameDays(mine, period) ? window : mine);
            if (line.code && line.code !== segment) chooseSegment(line.code);
          },
          pointerenter: () => say(text),
          focus: () => say(text),
        },
      },
      fill,
    );
  };

  const head = (row, line) =>
    make(
      "div",
      {
        class: "step-name",
        role: "rowheader",
        tabindex: "-1",
        "data-row": row,
        "data-column": 0,
        "data-stretch": line.code,
        title: line.name,
        on: { click: () => line.code && chooseSegment(line.code), focus: () => say(line.name), pointerenter: () => say(line.name) },
      },
      line.code || _("all"),
    );

  const axis = () => {
    const last = known.starts.length - 1;
    const shown = [...new Set([0, Math.floor(last / 2), last])];
    replace(
      byId("timeline-axis"),
      ...shown.map((index) => make("span", { class: "faint" }, day(known.starts[index]))),
    );
  };

  const draw = () => {
    const lines = [{ code: "", name: _("the whole border"), walked_m: known.walked_m }, ...known.segments];
    field.style.setProperty("--steps", String(known.starts.length));
    keepPlace(field, () =>
      replace(
        field,
        ...lines.map((line, row) =>
          make(
            "div",
            { class: "step-row", role: "row", "data-chosen": line.code && line.code === segment ? "1" : null },
            head(row, line),
            ...known.starts.map((_start, column) => cell(row, column, line)),
          ),
        ),
      ),
    );
    axis();
    say("");
  };

  field.addEventListener("pointerleave", () => say(""));
  return {
    /** Show the days of a period, or those round it. */
    async show(wanted, options) {
      const next = windowFor(wanted, window);
      if (!known || !sameDays(next, window)) {
        known = await ask("timeline", "/api/v1/coverage/timeline", { ...next, by: stepFor(next) }, options);
        window = page.data ? { from: known.from, to: known.to } : next;
      }
      period = wanted;
      byId("timeline-section").hidden = known.segments.length === 0;
      draw();
    },
    /** Mark the row of a chosen stretch, null for none. */
    mark(code) {
      segment = code;
      if (known) draw();
    },
  };
}
