// One stop for the Tab key in a field of many cells: arrows go between them, Enter and Space press.

const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

function at(field, row, column) {
  return field.querySelector(`[data-row="${row}"][data-column="${column}"]`);
}

function focusOn(field, cell) {
  if (!cell) return;
  for (const one of field.querySelectorAll('[tabindex="0"]')) one.setAttribute("tabindex", "-1");
  cell.setAttribute("tabindex", "0");
  cell.focus();
}

/** Watch a field whose cells have data-row and data-column, from 0; once is enough for all cells it will ever have. */
export function roving(field) {
  field.addEventListener("keydown", (event) => {
    const cell = event.target.closest("[data-row]");
    if (!cell || event.ctrlKey || event.metaKey || event.altKey) return;
    const [row, column] = [Number(cell.dataset.row), Number(cell.dataset.column)];
    if (event.key in MOVES) focusOn(field, at(field, row + MOVES[event.key][0], column + MOVES[event.key][1]));
    else if (event.key === "Home") focusOn(field, at(field, row, 0));
    else if (event.key === "End") focusOn(field, [...field.querySelectorAll(`[data-row="${row}"]`)].at(-1));
    else if (event.key === "Enter" || event.key === " ") cell.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    else return;
    event.preventDefault();
  });
}

/** After the cells were made anew: the same place keeps the focus it had, and there is one stop. */
export function keepPlace(field, make) {
  const held = field.contains(document.activeElement) ? document.activeElement.closest("[data-row]") : null;
  const old = held ?? field.querySelector('[data-row][tabindex="0"]');
  make();
  const place = (old && at(field, old.dataset.row, old.dataset.column)) ?? field.querySelector("[data-row]");
  place?.setAttribute("tabindex", "0");
  if (held) place?.focus();
}
