-- Digests of the segments and of the markers that are there on some days, as far as they are shown: of their ids, and
-- of when the border and the markers were last changed; one of the ground cover, nothing where there never was any; and
-- one of the barriers of these days, in the same way.
SELECT (
    SELECT sha256(
        convert_to('border ' || coalesce((
            SELECT version || ' ' || changed_at FROM head WHERE district = %(district)s AND layer = 'border'
        ), ''), 'UTF8') || coalesce(string_agg(uuid_send(id), ''::bytea ORDER BY id), ''::bytea))
    FROM border_segment
    WHERE district = %(district)s AND valid && daterange(%(first)s, %(last)s)
), (
    SELECT sha256(
        convert_to('markers ' || coalesce((
            SELECT version || ' ' || changed_at FROM head WHERE district = %(district)s AND layer = 'markers'
        ), ''), 'UTF8') || coalesce(string_agg(uuid_send(id), ''::bytea ORDER BY id), ''::bytea))
    FROM marker
    WHERE district = %(district)s AND valid && daterange(%(first)s, %(last)s)
), (
    SELECT sha256(convert_to('cover ' || district || ' ' || version || ' ' || changed_at, 'UTF8'))
    FROM head
    WHERE district = %(district)s AND layer = 'cover'
), (
    SELECT sha256(
        convert_to('barriers ' || district || ' ' || version || ' ' || changed_at, 'UTF8') || coalesce((
            SELECT string_agg(uuid_send(id), ''::bytea ORDER BY id)
            FROM sight_barrier
            WHERE district = %(district)s AND valid && daterange(%(first)s, %(last)s)
        ), ''::bytea))
    FROM head
    WHERE district = %(district)s AND layer = 'barriers'
)
