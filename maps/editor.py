"""The map that is edited: OpenLayers, and nothing drawn on the server.

Its shell has the same parts as folium's, so that both kinds of page come from the same templates.
"""

from maps import assets
from maps.figure import MAP_NAME, Parts


def parts() -> Parts:
    """Return the styles, scripts and element of an empty map."""
    return Parts(
        styles=(assets.url("npm/ol/ol.css"),),
        scripts=(assets.url("npm/ol/dist/ol.js"),),
        body=f'<div class="desk-map" id="{MAP_NAME}"></div>',
        script="",
    )
