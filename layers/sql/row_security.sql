-- What policies ask of the scope of a transaction, and the one change of schema the service may make. ROLES are
-- held district-wide, or in a part of a district (areas, units); the role "system" is held by the service alone.
-- Each is asked once a statement, by a subselect in the policy. Relations are named with their schema: a
-- temporary table of the same name must not answer for them. {schema} is where the tables are.

CREATE FUNCTION {schema}.scope() RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN nullif(current_setting('wardline.scope', true), '')::jsonb;
END
$$;

CREATE FUNCTION {schema}.scope_entered() RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN coalesce(current_setting('wardline.scope', true), '') <> '';
END
$$;

CREATE FUNCTION {schema}.scope_actor() RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN {schema}.scope() ->> 'actor';
END
$$;

CREATE FUNCTION {schema}.scope_person() RETURNS uuid
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN {schema}.scope() ->> 'person';
END
$$;

-- Whether one of some roles is held in every district.
CREATE FUNCTION {schema}.scope_everywhere(VARIADIC roles text[]) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN coalesce({schema}.scope() -> 'everywhere' ?| (roles || '{system}'), false);
END
$$;

-- Whether one of some roles is held anywhere at all.
CREATE FUNCTION {schema}.scope_holds(VARIADIC roles text[]) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    held jsonb := {schema}.scope();
BEGIN
    RETURN coalesce(held -> 'everywhere' ?| (roles || '{system}'), false)
        OR EXISTS (SELECT FROM jsonb_each(held -> 'districts') AS one WHERE one.value ?| roles);
END
$$;

-- The districts in all of which one of some roles is held.
CREATE FUNCTION {schema}.scope_districts(VARIADIC roles text[]) RETURNS text[]
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    held jsonb := {schema}.scope();
BEGIN
    IF held -> 'everywhere' ?| (roles || '{system}') THEN
        RETURN ARRAY(SELECT code FROM {schema}.district);
    END IF;
    RETURN ARRAY(
        SELECT one.key
        FROM jsonb_each(held -> 'districts') AS one
        WHERE EXISTS (
            SELECT FROM jsonb_each(one.value) AS role
            WHERE role.key = ANY (roles) AND jsonb_typeof(role.value) = 'null'
        )
    );
END
$$;

-- The districts in all or a part of which one of some roles is held.
CREATE FUNCTION {schema}.scope_areas(VARIADIC roles text[]) RETURNS text[]
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    held jsonb := {schema}.scope();
BEGIN
    IF held -> 'everywhere' ?| (roles || '{system}') THEN
        RETURN ARRAY(SELECT code FROM {schema}.district);
    END IF;
    RETURN ARRAY(SELECT one.key FROM jsonb_each(held -> 'districts') AS one WHERE one.value ?| roles);
END
$$;

-- The units that one of some roles reaches in parts of districts: those granted and what lies below them today.
CREATE FUNCTION {schema}.scope_units(VARIADIC roles text[]) RETURNS uuid[]
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    held jsonb := {schema}.scope() -> 'districts';
    part text;
    day date;
    found uuid[];
    units uuid[] := '{}';
BEGIN
    FOR part, found IN
        SELECT one.key, array_agg(DISTINCT root.value::uuid)
        FROM jsonb_each(held) AS one, jsonb_each(one.value) AS role,
             jsonb_array_elements_text(
                 CASE jsonb_typeof(role.value) WHEN 'array' THEN role.value ELSE '[]' END) AS root
        WHERE role.key = ANY (roles)
        GROUP BY one.key
    LOOP
        SELECT (now() AT TIME ZONE timezone)::date INTO day FROM {schema}.district WHERE code = part;
        WHILE found <> '{}' LOOP
            units := units || found;
            found := ARRAY(
                SELECT version.unit
                FROM {schema}.unit_version AS version
                WHERE version.district = part
                  AND version.parent = ANY (found)
                  AND version.valid @> day
                  AND upper_inf(version.recorded)
                  AND NOT version.unit = ANY (units)
            );
        END LOOP;
    END LOOP;
    RETURN units;
END
$$;

-- The representatives who are responsible today for the units that one of some roles reaches.
CREATE FUNCTION {schema}.scope_representatives(VARIADIC roles text[]) RETURNS uuid[]
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    parts text[] := {schema}.scope_areas(VARIADIC roles);
    units uuid[] := {schema}.scope_units(VARIADIC roles);
