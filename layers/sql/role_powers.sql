-- Who a connection works as, and what of it row security does not hold for.
SELECT current_user AS role,
       rolsuper OR rolbypassrls AS bypasses,
       EXISTS (
           SELECT FROM pg_class
           WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relowner = pg_roles.oid
       ) AS owns
FROM pg_roles
WHERE rolname = current_user
