-- Whether a spatial index may be used before the policies are asked.
SELECT proleakproof FROM pg_proc WHERE oid = 'geometry_overlaps(geometry, geometry)'::regprocedure
