"""The administration page: people, what they are granted, their devices, and what was done."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from markupsafe import Markup

from maps import assets, plain, shell

STYLE = "web/admin.css"


def page(
    reader: shell.Reader,
    nonce: str,
    offered: Collection[str],
    account: Mapping[str, str] | None,
    facts: Mapping[str, Any],
) -> str:
    """Return the HTML of the page; ``nonce`` is the one of the response's policy.

    ``offered`` are the pages that the reader may open, ``facts`` what the scripts need to know about the
    reader: ``me``, ``districts``, ``everywhere`` and ``may``.
    """
    context = {
        "view": "admin",
        "lang": reader.lang,
        "catalogue": {key: reader.catalogue[key] for key in assets.texts() if key in reader.catalogue},
        "district": None,
        **facts,
    }
    tail = [
        f'<script type="application/json" id="wardline-page">{shell.inert(context)}</script>',
        f'<script type="importmap" nonce="{nonce}">{shell.inert(json.loads(assets.import_map()))}</script>',
        f'<script type="module" nonce="{nonce}">import "wardline/admin";</script>',
    ]
    return plain.page(
        "admin",
        reader,
        **shell.bar(reader, offered),
        styles=[assets.url(path) for path in (*shell.STYLES, STYLE)],
        account=account,
        query="",
        may=facts["may"],
        districts=facts["districts"],
        tail=Markup("\n".join(tail)),  # noqa: S704 - files of ours and inert JSON
    )
