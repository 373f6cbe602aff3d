"""Documents: self-contained pages, for the screen, for paper and for PDF: plan, day, border, letter, duty."""

from maps.document.border import border_page
from maps.document.day import day_page
from maps.document.duty import Duty, duty_page
from maps.document.facts import Facts, Maps, Written
from maps.document.letter import letter_page
from maps.document.page import page, policy
from maps.document.printing import pdf, require_pdf
from maps.document.summary import summary_page

__all__ = [
    "Duty",
    "Facts",
    "Maps",
    "Written",
    "border_page",
    "day_page",
    "duty_page",
    "letter_page",
    "page",
    "pdf",
    "policy",
    "require_pdf",
    "summary_page",
]
