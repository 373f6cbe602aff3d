// Days of the district's calendar as instants, and half-years.

import { page } from "wardline/page";
import { shift, today } from "wardline/period";

const MINUTE_MS = 60_000;
const JULY = 7;

/** Minutes that the district's clock is ahead of UTC at an instant. */
function ahead(instant) {
  const options = { timeZone: page.district.timezone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric" };
  const parts = Object.fromEntries(new Intl.DateTimeFormat("en", options).formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
  const local = Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute);
  return Math.round((local - Math.floor(instant / MINUTE_MS) * MINUTE_MS) / MINUTE_MS);
}

/** The instant at which a day, or a local time of one, is in the district. */
export function instantOf(local) {
  const utc = Date.parse(`${local.length > "2025-01-01".length ? local : `${local}T00:00`}Z`);
  const guess = utc - ahead(utc) * MINUTE_MS;
  return new Date(utc - ahead(guess) * MINUTE_MS).toISOString();
}

/** The present minute by the district's clock, as a field of local times has it. */
export function localNow() {
  const now = Date.now();
  return new Date(now + ahead(now) * MINUTE_MS).toISOString().slice(0, "2025-01-01T00:00".length);
}

/** The half-year of a number of half-years ago: its first and its last day. */
export function halfYear(back) {
  const [year, month] = today().split("-").map(Number);
  const number = year * 2 + (month < JULY ? 0 : 1) - back;
  const begin = (half) => `${Math.floor(half / 2)}-${half % 2 ? "07" : "01"}-01`;
  return { from: begin(number), to: shift(begin(number + 1), -1) };
}
