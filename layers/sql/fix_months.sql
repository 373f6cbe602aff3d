-- Whether all of some tables are there.
SELECT coalesce(bool_and(to_regclass(name) IS NOT NULL), true)
FROM unnest(%(tables)s::text[]) AS name
