-- One entry at the end of a chain, linked to the last one; layers/audit_chain.py says how. The caller holds the
-- chain's lock.
INSERT INTO {table} ({key}, seq, {names}, previous, hash)
SELECT %(chain)s, seq, {values}, previous, sha256(previous || int8send(seq) || %(canonical)s)
FROM (
    SELECT coalesce(last.seq, 0) + 1 AS seq, coalesce(last.hash, decode(repeat('00', 32), 'hex')) AS previous
    FROM (VALUES (true)) AS always (present)
    LEFT JOIN LATERAL (
        SELECT seq, hash FROM {table} WHERE {key} = %(chain)s ORDER BY seq DESC LIMIT 1
    ) AS last ON true
) AS link
