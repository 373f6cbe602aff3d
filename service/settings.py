"""The settings of the service: one frozen class, read from variables with the prefix ``WARDLINE_``.

An unknown variable with the prefix is refused, because a misspelt setting that is silently ignored is found
months later. Nothing here is read at import.
"""

import difflib
import os
import re
from collections.abc import Iterable
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from limits import parse_many
from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from geo.errors import N_
from service.errors import ServiceError

PREFIX = "WARDLINE_"
_DIALECT = "postgresql+psycopg://"
_HOST_NAME = re.compile(r"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:]{2,45}")
_OTHER_SPELLINGS = ("postgresql://", "postgres://")


class SettingsInvalid(ServiceError):
    """A variable of the environment or an option is unknown or has a value that is not allowed."""

    code = "settings-invalid"


def is_local(host: str) -> bool:
    """Say whether an address is one of this machine's own, which no other reaches."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def default_home() -> Path:
    """Return where data go by default: a system folder for root, else the user's data folder."""
    if os.geteuid() == 0:
        return Path("/var/lib/wardline")
    data = os.environ.get("XDG_DATA_HOME") or ""
    # The specification says that a relative path is to be ignored.
    return (Path(data) if Path(data).is_absolute() else Path.home() / ".local" / "share") / "wardline"


