"""The one gate: a caller, the rule of a route and a district go in, a refusal or nothing comes out."""

from collections.abc import Sequence

from geo.errors import N_
from layers.errors import UnknownDistrict, UnknownLayer
from service.access.identity import PUBLIC, Identity
from service.access.policy import LAYERS, Rule
from service.errors import NotAllowed, PasswordChangeRequired, SignInRequired


def admit(identity: Identity, rule: Rule) -> None:
    """Let a caller use a route, wherever.

    Raises
    ------
    SignInRequired
        Nobody is signed in, and the route is not for everybody.
    PasswordChangeRequired
        The password was given by somebody else and not changed since.
    NotAllowed
        None of the roles is held.
    """
    if rule.public or (rule.anybody and identity.signed_in):
        return
    if identity == PUBLIC:
        raise sign_in_required()
    if identity.must_change:
        raise PasswordChangeRequired(
            N_("This password was given to you by somebody else."), mend=N_("Change it first, at /signin.")
        )
    if not identity.every_role() & rule.roles:
        raise not_allowed(rule.roles)


def admit_there(identity: Identity, rule: Rule, district: str) -> None:
    """Let a caller use a route in a district that exists.

    Raises
    ------
    UnknownDistrict
        Nothing is held there, so it does not exist for the caller.
    NotAllowed
        None of the roles is held there.
    """
    if rule.public or rule.area == "none" or rule.anybody:
        return
    if not identity.reaches(district):
        raise UnknownDistrict(
            N_("There is no district {district} here."),
            mend=N_("Name a district in which you hold a role."),
            where={"parameter": "district"},
            district=district[:64],
        )
    if not identity.roles(district) & rule.roles:
        raise not_allowed(rule.roles)


def admit_layer(identity: Identity, district: str, layer: str) -> frozenset[str] | None:
    """Let a caller see a layer; return the roles that show it, None for one that has no such list.

    Raises
    ------
    UnknownLayer
        None of its roles is held, so it does not exist for the caller.
    """
    roles = LAYERS.get(layer)
    if roles is None:
        return None
    if not identity.roles(district) & roles:
        raise UnknownLayer(
            N_("There is no layer {layer} for you in district {district}."),
            mend=N_("Ask an administrator for a role that shows it."),
            where={"parameter": "layer"},
            layer=layer,
            district=district,
        )
    return roles


def visible(identity: Identity, codes: Sequence[str]) -> list[str]:
    """Return which districts exist for a caller."""
    return [code for code in codes if identity.reaches(code)]


def sign_in_required() -> SignInRequired:
    """Return the refusal of a caller who is nobody in particular."""
    return SignInRequired(
        N_("This needs signing in."), mend=N_("Sign in at /signin, or send a name and password.")
    )


def not_allowed(roles: frozenset[str]) -> NotAllowed:
    """Return the refusal of a caller without one of the roles."""
    return NotAllowed(
        N_("None of your roles allows this; it takes one of: {roles}."),
        mend=N_("Ask an administrator for one of these roles."),
        roles=", ".join(sorted(roles)),
    )
