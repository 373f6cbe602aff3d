-- Whether all of some tables are there, beside the table of fixes.
SELECT coalesce(bool_and(EXISTS (
    SELECT
    FROM pg_class AS one
    WHERE one.relname = name AND one.relnamespace = beside.relnamespace
)), true)
FROM unnest(%(tables)s::text[]) AS name
CROSS JOIN (SELECT relnamespace FROM pg_class WHERE oid = 'fix'::regclass) AS beside
