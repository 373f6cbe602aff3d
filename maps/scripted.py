"""Pages without a map whose content a script of ours asks for, since what people wrote enters no template."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from markupsafe import Markup

from maps import assets, plain, shell


def page(
    view: str,
    reader: shell.Reader,
    nonce: str,
    place: shell.Place | None,
    offered: Collection[str],
    account: Mapping[str, str] | None,
    **facts: Any,
) -> str:
    """Return the HTML of a page; its script and style are those of the view's name.

    ``offered`` are the pages that the reader may open, ``account`` is who is signed in; ``facts``
    are values for the script.
    """
    district = None if place is None else {"code": place.code, "timezone": place.timezone}
    context: dict[str, Any] = {
        "view": view,
        "lang": reader.lang,
        "catalogue": {key: reader.catalogue[key] for key in assets.texts() if key in reader.catalogue},
        "district": district,
        **facts,
    }
    tail = [
        f'<script type="application/json" id="wardline-page">{shell.inert(context)}</script>',
        f'<script type="importmap" nonce="{nonce}">{shell.inert(json.loads(assets.import_map()))}</script>',
        f'<script type="module" nonce="{nonce}">import "wardline/{view}";</script>',
    ]
    return plain.page(
        view,
        reader,
        kept="" if place is None else f"&district={place.code}",
        styles=[assets.url(path) for path in (*shell.STYLES, f"web/{view}.css")],
        **shell.bar(reader, offered),
        account=account,
        query="" if place is None else f"?district={place.code}",
        name="" if place is None else place.called(reader.lang),
        tail=Markup("\n".join(tail)),  # noqa: S704 - files of ours and inert JSON
    )
