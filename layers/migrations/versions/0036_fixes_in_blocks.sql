-- Fixes in blocks of columns, a row for up to 4,096 fixes of one patrol and month. A copy of what the code declares;
-- tests hold that both give the same. All fixes are put into blocks, which takes a minute for some ten millions;
-- nobody stores fixes meanwhile, since the service does not serve while its database is migrated.

CREATE TABLE public.fix_block (
    district text NOT NULL,
    patrol uuid NOT NULL,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    id uuid NOT NULL,
    device text NOT NULL,
    fixes integer NOT NULL,
    west integer NOT NULL,
    south integer NOT NULL,
    east integer NOT NULL,
    north integer NOT NULL,
    first_seq integer NOT NULL,
    last_seq integer NOT NULL,
    at timestamptz[] NOT NULL,
    lon_e7 integer[] NOT NULL,
    lat_e7 integer[] NOT NULL,
    part integer[] NOT NULL,
    seq integer[] NOT NULL,
    accuracy_m real[],
    speed_ms real[],
    course real[],
    CONSTRAINT pk_fix_block PRIMARY KEY (patrol, first_at, id, district),
    CONSTRAINT ck_fix_block_fixes CHECK (fixes > 0 AND cardinality(at) = fixes AND cardinality(lon_e7) = fixes AND cardinality(lat_e7) = fixes AND cardinality(part) = fixes AND cardinality(seq) = fixes AND cardinality(accuracy_m) = fixes AND cardinality(speed_ms) = fixes AND cardinality(course) = fixes)
)
 PARTITION BY RANGE (first_at);

