"""What the rules of row security are made of: where a role is held, as SQL conditions."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """Which rows may be read, inserted, changed (before and after) and removed; None is none."""

    read: str
    insert: str | None = None
    change: str | None = None
    remove: str | None = None


def quoted(roles: tuple[str, ...]) -> str:
    """Return roles as a list of SQL texts."""
    return ", ".join(f"'{role}'" for role in roles)


def whole(*roles: str) -> str:
    """Return the rule that a role is held in the whole district."""
    return f"district = ANY ((SELECT scope_districts({quoted(roles)}))::text[])"


def part(*roles: str) -> str:
    """Return the rule that a role is held in the district, or in a part of it."""
    return f"district = ANY ((SELECT scope_areas({quoted(roles)}))::text[])"


def reach(column: str, *roles: str, also: tuple[str, ...] = ()) -> str:
    """Return the rule that a role is held in the whole district, or over the unit in a column."""
    units = f"{column} = ANY ((SELECT scope_units({quoted(roles)}))::uuid[])"
    return f"{whole(*roles, *also)} OR {part(*roles)} AND {units}"


def everywhere(*roles: str) -> str:
    """Return the rule that a role is held in every district."""
    return f"(SELECT scope_everywhere({quoted(roles)}))"


def holds(*roles: str) -> str:
    """Return the rule that a role is held anywhere."""
    return f"(SELECT scope_holds({quoted(roles)}))"


def same(rule: str, *, read: str, remove: str | None = None) -> Rules:
    """Return one rule for what is inserted, changed and removed, and one for what is read."""
    return Rules(read, rule, rule, rule if remove is None else remove)
