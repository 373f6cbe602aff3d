"""A plan's document: one self-contained page, for the screen, for paper and for PDF."""

from maps.document.facts import Facts, Maps, Written
from maps.document.page import page, policy
from maps.document.printing import pdf, require_pdf

__all__ = ["Facts", "Maps", "Written", "page", "pdf", "policy", "require_pdf"]