ALTER TABLE public.fix_block ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.fix_block TO wardline_web;
CREATE POLICY owner ON public.fix_block TO CURRENT_USER USING (true);
CREATE POLICY read ON public.fix_block FOR SELECT USING (district = ANY ((SELECT scope_districts('coordinator', 'supervisor', 'administrator', 'auditor'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
CREATE POLICY insert ON public.fix_block FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
CREATE POLICY change ON public.fix_block FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
CREATE POLICY remove ON public.fix_block FOR DELETE USING ((SELECT scope_everywhere('system')));

-- Make the partitions of fix_block for the months that begin on some days, where they are absent. Of the owner, since
-- the service may not change the schema; it makes nothing else. A lock orders those who make months, and a month
-- is made apart and then attached, which leaves readers and writers of the other months at work.
CREATE OR REPLACE FUNCTION public.ensure_fix_months(months date[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    month date;
    parent regclass;
    name text;
    packed text;
    locked boolean := false;
BEGIN
    FOR month, parent, name IN
        SELECT wanted.month, tree.relid, format('%s_%s', class.relname, to_char(wanted.month, 'YYYY_MM'))
        FROM pg_partition_tree('public.fix_block') AS tree
        JOIN pg_partitioned_table AS split ON split.partrelid = tree.relid AND split.partstrat = 'r'
        JOIN pg_class AS class ON class.oid = tree.relid
        CROSS JOIN (SELECT DISTINCT date_trunc('month', one)::date FROM unnest(months) AS one) AS wanted (month)
        WHERE wanted.month >= '1990-01-01' AND wanted.month < '2101-01-01'
        ORDER BY class.relname, wanted.month
    LOOP
        CONTINUE WHEN to_regclass(format('public.%I', name)) IS NOT NULL;
        IF NOT locked THEN
            PERFORM pg_advisory_xact_lock(hashtextextended('fix months', 0));
            locked := true;
        END IF;
        -- By a statement of its own: it sees what was committed while the lock was waited for.
        CONTINUE WHEN EXISTS (
            SELECT FROM pg_class WHERE relname = name AND relnamespace = 'public'::regnamespace);
        EXECUTE format('CREATE TABLE public.%I (LIKE %s INCLUDING ALL)', name, parent);
        EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
        -- Half the size at no cost, where the server was built with it, as packaged ones are.
        IF EXISTS (
            SELECT FROM pg_settings WHERE pg_settings.name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)
        ) THEN
            FOREACH packed IN ARRAY '{at,lon_e7,lat_e7,part,seq,accuracy_m,speed_ms,course}'::text[] LOOP
                EXECUTE format('ALTER TABLE public.%I ALTER COLUMN %I SET COMPRESSION lz4', name, packed);
            END LOOP;
        END IF;
        -- Others come by way of fix_block, whose policies judge them; nobody but the owner has rights to a month.
        EXECUTE format('CREATE POLICY owner ON public.%I TO CURRENT_USER USING (true)', name);
        EXECUTE format(
            'ALTER TABLE %s ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
            parent, name, month::timestamp AT TIME ZONE 'UTC',
            (month + interval '1 month')::timestamp AT TIME ZONE 'UTC'
        );
    END LOOP;
END
$$;

-- Drop the partitions of fix_block for months that end by an instant, in UTC; return how many. Of the owner, as above,
-- and for the service's own work alone: whoever may drop a month may as well remove its rows. It gives up where
-- others would keep it waiting.
CREATE OR REPLACE FUNCTION public.drop_fix_months(before timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    month regclass;
    dropped integer := 0;
BEGIN
    IF NOT public.scope_everywhere('system') THEN
        RAISE EXCEPTION 'only the service itself drops months of fixes' USING ERRCODE = 'insufficient_privilege';
    END IF;
    FOR month IN
        SELECT tree.relid
        FROM pg_partition_tree('public.fix_block') AS tree
        JOIN pg_class AS class ON class.oid = tree.relid
        WHERE tree.isleaf
          AND class.relname ~ '_\d{4}_\d{2}$'
          AND (to_date(right(class.relname, 7), 'YYYY_MM') + interval '1 month') AT TIME ZONE 'UTC' <= before
        ORDER BY class.relname
    LOOP
        EXECUTE format('DROP TABLE %s', month);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
EXCEPTION
    WHEN lock_not_available THEN
        RETURN 0;
END
$$;

-- Make the small blocks of a patrol one for each month, once they are many: a device that sends its fixes one by one
-- leaves a block for each. Of the owner, since whoever records may not remove what was; every fix stays as it is.
CREATE FUNCTION public.merge_fix_blocks(in_district text, of_patrol uuid, small integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT (
        SELECT count(*) >= 64 OR sum(fixes) >= 16 * small
        FROM public.fix_block
        WHERE district = in_district AND patrol = of_patrol AND fixes < small
    ) THEN
        RETURN;
    END IF;
    WITH gone AS (
        DELETE FROM public.fix_block WHERE district = in_district AND patrol = of_patrol AND fixes < small RETURNING *
    ), one AS (
        SELECT device, date_trunc('month', first_at AT TIME ZONE 'UTC') AS month,
               unnest(at) AS at, unnest(lon_e7) AS lon_e7, unnest(lat_e7) AS lat_e7, unnest(part) AS part,
               unnest(seq) AS seq, unnest(accuracy_m) AS accuracy_m, unnest(speed_ms) AS speed_ms,
               unnest(course) AS course
        FROM gone
    )
    INSERT INTO public.fix_block (
        district, patrol, first_at, last_at, id, device, fixes, west, south, east, north, first_seq, last_seq,
        at, lon_e7, lat_e7, part, seq, accuracy_m, speed_ms, course
    )
    SELECT in_district, of_patrol, min(at), max(at), gen_random_uuid(), device, count(*),
           min(lon_e7), min(lat_e7), max(lon_e7), max(lat_e7), min(seq), max(seq),
           array_agg(at ORDER BY at, lon_e7, lat_e7, seq), array_agg(lon_e7 ORDER BY at, lon_e7, lat_e7, seq),
           array_agg(lat_e7 ORDER BY at, lon_e7, lat_e7, seq), array_agg(part ORDER BY at, lon_e7, lat_e7, seq),
           array_agg(seq ORDER BY at, lon_e7, lat_e7, seq),
           CASE WHEN count(accuracy_m) > 0
                THEN array_agg(coalesce(accuracy_m, 'NaN') ORDER BY at, lon_e7, lat_e7, seq) END,
           CASE WHEN count(speed_ms) > 0
                THEN array_agg(coalesce(speed_ms, 'NaN') ORDER BY at, lon_e7, lat_e7, seq) END,
           CASE WHEN count(course) > 0
                THEN array_agg(coalesce(course, 'NaN') ORDER BY at, lon_e7, lat_e7, seq) END
    FROM one
    GROUP BY device, month;
END
$$;

REVOKE ALL ON FUNCTION public.merge_fix_blocks(text, uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.merge_fix_blocks(text, uuid, integer) TO wardline_web;

SELECT public.ensure_fix_months(array_agg(to_date(right(class.relname, 7), 'YYYY_MM')))
FROM pg_partition_tree('public.fix') AS tree
JOIN pg_class AS class ON class.oid = tree.relid
WHERE tree.isleaf AND class.relname ~ '^fix_\d{4}_\d{2}$';

INSERT INTO public.fix_block (
    district, patrol, first_at, last_at, id, device, fixes, west, south, east, north, first_seq, last_seq,
    at, lon_e7, lat_e7, part, seq, accuracy_m, speed_ms, course
)
SELECT district, patrol, min(at), max(at), gen_random_uuid(), device, count(*),
       min(lon_e7), min(lat_e7), max(lon_e7), max(lat_e7), min(seq), max(seq),
       array_agg(at ORDER BY place), array_agg(lon_e7 ORDER BY place), array_agg(lat_e7 ORDER BY place),
       array_agg(part ORDER BY place), array_agg(seq ORDER BY place),
       CASE WHEN count(accuracy_m) > 0 THEN array_agg(coalesce(accuracy_m, 'NaN') ORDER BY place) END,
       CASE WHEN count(speed_ms) > 0 THEN array_agg(coalesce(speed_ms, 'NaN') ORDER BY place) END,
       CASE WHEN count(course) > 0 THEN array_agg(coalesce(course, 'NaN') ORDER BY place) END
FROM (
    SELECT *, date_trunc('month', at AT TIME ZONE 'UTC') AS month,
           row_number() OVER (
               PARTITION BY district, patrol, device, date_trunc('month', at AT TIME ZONE 'UTC')
               ORDER BY at, lon_e7, lat_e7, seq
           ) AS place
    FROM public.fix
) AS stored
GROUP BY district, patrol, device, month, (place - 1) / 4096;

DROP TABLE public.fix;

-- Fixes one by one, out of their blocks, with the rights of whoever asks. What concerns a whole block is asked of it
-- by its patrol, its device and its times, so that others are not opened.
CREATE VIEW public.fix WITH (security_invoker = true) AS
SELECT district, device, patrol, id AS block, first_at AS block_from, last_at AS block_to,
       unnest(at) AS at, unnest(lon_e7) AS lon_e7, unnest(lat_e7) AS lat_e7, unnest(part) AS part, unnest(seq) AS seq,
       nullif(unnest(accuracy_m), 'NaN') AS accuracy_m, nullif(unnest(speed_ms), 'NaN') AS speed_ms,
       nullif(unnest(course), 'NaN') AS course
FROM public.fix_block;
GRANT SELECT ON public.fix TO wardline_web;
