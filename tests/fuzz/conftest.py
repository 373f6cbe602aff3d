"""The service of the hostile inputs, with accounts."""

from tests.hostile.conftest import database_url_of_wire, guarded

__all__ = ["database_url_of_wire", "guarded"]
