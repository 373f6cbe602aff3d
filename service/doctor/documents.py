"""Documents as PDF: whether what draws their text is installed."""

from collections.abc import Iterator

from geo.errors import N_
from maps.errors import PdfUnavailable
from service.doctor.findings import Finding, Patient, warning, well


def check(_: Patient) -> Iterator[Finding]:
    """Load what makes PDF."""
    from maps.document import require_pdf  # noqa: PLC0415 - what draws takes longer to load than all other checks

    try:
        require_pdf()
    except PdfUnavailable as error:
        yield warning(error.message, error.mend)
    else:
        yield well(N_("Documents can be made as PDF"))
