"""Documents: self-contained pages, for the screen, for paper and for PDF: a plan, a day, the border."""

from maps.document.border import border_page
from maps.document.day import day_page
from maps.document.facts import Facts, Maps, Written
from maps.document.page import page, policy
from maps.document.printing import pdf, require_pdf

__all__ = ["Facts", "Maps", "Written", "border_page", "day_page", "page", "pdf", "policy", "require_pdf"]