BEGIN
    IF units = '{}' THEN
        RETURN units;
    END IF;
    RETURN ARRAY(
        SELECT one.representative
        FROM {schema}.responsibility AS one
        JOIN {schema}.district AS place ON place.code = one.district
        WHERE one.district = ANY (parts)
          AND one.unit = ANY (units)
          AND one.valid @> (now() AT TIME ZONE place.timezone)::date
    );
END
$$;

-- The units that what is granted of parts of districts lies in today: those granted and all above them. Who is
-- complained about as one of these units, is complained about themselves.
CREATE FUNCTION {schema}.scope_units_above() RETURNS uuid[]
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    held jsonb := {schema}.scope() -> 'districts';
    part text;
    day date;
    found uuid[];
    units uuid[] := '{}';
BEGIN
    FOR part, found IN
        SELECT one.key, array_agg(DISTINCT root.value::uuid)
        FROM jsonb_each(held) AS one, jsonb_each(one.value) AS role,
             jsonb_array_elements_text(
                 CASE jsonb_typeof(role.value) WHEN 'array' THEN role.value ELSE '[]' END) AS root
        GROUP BY one.key
    LOOP
        SELECT (now() AT TIME ZONE timezone)::date INTO day FROM {schema}.district WHERE code = part;
        WHILE found <> '{}' LOOP
            units := units || found;
            found := ARRAY(
                SELECT DISTINCT version.parent
                FROM {schema}.unit_version AS version
                WHERE version.district = part
                  AND version.unit = ANY (found)
                  AND version.parent IS NOT NULL
                  AND version.valid @> day
                  AND upper_inf(version.recorded)
                  AND NOT version.parent = ANY (units)
            );
        END LOOP;
    END LOOP;
    RETURN units;
END
$$;

-- The representatives that the scope's own person may be: those responsible today for just the units of which
-- the role is held.
CREATE FUNCTION {schema}.scope_own_representatives() RETURNS uuid[]
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    held jsonb := {schema}.scope() -> 'districts';
BEGIN
    RETURN ARRAY(
        SELECT duty.representative
        FROM jsonb_each(held) AS one
        CROSS JOIN jsonb_array_elements_text(
            CASE jsonb_typeof(one.value -> 'representative') WHEN 'array' THEN one.value -> 'representative'
                 ELSE '[]' END) AS root
        JOIN {schema}.responsibility AS duty ON duty.district = one.key AND duty.unit = root.value::uuid
        JOIN {schema}.district AS place ON place.code = duty.district
        WHERE duty.valid @> (now() AT TIME ZONE place.timezone)::date
    );
END
$$;

-- The codes of the device itself and of all that the person carries or carried. Of the owner, since nobody else
-- sees every device; it tells only of the scope's own person.
CREATE FUNCTION {schema}.scope_devices() RETURNS text[]
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    held jsonb := {schema}.scope();
BEGIN
    RETURN ARRAY(
        SELECT held ->> 'device' WHERE held ->> 'device' IS NOT NULL
        UNION
        SELECT code FROM {schema}.device WHERE person = (held ->> 'person')::uuid
    );
END
$$;

-- Who walks under the scope's own coordinator role, each as 'district person': people whose grant of today to walk
-- lies within an area that the role is held in. Of the owner, since a coordinator sees nobody else's grants; no
-- other role counts, however far it reaches.
CREATE FUNCTION {schema}.scope_walkers() RETURNS text[]
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    everywhere boolean := coalesce({schema}.scope() -> 'everywhere' ? 'coordinator', false);
    whole text[] := {schema}.scope_districts('coordinator');
    units uuid[] := {schema}.scope_units('coordinator');
BEGIN
    RETURN ARRAY(
        SELECT DISTINCT place.code || ' ' || walker.id
        FROM {schema}.role_grant AS held
        JOIN {schema}.person AS walker ON walker.id = held.person AND walker.disabled_at IS NULL
        JOIN {schema}.district AS place ON held.district IS NULL OR place.code = held.district
        WHERE held.role IN ('grid_worker', 'guard', 'representative')
          AND held.valid @> (now() AT TIME ZONE place.timezone)::date
          AND (everywhere OR held.district = ANY (whole) OR held.unit = ANY (units))
    );
END
$$;

-- Whether a plan of this author, reviewer and status follows from the stored one without a decision: the author is
-- the same, the reviewer is the one who decided it, or none any more, and only what is approved is published. Of the
-- owner, since a policy cannot ask its own table; asked as a change is checked, it sees what is stored before it.
CREATE FUNCTION {schema}.plan_follows(part text, plan uuid, planner uuid, decider uuid, next text) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM {schema}.plan AS stored
        WHERE stored.district = part
          AND stored.id = plan
          AND stored.author = planner
          AND (decider IS NULL OR decider = stored.reviewer)
          AND (next IN ('draft', 'submitted', 'withdrawn')
               OR next = stored.status
               OR next IN ('scheduled', 'published') AND stored.status IN ('approved', 'scheduled'))
    );
