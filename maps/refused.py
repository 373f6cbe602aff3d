"""The page for whom a page is not, and for addresses that nothing has: why, whom to ask, where to go."""

from collections.abc import Collection, Mapping, Sequence

from geo.errors import N_
from maps import plain, shell

ROLES: Mapping[str, str] = {
    "grid_worker": N_("Grid worker"),
    "guard": N_("Border guard"),
    "representative": N_("Representative"),
    "coordinator": N_("Coordinator"),
    "planner": N_("Planner"),
    "reviewer": N_("Reviewer"),
    "supervisor": N_("Supervisor"),
    "administrator": N_("Administrator"),
    "auditor": N_("Auditor"),
}
"""What the roles are called, translation keys."""

_PAGES: Mapping[str, str] = {
    f"/{view}": label for view, label in (*shell.VIEWS.items(), *shell.OFFICES.items())
}
_LONGEST = 120


def not_allowed(reader: shell.Reader, path: str, roles: Collection[str]) -> tuple[str, str, str]:
    """Return what, why and whom to ask, for a page that is for people of other roles."""
    named = [reader.translate(label) for role, label in ROLES.items() if role in roles]
    between = "、" if reader.lang == "zh" else ", "
    return (
        reader.say(N_("“{page}” is not open to you"), page=_called(reader, path)),
        reader.say(N_("It is for: {roles}. You hold none of these roles here."), roles=between.join(named)),
        reader.say(
            N_("Whoever needs it for their work asks an administrator of their district for such a role.")
        ),
    )


def nothing_there(reader: shell.Reader, path: str, why: str = "") -> tuple[str, str, str]:
    """Return what, why and whom to ask, for an address that nothing has; ``why`` where more is known."""
    shown = path if len(path) <= _LONGEST else f"{path[:_LONGEST]}…"
    return (
        reader.say(N_("There is nothing here")),
        why
        or reader.say(
            N_("No page has the address {path}. It may be mistyped, or a link is old."), path=shown
        ),
        reader.say(N_("If one of our own pages led you here, tell an administrator which.")),
    )


def page(
    reader: shell.Reader,
    told: tuple[str, str, str],
    offered: Collection[str],
    *,
    name: str,
    next_: str,
    kept: str = "",
) -> str:
    """Return the HTML of the page.

    ``told`` is what, why and whom to ask; ``offered`` are the pages that the reader may open; ``name`` is who
    is signed in, empty for nobody; ``next_`` is where signing in leads; ``kept`` goes on the links of the
    languages.
    """
    what, why, whom = told
    return plain.page(
        "refused",
        reader,
        title=what,
        why=why,
        whom=whom,
        links=_links(reader, offered),
        name=name,
        next=next_,
        kept=kept,
    )


def _called(reader: shell.Reader, path: str) -> str:
    known = _PAGES.get(path) or _PAGES.get(path.removeprefix("/maps").removesuffix(".html"))
    return path[:_LONGEST] if known is None else reader.translate(known)


def _links(reader: shell.Reader, offered: Collection[str]) -> Sequence[tuple[str, str]]:
    return [(path, reader.translate(label)) for path, label in _PAGES.items() if path[1:] in offered]
