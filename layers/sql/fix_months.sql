-- Make the months of fix_block that begin on some days, unless all of their tables are there beside it.
SELECT ensure_fix_months(%(days)s::date[])
WHERE NOT (
    SELECT coalesce(bool_and(to_regclass(format('%%s.%%I', schema, name)) IS NOT NULL), true)
    FROM unnest(%(tables)s::text[]) AS name
    CROSS JOIN (
        SELECT relnamespace::regnamespace::text AS schema FROM pg_class WHERE oid = 'fix_block'::regclass
    ) AS beside
)
