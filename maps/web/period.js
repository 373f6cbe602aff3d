// A period of days [from, to): presets, two date fields (the second shows the last day included), the address.

import { byId } from "wardline/dom";
import { asked, page, remember } from "wardline/page";

const DAY_MS = 86400000;
const ISO_DAY = /^\d{4}-\d{2}-\d{2}$/;

export function shift(iso, days) {
  return new Date(Date.parse(`${iso}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** The day of an instant in the district's time zone. */
export function dayOf(instant) {
  const parts = new Intl.DateTimeFormat("en-CA", { timeZone: page.district?.timezone, dateStyle: "short" });
  return parts.format(instant);
}

/** Today in the district's time zone. */
export function today() {
  return dayOf(new Date());
}

function preset(key) {
  const end = shift(today(), 1);
  if (key === "month") return { from: `${today().slice(0, 8)}01`, to: end };
  return { from: shift(end, key === "week" ? -7 : -30), to: end };
}

function start() {
  const [from, to] = [asked("from"), asked("to")];
  if (ISO_DAY.test(from || "") && ISO_DAY.test(to || "") && from < to) return { from, to };
  return page.period || preset("30");
}

/**
 * Watch the period's form; `change` is called with {from, to} at once and after every choice. Returns the function that
 * chooses a period as the form does.
 */
export function watchPeriod(change) {
  const form = byId("period");
  let period = start();
  if (!form) {
    change(period);
    return () => {};
  }
  const fields = form.elements;
  const showPeriod = () => {
    fields.from.value = period.from;
    fields.to.value = shift(period.to, -1);
    fields.from.max = fields.to.value;
    fields.to.min = fields.from.value;
    for (const radio of fields.preset) {
      const same = preset(radio.value);
      radio.checked = same.from === period.from && same.to === period.to;
    }
  };
  const choose = (chosen) => {
    period = chosen;
    showPeriod();
    remember(period);
    change(period);
  };
  form.addEventListener("change", (event) => {
    if (event.target.name === "preset") choose(preset(event.target.value));
    else if (fields.from.value && fields.to.value && fields.from.value <= fields.to.value) {
      choose({ from: fields.from.value, to: shift(fields.to.value, 1) });
    } else if (fields.from.value && fields.to.value) event.target.reportValidity();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  showPeriod();
  change(period);
  return choose;
}

