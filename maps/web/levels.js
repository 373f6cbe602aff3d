// What the levels of units are called.

import { _ } from "wardline/text";

/** A level's name in the reader's language; names a district made up stay as they are. */
export function levelName(name) {
  const known = {
    county: _("county"),
    township: _("township"),
    village: _("village"),
    community: _("community"),
    "big grid": _("big grid"),
    "small grid": _("small grid"),
    grid: _("grid"),
  };
  return known[name] || name;
}

/** The same for several of them. */
export function levelNames(name) {
  const known = {
    county: _("counties"),
    township: _("townships"),
    village: _("villages"),
    community: _("communities"),
    "big grid": _("big grids"),
    "small grid": _("small grids"),
    grid: _("grids"),
  };
  return known[name] || name;
}
