"""The page on which people decide about what came from the field and could not be stored.

What a device sent is hostile until it is judged: the page holds none of it, and its script writes it as text.
"""

import json
from collections.abc import Collection, Mapping
from typing import Any

from markupsafe import Markup

from maps import assets, plain, shell

STYLE = "web/quarantine.css"


def page(
    reader: shell.Reader,
    nonce: str,
    place: shell.Place | None,
    offered: Collection[str],
    account: Mapping[str, str] | None,
    *,
    decides: bool,
) -> str:
    """Return the HTML of the page; ``decides`` says that its reader may release and discard.

    ``offered`` are the pages that the reader may open, ``account`` is who is signed in, for the bar.
    """
    district = None if place is None else {"code": place.code, "timezone": place.timezone}
    context: dict[str, Any] = {
        "view": "quarantine",
        "lang": reader.lang,
        "catalogue": {key: reader.catalogue[key] for key in assets.texts() if key in reader.catalogue},
        "district": district,
        "decides": decides,
    }
    tail = [
        f'<script type="application/json" id="wardline-page">{shell.inert(context)}</script>',
        f'<script type="importmap" nonce="{nonce}">{shell.inert(json.loads(assets.import_map()))}</script>',
        f'<script type="module" nonce="{nonce}">import "wardline/quarantine";</script>',
    ]
    return plain.page(
        "quarantine",
        reader,
        kept="" if place is None else f"&district={place.code}",
        styles=[assets.url(path) for path in (*shell.STYLES, STYLE)],
        **shell.bar(reader, offered),
        account=account,
        query="" if place is None else f"?district={place.code}",
        name="" if place is None else place.called(reader.lang),
        tail=Markup("\n".join(tail)),  # noqa: S704 - files of ours and inert JSON
    )
