-- The times of what was seen of lines, packed beside it; the rows of the ledger have them.
TRUNCATE public.coverage_day;
ALTER TABLE public.coverage_day ADD COLUMN sight_times bytea NOT NULL;
ALTER TABLE public.coverage_day ALTER sight_times SET STORAGE EXTERNAL;

INSERT INTO public.coverage_day (district, device, day, holder, from_at, to_at, segments, walks, sights, sight_times)
SELECT district, device, day, holder, min(least(from_at, to_at)), max(greatest(from_at, to_at)),
       string_agg(uuid_send(segment), ''::bytea ORDER BY place) FILTER (WHERE is_first),
       coalesce(string_agg(
           int2send(place) || int2send(evidence) || float8send(from_m) || float8send(to_m)
           || timestamptz_send(from_at) || timestamptz_send(to_at), ''::bytea
           ORDER BY place, least(from_at, to_at), greatest(from_at, to_at), from_m, to_m, evidence
       ) FILTER (WHERE evidence <> 2), ''::bytea),
       coalesce(string_agg(
           int2send(place) || int2send(band) || float8send(from_m) || float8send(to_m), ''::bytea
           ORDER BY place, band, from_m, to_m, from_at, to_at
       ) FILTER (WHERE evidence = 2), ''::bytea),
       coalesce(string_agg(
           timestamptz_send(from_at) || timestamptz_send(to_at), ''::bytea
           ORDER BY place, band, from_m, to_m, from_at, to_at
       ) FILTER (WHERE evidence = 2), ''::bytea)
FROM (
    SELECT *, (dense_rank() OVER (PARTITION BY district, device, day, holder ORDER BY segment) - 1)::int2 AS place,
           row_number() OVER (PARTITION BY district, device, day, holder, segment) = 1 AS is_first
    FROM (
        SELECT *, coalesce(person, device) AS holder
        FROM public.coverage_line
    ) AS mine
) AS line
GROUP BY district, device, day, holder;
