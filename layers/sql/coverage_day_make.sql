-- The rows of the ledger of lines of one device and day, packed: a row for each who carried the device. Binary
-- values as PostgreSQL sends them, without lengths: "segments" has the ids, 16 bytes each, "walks" what is not SEEN
-- (place in segments, evidence, measures, times), "sights" what is (place, band, measures) and
-- "sight_times" when, in the same order, which depends on nothing but what the rows say.
INSERT INTO coverage_day (district, device, day, holder, from_at, to_at, segments, walks, sights, sight_times)
SELECT district, device, day, holder, min(least(from_at, to_at)), max(greatest(from_at, to_at)),
       string_agg(uuid_send(segment), ''::bytea ORDER BY place) FILTER (WHERE is_first),
       coalesce(string_agg(
           int2send(place) || int2send(evidence) || float8send(from_m) || float8send(to_m)
           || timestamptz_send(from_at) || timestamptz_send(to_at), ''::bytea
           ORDER BY place, least(from_at, to_at), greatest(from_at, to_at), from_m, to_m, evidence
       ) FILTER (WHERE evidence <> %(seen)s), ''::bytea),
       coalesce(string_agg(
           int2send(place) || int2send(band) || float8send(from_m) || float8send(to_m), ''::bytea
           ORDER BY place, band, from_m, to_m, from_at, to_at
       ) FILTER (WHERE evidence = %(seen)s), ''::bytea),
       coalesce(string_agg(
           timestamptz_send(from_at) || timestamptz_send(to_at), ''::bytea
           ORDER BY place, band, from_m, to_m, from_at, to_at
       ) FILTER (WHERE evidence = %(seen)s), ''::bytea)
FROM (
    SELECT *, (dense_rank() OVER (PARTITION BY holder ORDER BY segment) - 1)::int2 AS place,
           row_number() OVER (PARTITION BY holder, segment) = 1 AS is_first
    FROM (
        SELECT *, coalesce(person, device) AS holder
        FROM coverage_line
        WHERE district = %(district)s AND device = %(device)s AND day = %(day)s
    ) AS mine
) AS line
GROUP BY district, device, day, holder
