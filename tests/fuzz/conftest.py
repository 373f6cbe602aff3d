"""The service of the hostile inputs, with accounts and two districts."""

from tests.hostile.conftest import two_districts

__all__ = ["two_districts"]
