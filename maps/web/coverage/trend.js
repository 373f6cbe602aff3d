// The trend: the share of the border walked in each week or month, as bars; a press chooses the week or month.

import { ask } from "wardline/api";
import { periodName } from "wardline/coverage/compare";
import { keepPlace, roving } from "wardline/coverage/roving";
import { byId, draw, replace } from "wardline/dom";
import { page } from "wardline/page";
import { shift, today } from "wardline/period";
import { _, day, share } from "wardline/text";

const WIDTH = 352;
const HEIGHT = 104;
const LEFT = 42;
const TOP = 8;
const BOTTOM = 18;
const WEEKS = 26;
const MONTHS = 12;
const LINES = [0, 0.5, 1];

function monday(iso) {
  return shift(iso, -((new Date(`${iso}T00:00:00Z`).getUTCDay() + 6) % 7));
}

function monthsBefore(iso, count) {
  const [year, month] = iso.split("-").map(Number);
  return new Date(Date.UTC(year, month - 1 - count, 1)).toISOString().slice(0, 10);
}

/** The weeks or months that end with the one in which a day lies. */
export function trendFor(last, by) {
  const from = by === "week" ? shift(monday(last), -7 * (WEEKS - 1)) : monthsBefore(last, MONTHS - 1);
  return { from, to: by === "week" ? shift(monday(last), 7) : monthsBefore(last, -1) };
}

function scaleY(part) {
  return TOP + (HEIGHT - TOP - BOTTOM) * (1 - part);
}

function ground() {
  return LINES.flatMap((part) => [
    draw("path", { class: "chart-line", d: `M${LEFT} ${scaleY(part)}H${WIDTH}` }),
    draw("text", { class: "chart-text", x: LEFT - 6, y: scaleY(part) + 4, "text-anchor": "end" }, _("{n} %", { n: part * 100 })),
  ]);
}

/** The chart; `chooseDays` takes the week or month that was pressed. */
export function trend(chooseDays) {
  const place = byId("trend-chart");
  if (!place || (page.data && !page.data.trend)) return { show: async () => {} };
  let known = null;
  let last = "";
  roving(place);

  const bar = (index, wide) => {
    const mine = { from: known.starts[index], to: known.starts[index + 1] ?? known.to };
    const whole = known.length_m[index];
    const part = whole ? known.walked_m[index] / whole : 0;
    const x = LEFT + index * wide;
    const text = `${periodName(mine)}: ${whole ? share(part) : _("not there then")}`;
    // A file has one period.
    const press = page.data ? () => say() : () => chooseDays(mine);
    const say = () => {
      byId("trend-says").textContent = text;
    };
    const running = mine.to > today() ? " bar-running" : "";
    return draw(
      "g",
      { class: `bar-group${running}`, role: "button", tabindex: "-1", "aria-label": text, "data-row": 0, "data-column": index, on: { click: press, focus: say, pointerenter: say } },
      draw("rect", { class: "bar-room", x, y: TOP, width: wide, height: HEIGHT - TOP - BOTTOM }),
      draw("rect", { class: "bar-part", x: x + 1, y: scaleY(part), width: Math.max(1, wide - 2), height: scaleY(0) - scaleY(part), rx: 1 }),
    );
  };

  const paint = () => {
    const wide = (WIDTH - LEFT) / known.starts.length;
    const svg = draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "group", "aria-label": _("Share of the border walked") });
    const end = known.starts.length - 1;
    svg.append(
      ...ground(),
      ...known.starts.map((_start, index) => bar(index, wide)),
      draw("text", { class: "chart-text", x: LEFT, y: HEIGHT - 3 }, day(known.starts[0])),
      draw("text", { class: "chart-text", x: WIDTH, y: HEIGHT - 3, "text-anchor": "end" }, day(known.starts[end])),
    );
    keepPlace(place, () => replace(place, svg));
    byId("trend-says").textContent = _("A pale bar is not over yet.");
  };

  const load = async (options) => {
    const by = document.querySelector("[name=trend]:checked")?.value ?? "week";
    known = await ask("trend", "/api/v1/coverage/timeline", { ...trendFor(last, by), by }, options);
    byId("trend-section").hidden = known.segments.length === 0;
    paint();
  };
  byId("trend-by")?.addEventListener("change", () => load().catch(() => {}));
  return {
    /** Show the trend up to a day. */
    async show(wanted, options) {
      if (wanted === last && known) return;
      last = wanted;
      await load(options);
    },
  };
}
