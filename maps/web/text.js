// Texts, numbers, lengths and dates in the reader's language.

import { page } from "wardline/page";

const locale = page.lang === "zh" ? "zh-CN" : "en-GB";
const zone = page.district?.timezone;
const HALF = 0.5;

/** The translation of an English text, with {names} filled in. */
export function _(text, values = {}) {
  const found = page.catalogue[text] || text;
  return found.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

export function count(value) {
  return new Intl.NumberFormat(locale).format(value);
}

export function decimal(value, digits) {
  return new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
}

/** A length: metres below one kilometre, kilometres with one decimal above. */
export function metres(value) {
  if (value < 1000 - HALF) return _("{n} m", { n: count(Math.round(value)) });
  return _("{n} km", { n: decimal(value / 1000, value < 99950 ? 1 : 0) });
}

/** How long something lasts: minutes below two hours, hours with one decimal above. */
export function duration(seconds) {
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? _("{n} min", { n: count(minutes) }) : _("{n} h", { n: decimal(minutes / 60, 1) });
}

/** A measure on a stretch, always in kilometres with two decimals, so that columns line up. */
export function chainage(value) {
  return decimal(value / 1000, 2);
}

/** A share of 1 as percent; 100 only when it is all, 0 only when it is nothing. */
export function percent(share) {
  if (!Number.isFinite(share)) return "–";
  let shown = Math.round(share * 100);
  if (shown >= 100 && share < 1) shown = 99;
  if (shown <= 0 && share > 0) return _("under {n} %", { n: 1 });
  return _("{n} %", { n: count(shown) });
}

/** The same with one decimal, for what is compared: never 100 before it is all, nor 0 before it is nothing. */
export function share(value) {
  if (!Number.isFinite(value)) return "–";
  const shown = Math.round(value * 1000) / 10;
  const held = value < 1 ? Math.min(shown, 99.9) : shown;
  return _("{n} %", { n: decimal(value > 0 ? Math.max(held, 0.1) : held, 1) });
}

/** A number with its sign. */
export function signed(value, digits) {
  const format = { minimumFractionDigits: digits, maximumFractionDigits: digits, signDisplay: "exceptZero" };
  return new Intl.NumberFormat(locale, format).format(value);
}

/** A calendar day from YYYY-MM-DD. */
export function day(iso) {
  const [year, month, date] = iso.split("-").map(Number);
  const value = new Date(Date.UTC(year, month - 1, date));
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" }).format(value);
}

/** An instant, in the district's time zone. */
export function instant(iso) {
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short", timeZone: zone }).format(new Date(iso));
}

/** An instant that is near: the time alone where it is today, else with the day of the week. */
export function soon(iso) {
  const when = new Date(iso);
  const name = (options) => new Intl.DateTimeFormat(locale, { timeZone: zone, ...options }).format(when);
  const same = name({ dateStyle: "short" }) === new Intl.DateTimeFormat(locale, { timeZone: zone, dateStyle: "short" }).format(new Date());
  return name(same ? { timeStyle: "short" } : { weekday: "long", hour: "2-digit", minute: "2-digit" });
}

/** How long ago, in whole days. */
export function ago(days) {
  const whole = Math.floor(days);
  if (whole <= 0) return _("today");
  return new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(-whole, "day");
}
