"""Map views: folium shells, styles, tiles and the browser code."""