END
$$;

-- Make the partitions of fix_block for the months that begin on some days, where they are absent. Of the owner, since
-- the service may not change the schema; it makes nothing else. A lock orders those who make months, and a month
-- is made apart and then attached, which leaves readers and writers of the other months at work.
CREATE FUNCTION {schema}.ensure_fix_months(months date[]) RETURNS void
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
        FROM pg_partition_tree('{schema}.fix_block') AS tree
        JOIN pg_partitioned_table AS split ON split.partrelid = tree.relid AND split.partstrat = 'r'
        JOIN pg_class AS class ON class.oid = tree.relid
        CROSS JOIN (SELECT DISTINCT date_trunc('month', one)::date FROM unnest(months) AS one) AS wanted (month)
        WHERE wanted.month >= '1990-01-01' AND wanted.month < '2101-01-01'
        ORDER BY class.relname, wanted.month
    LOOP
        CONTINUE WHEN to_regclass(format('{schema}.%I', name)) IS NOT NULL;
        IF NOT locked THEN
            PERFORM pg_advisory_xact_lock(hashtextextended('fix months', 0));
            locked := true;
        END IF;
        -- By a statement of its own: it sees what was committed while the lock was waited for.
        CONTINUE WHEN EXISTS (
            SELECT FROM pg_class WHERE relname = name AND relnamespace = '{schema}'::regnamespace);
        EXECUTE format('CREATE TABLE {schema}.%I (LIKE %s INCLUDING ALL)', name, parent);
        EXECUTE format('ALTER TABLE {schema}.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
        -- Half the size at no cost, where the server was built with it, as packaged ones are.
        IF EXISTS (
            SELECT FROM pg_settings WHERE pg_settings.name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)
        ) THEN
            FOREACH packed IN ARRAY '{at,lon_e7,lat_e7,part,seq,accuracy_m,speed_ms,course}'::text[] LOOP
                EXECUTE format('ALTER TABLE {schema}.%I ALTER COLUMN %I SET COMPRESSION lz4', name, packed);
            END LOOP;
        END IF;
        -- Others come by way of fix_block, whose policies judge them; nobody but the owner has rights to a month.
        EXECUTE format('CREATE POLICY owner ON {schema}.%I TO CURRENT_USER USING (true)', name);
        EXECUTE format(
            'ALTER TABLE %s ATTACH PARTITION {schema}.%I FOR VALUES FROM (%L) TO (%L)',
            parent, name, month::timestamp AT TIME ZONE 'UTC',
            (month + interval '1 month')::timestamp AT TIME ZONE 'UTC'
        );
    END LOOP;
END
$$;

-- Drop the partitions of fix_block for months that end by an instant, in UTC; return how many. Of the owner, as above,
-- and for the service's own work alone: whoever may drop a month may as well remove its rows. It gives up where
-- others would keep it waiting.
CREATE FUNCTION {schema}.drop_fix_months(before timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    month regclass;
    dropped integer := 0;
BEGIN
    IF NOT {schema}.scope_everywhere('system') THEN
        RAISE EXCEPTION 'only the service itself drops months of fixes' USING ERRCODE = 'insufficient_privilege';
    END IF;
    FOR month IN
        SELECT tree.relid
        FROM pg_partition_tree('{schema}.fix_block') AS tree
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
CREATE FUNCTION {schema}.merge_fix_blocks(in_district text, of_patrol uuid, small integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT (
        SELECT count(*) >= 64 OR sum(fixes) >= 16 * small
        FROM {schema}.fix_block
        WHERE district = in_district AND patrol = of_patrol AND fixes < small
    ) THEN
        RETURN;
    END IF;
    WITH gone AS (
        DELETE FROM {schema}.fix_block WHERE district = in_district AND patrol = of_patrol AND fixes < small RETURNING *
    ), one AS (
        SELECT device, date_trunc('month', first_at AT TIME ZONE 'UTC') AS month,
               unnest(at) AS at, unnest(lon_e7) AS lon_e7, unnest(lat_e7) AS lat_e7, unnest(part) AS part,
               unnest(seq) AS seq, unnest(accuracy_m) AS accuracy_m, unnest(speed_ms) AS speed_ms,
               unnest(course) AS course
        FROM gone
    )
    INSERT INTO {schema}.fix_block (
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
