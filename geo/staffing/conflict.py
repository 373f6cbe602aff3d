"""Which rules of a staffing cannot be kept together: a set of which none can be left out.

After Junker, QuickXplain (AAAI 2004): deletion by halves, which asks far less often than one by one where
few of many rules are to blame.
"""

from collections.abc import Callable, Sequence

from geo.staffing.sharing import kept
from geo.staffing.values import Ground, People, Rule, Wish

Keeps = Callable[[Sequence[Rule]], bool]


def conflict(people: People, ground: Ground, wish: Wish) -> tuple[Rule, ...]:
    """Return a smallest set of rules in conflict, in order; empty where all can be kept together.

    Smallest: leave out any one of them, and the others can be kept together.
    """

    def keeps(rules: Sequence[Rule]) -> bool:
        return kept(people, ground, wish, rules)

    rules = wish.rules()
    return () if keeps(rules) else tuple(sorted(_blamed(keeps, [], rules, grown=False)))


def _blamed(keeps: Keeps, given: Sequence[Rule], rules: Sequence[Rule], *, grown: bool) -> list[Rule]:
    """Return which of the rules are to blame beside given ones; these may have grown since last asked."""
    if grown and not keeps(given):
        return []
    if len(rules) == 1:
        return list(rules)
    half = len(rules) // 2
    left, right = rules[:half], rules[half:]
    second = _blamed(keeps, [*given, *left], right, grown=True)
    first = _blamed(keeps, [*given, *second], left, grown=bool(second))
    return [*first, *second]
