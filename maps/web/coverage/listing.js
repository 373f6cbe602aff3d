// Long lists: the first of their rows, and a button for the others.

import { make, replace } from "wardline/dom";
import { _, count } from "wardline/text";

const SHOWN_FIRST = 12;

/**
 * A list in a place: `row(thing)` makes an element of a thing, `none` is what it says where there is nothing. Returns what
 * shows things; all of them only once they were asked for, and the same things again stay open.
 */
export function listing(place, row, none) {
  let all = false;
  let shown = [];

  const draw = () => {
    const listed = all ? shown : shown.slice(0, SHOWN_FIRST);
    const rest = shown.length - listed.length;
    const more = () => {
      all = true;
      draw();
      // Who went on by keyboard goes on at the first row that is new.
      place.querySelectorAll(".row")[SHOWN_FIRST].focus();
    };
    replace(
      place,
      ...(listed.length ? listed.map(row) : [make("p", { class: "row soft" }, none)]),
      rest > 0 ? make("button", { class: "button row-more", type: "button", on: { click: more } }, _("{n} more", { n: count(rest) })) : null,
    );
  };
  return (things, { folded = false } = {}) => {
    all = all && !folded;
    shown = things;
    draw();
  };
}