class Settings(BaseSettings):
    """What can be set from outside. ``Settings.load()`` reads the environment; arguments win over it."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="forbid", env_ignore_empty=True, validate_default=True
    )

    home: Path = Field(
        default_factory=default_home, description="Folder of the private database cluster and other data"
    )
    database_url: str | None = Field(
        default=None, description="PostGIS database to use (postgresql://…) instead of a private cluster"
    )
    web_database_url: str | None = Field(
        default=None,
        description="The same database for the role that requests are served as; "
        "where unset, that of database_url takes on wardline_web",
    )
    database: str = Field(default="wardline", description="Name of the database in the private cluster")
    postgres_bin: Path | None = Field(
        default=None, description="Folder of PostgreSQL's programs, where not found by itself"
    )
    host: str = Field(default="127.0.0.1", description="Address to listen on")
    port: int = Field(default=8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one")
    workers: int = Field(default=1, ge=1, le=64, description="Processes that answer requests")
    public_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s?#]+$",
        description="Address under which users reach the service",
    )
    district: str | None = Field(
        default=None, description="Code of the district that requests mean when they name none"
    )
    allow_datum_inverse: bool = Field(
        default=False,
        description="Accept points in gcj02 and bd09 by undoing their shift; its legality differs by place",
    )
    access: Literal["accounts", "open"] = Field(
        default="accounts",
        description="accounts: by role and area; open: everybody is administrator, on loopback only",
    )
    session_idle_minutes: int = Field(
        default=480, ge=5, le=10_080, description="Minutes after which a session nobody used ends"
    )
    session_hours: int = Field(
        default=24, ge=1, le=720, description="Hours after which a session ends, used or not"
    )
    demo: bool = Field(default=False, description="Accept the demo's logins, to callers on this machine only")
    oidc_issuer: str | None = Field(
        default=None, description="OpenID provider that people may sign in with, as in https://id.example.org"
    )
    oidc_client_id: str | None = Field(default=None, description="Name of this service at the provider")
    oidc_client_secret: str | None = Field(
        default=None, min_length=16, repr=False, description="Secret of this service at the provider"
    )
    oidc_login_claim: Literal["preferred_username", "email", "upn", "sub"] | None = Field(
        default=None,
        description="Claim that names the login of an account which was made for somebody and not used yet",
    )
    oidc_create: bool = Field(
        default=False, description="Make an account without any grant for whom the provider vouches"
    )
    hosts: str = Field(
        default="", description="Further host names of the service, with commas; others are refused"
    )
    proxies: str = Field(
        default="",
        description="Addresses or networks of the proxies whose X-Forwarded-For and -Proto are believed",
    )
    limit_requests: str = Field(
        default="12000/minute", description="Requests of one address, as in 5/minute; 30/hour, or off"
    )
    limit_uploads: str = Field(
        default="3000/minute", description="Changes sent with one token, as in 5/minute; 30/hour, or off"
    )
    limit_reports: str = Field(
        default="10/minute; 60/hour", description="Anonymous reports of one address, or off"
    )
    limit_sign_ins: str = Field(
        default="30/minute; 100/hour; 300/day",
        description="Wrong passwords for one login from one address, or off",
    )
    limit_guesses: str = Field(
        default="120/minute; 1000/hour", description="Wrong passwords and tokens of one address, or off"
    )
    statement_seconds: int = Field(
        default=30, ge=0, le=3600, description="Seconds a request may take for one statement; 0: no limit"
    )
    lock_seconds: int = Field(
        default=20, ge=0, le=3600, description="Seconds a request waits for another's lock; 0: no limit"
    )
    idle_seconds: int = Field(
        default=300,
        ge=0,
        le=3600,
        description="Seconds a request may keep a transaction open between two statements; 0: no limit",
    )
    keep_fixes_days: int = Field(
        default=30, ge=1, le=3650, description="Days raw positions of people are kept; coverage stays"
    )
    keep_backups_days: int = Field(
        default=7,
        ge=0,
        le=3650,
        description="Days backups and the archived log are kept at most, within the days of raw positions; "
        "0: there are none",
    )
    keep_contacts_days: int = Field(
        default=365, ge=1, le=3650, description="Days it is kept who reported an incident, after it is closed"
    )
    keep_drafts_days: int = Field(
        default=30, ge=1, le=3650, description="Days what was never finished is kept"
    )
    language: Literal["zh", "en"] = Field(
        default="en", description="Language where a request prefers neither zh nor en"
    )

    @classmethod
    def load(cls, **values: Any) -> Self:
        """Return the settings of the environment, overridden by the ``values`` that are not None.

        Raises
        ------
        SettingsInvalid
            A variable is unknown or a value is not allowed; names the variable.
        """
        try:
            return cls(**{name: value for name, value in values.items() if value is not None})
        except ValidationError as error:
            first = error.errors()[0]
            name = str(first["loc"][0]) if first["loc"] else "?"
            raise SettingsInvalid(
                N_("The setting {name} has the value “{value}”, which is not allowed: {reason}."),
                mend=N_("Correct the variable or the option of that name."),
                where={"variable": PREFIX + name.upper()},
                name=PREFIX + name.upper(),
                value=first["input"],
                reason=first["msg"].removeprefix("Value error, "),
            ) from error

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown(cls, values: Any) -> Any:
        require_known(os.environ)
        return values

    @field_validator("database_url", "web_database_url")
    @classmethod
    def _name_the_driver(cls, url: str | None) -> str | None:
        if url is None or url.startswith(_DIALECT):
            return url
        for spelling in _OTHER_SPELLINGS:
            if url.startswith(spelling):
                return _DIALECT + url.removeprefix(spelling)
        raise ValueError("only PostgreSQL with PostGIS is supported, as postgresql://user@host/database")

    @field_validator("oidc_issuer")
    @classmethod
    def _require_issuer(cls, issuer: str | None) -> str | None:
        parts = urlsplit(issuer or "https://unset")
        local = parts.hostname in ("localhost", "127.0.0.1", "::1")
        if parts.scheme != "https" and not (parts.scheme == "http" and local):
            raise ValueError("it must be an https:// address")
        if not parts.hostname or parts.query or parts.fragment or parts.username:
            raise ValueError("it must be an address without a name, query or fragment")
        return issuer

    @model_validator(mode="after")
    def _require_whole_provider(self) -> Self:
        given = (self.oidc_issuer, self.oidc_client_id, self.oidc_client_secret)
        if any(given) and not all(given):
            raise ValueError("oidc_issuer, oidc_client_id and oidc_client_secret go together")
        return self

    @field_validator("limit_requests", "limit_uploads", "limit_reports", "limit_sign_ins", "limit_guesses")
    @classmethod
    def _require_rates(cls, text: str) -> str:
        if text != "off":
            parse_many(text)
        return text

    @field_validator("keep_backups_days")
    @classmethod
    def _require_shorter(cls, days: int, info: ValidationInfo) -> int:
        fixes = info.data.get("keep_fixes_days", days + 1)
        if days >= fixes:
            raise ValueError(
                "backups hold raw positions, so they are kept for fewer days than those: "
                f"for less than {PREFIX}KEEP_FIXES_DAYS, which is {fixes}"
            )
        return days

    @field_validator("hosts")
    @classmethod
    def _require_hosts(cls, text: str) -> str:
        for name in filter(None, (part.strip() for part in text.split(","))):
            if _HOST_NAME.fullmatch(name) is None:
                raise ValueError(f"“{name}” is no host name; give names without a scheme or port")
        return text

    @field_validator("proxies")
    @classmethod
    def _require_networks(cls, text: str) -> str:
        for part in filter(None, (part.strip() for part in text.split(","))):
            ip_network(part, strict=False)
        return text

    @model_validator(mode="after")
    def _refuse_open_to_others(self) -> Self:
        if self.access == "open" and not is_local(self.host):
            raise ValueError("access is open on a loopback address only; host is another")
        return self

    @field_validator("home")
    @classmethod
    def _make_absolute(cls, home: Path) -> Path:
        return home.expanduser().absolute()


def variables() -> dict[str, str]:
    """Return every variable of the environment that we read, with its description and default."""
    texts = {}
    for name, field in Settings.model_fields.items():
        default = field.get_default(call_default_factory=True, validated_data={})
        shown = "" if default is None else f" (default: {default})"
        texts[PREFIX + name.upper()] = f"{field.description}{shown}"
    return texts


def require_known(names: Iterable[str]) -> None:
    """Refuse a name with our prefix that no setting has.

    Raises
    ------
    SettingsInvalid
        Names the unknown variable and the nearest known one.
    """
    known = [PREFIX + field.upper() for field in Settings.model_fields]
    for name in sorted(names):
        if name.startswith(PREFIX) and name.upper() not in known:
            nearest = difflib.get_close_matches(name.upper(), known, n=1, cutoff=0)[0]
            raise SettingsInvalid(
                N_("There is no setting {name}."),
                mend=N_("Did you mean {nearest}? ./wardline serve --help lists all of them."),
                where={"variable": name},
                name=name,
                nearest=nearest,
            )
