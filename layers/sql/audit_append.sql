-- Entries at the end of a chain, each linked to the one before; layers/audit_chain.py says how. The caller holds the
-- chain's lock.
WITH RECURSIVE link (place, seq, previous, hash) AS (
    SELECT
        0,
        coalesce(last.seq, 0),
        NULL::bytea,
        coalesce(last.hash, decode(repeat('00', 32), 'hex'))
    FROM (VALUES (true)) AS always (present)
    LEFT JOIN LATERAL (
        SELECT seq, hash FROM {table} WHERE {key} = %(chain)s ORDER BY seq DESC LIMIT 1
    ) AS last ON true
    UNION ALL
    SELECT
        place + 1,
        seq + 1,
        hash,
        sha256(hash || int8send(seq + 1) || (%(canonical)s::bytea[])[place + 1])
    FROM link
    WHERE place < cardinality(%(canonical)s::bytea[])
)
INSERT INTO {table} ({key}, seq, {names}, previous, hash)
SELECT %(chain)s, link.seq, {given}, link.previous, link.hash
FROM link
JOIN unnest({values}) WITH ORDINALITY AS entry ({names}, place) ON entry.place = link.place
