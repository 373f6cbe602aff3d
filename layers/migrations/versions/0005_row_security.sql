-- Row security: the rights of the service's role and the policies of every table. A copy of what layers/policies.py
-- said when it was made; a test holds that both give the same. The tables belong to whoever runs this.

-- What lies below a unit is asked by every statement of somebody who holds a part of a district.
CREATE INDEX ix_unit_version_district_parent ON public.unit_version (district, parent);

GRANT USAGE ON SCHEMA public TO wardline_web;
-- What policies ask of the scope of a transaction, and the one change of schema the service may make. ROLES are
-- held district-wide, or in a part of a district (areas, units); the role "system" is held by the service alone.
-- Each is asked once a statement, by a subselect in the policy. Relations are named with their schema: a
-- temporary table of the same name must not answer for them. public is where the tables are.

CREATE FUNCTION public.scope() RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN nullif(current_setting('wardline.scope', true), '')::jsonb;
END
$$;

CREATE FUNCTION public.scope_entered() RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN coalesce(current_setting('wardline.scope', true), '') <> '';
END
$$;

CREATE FUNCTION public.scope_actor() RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN public.scope() ->> 'actor';
END
$$;

CREATE FUNCTION public.scope_person() RETURNS uuid
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN public.scope() ->> 'person';
END
$$;

-- Whether one of some roles is held in every district.
CREATE FUNCTION public.scope_everywhere(VARIADIC roles text[]) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN coalesce(public.scope() -> 'everywhere' ?| (roles || '{system}'), false);
END
$$;

-- Whether one of some roles is held anywhere at all.
CREATE FUNCTION public.scope_holds(VARIADIC roles text[]) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    held jsonb := public.scope();
BEGIN
    RETURN coalesce(held -> 'everywhere' ?| (roles || '{system}'), false)
        OR EXISTS (SELECT FROM jsonb_each(held -> 'districts') AS one WHERE one.value ?| roles);
END
$$;

-- The districts in all of which one of some roles is held.
CREATE FUNCTION public.scope_districts(VARIADIC roles text[]) RETURNS text[]
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    held jsonb := public.scope();
BEGIN
    IF held -> 'everywhere' ?| (roles || '{system}') THEN
        RETURN ARRAY(SELECT code FROM public.district);
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
CREATE FUNCTION public.scope_areas(VARIADIC roles text[]) RETURNS text[]
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    held jsonb := public.scope();
BEGIN
    IF held -> 'everywhere' ?| (roles || '{system}') THEN
        RETURN ARRAY(SELECT code FROM public.district);
    END IF;
    RETURN ARRAY(SELECT one.key FROM jsonb_each(held -> 'districts') AS one WHERE one.value ?| roles);
END
$$;

-- The units that one of some roles reaches in parts of districts: those granted and what lies below them today.
CREATE FUNCTION public.scope_units(VARIADIC roles text[]) RETURNS uuid[]
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    held jsonb := public.scope() -> 'districts';
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
        SELECT (now() AT TIME ZONE timezone)::date INTO day FROM public.district WHERE code = part;
        WHILE found <> '{}' LOOP
            units := units || found;
            found := ARRAY(
                SELECT version.unit
                FROM public.unit_version AS version
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
CREATE FUNCTION public.scope_representatives(VARIADIC roles text[]) RETURNS uuid[]
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    parts text[] := public.scope_areas(VARIADIC roles);
    units uuid[] := public.scope_units(VARIADIC roles);
BEGIN
    IF units = '{}' THEN
        RETURN units;
    END IF;
    RETURN ARRAY(
        SELECT one.representative
        FROM public.responsibility AS one
        JOIN public.district AS place ON place.code = one.district
        WHERE one.district = ANY (parts)
          AND one.unit = ANY (units)
          AND one.valid @> (now() AT TIME ZONE place.timezone)::date
    );
END
$$;

-- The units that what is granted of parts of districts lies in today: those granted and all above them. Who is
-- complained about as one of these units, is complained about themselves.
CREATE FUNCTION public.scope_units_above() RETURNS uuid[]
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    held jsonb := public.scope() -> 'districts';
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
        SELECT (now() AT TIME ZONE timezone)::date INTO day FROM public.district WHERE code = part;
        WHILE found <> '{}' LOOP
            units := units || found;
            found := ARRAY(
                SELECT DISTINCT version.parent
                FROM public.unit_version AS version
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
CREATE FUNCTION public.scope_own_representatives() RETURNS uuid[]
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    held jsonb := public.scope() -> 'districts';
BEGIN
    RETURN ARRAY(
        SELECT duty.representative
        FROM jsonb_each(held) AS one
        CROSS JOIN jsonb_array_elements_text(
            CASE jsonb_typeof(one.value -> 'representative') WHEN 'array' THEN one.value -> 'representative'
                 ELSE '[]' END) AS root
        JOIN public.responsibility AS duty ON duty.district = one.key AND duty.unit = root.value::uuid
        JOIN public.district AS place ON place.code = duty.district
        WHERE duty.valid @> (now() AT TIME ZONE place.timezone)::date
    );
END
$$;

-- The codes of the device itself and of all that the person carries or carried. Of the owner, since nobody else
-- sees every device; it tells only of the scope's own person.
CREATE FUNCTION public.scope_devices() RETURNS text[]
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    held jsonb := public.scope();
BEGIN
    RETURN ARRAY(
        SELECT held ->> 'device' WHERE held ->> 'device' IS NOT NULL
        UNION
        SELECT code FROM public.device WHERE person = (held ->> 'person')::uuid
    );
END
$$;

-- Make the partitions of fix for the months that begin on some days, where they are absent. Of the owner, since
-- the service may not change the schema; it makes nothing else. A lock orders those who make months, and a month
-- is made apart and then attached, which leaves readers and writers of the other months at work.
CREATE FUNCTION public.ensure_fix_months(months date[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    month date;
    parent regclass;
    name text;
    locked boolean := false;
BEGIN
    FOR month, parent, name IN
        SELECT wanted.month, tree.relid, format('%s_%s', class.relname, to_char(wanted.month, 'YYYY_MM'))
        FROM pg_partition_tree('public.fix') AS tree
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
        -- Others come by way of fix, whose policies judge them; nobody but the owner has rights to a month.
        EXECUTE format('CREATE POLICY owner ON public.%I TO CURRENT_USER USING (true)', name);
        EXECUTE format(
            'ALTER TABLE %s ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
            parent, name, month::timestamp AT TIME ZONE 'UTC',
            (month + interval '1 month')::timestamp AT TIME ZONE 'UTC'
        );
    END LOOP;
END
$$;

-- Drop the partitions of fix for months that end by an instant, in UTC; return how many. Of the owner, as above,
-- and for the service's own work alone: whoever may drop a month may as well remove its rows. It gives up where
-- others would keep it waiting.
CREATE FUNCTION public.drop_fix_months(before timestamptz) RETURNS integer
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
        FROM pg_partition_tree('public.fix') AS tree
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
REVOKE ALL ON FUNCTION public.scope_devices() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.scope_devices() TO wardline_web;
REVOKE ALL ON FUNCTION public.ensure_fix_months(date[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.ensure_fix_months(date[]) TO wardline_web;
REVOKE ALL ON FUNCTION public.drop_fix_months(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.drop_fix_months(timestamptz) TO wardline_web;
ALTER TABLE public.district ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.district TO wardline_web;
CREATE POLICY owner ON public.district TO CURRENT_USER USING (true);
CREATE POLICY read ON public.district FOR SELECT USING ((SELECT scope_entered()));
CREATE POLICY insert ON public.district FOR INSERT WITH CHECK ((SELECT scope_everywhere('administrator')));
CREATE POLICY change ON public.district FOR UPDATE USING ((SELECT scope_everywhere('administrator')));
CREATE POLICY remove ON public.district FOR DELETE USING ((SELECT scope_everywhere('system')));
ALTER TABLE public.layer ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.layer TO wardline_web;
CREATE POLICY owner ON public.layer TO CURRENT_USER USING (true);
CREATE POLICY read ON public.layer FOR SELECT USING ((SELECT scope_entered()));
CREATE POLICY insert ON public.layer FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('planner', 'reviewer', 'administrator'))::text[]));
CREATE POLICY change ON public.layer FOR UPDATE USING (district = ANY ((SELECT scope_districts('planner', 'reviewer', 'administrator'))::text[]));
CREATE POLICY remove ON public.layer FOR DELETE USING ((SELECT scope_everywhere('system')));
ALTER TABLE public.release ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.release TO wardline_web;
CREATE POLICY owner ON public.release TO CURRENT_USER USING (true);
CREATE POLICY read ON public.release FOR SELECT USING ((SELECT scope_entered()));
CREATE POLICY insert ON public.release FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('planner', 'reviewer', 'administrator'))::text[]));
CREATE POLICY change ON public.release FOR UPDATE USING (district = ANY ((SELECT scope_districts('planner', 'reviewer', 'administrator'))::text[]));
CREATE POLICY remove ON public.release FOR DELETE USING ((SELECT scope_everywhere('system')));
ALTER TABLE public.unit ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.unit TO wardline_web;
CREATE POLICY owner ON public.unit TO CURRENT_USER USING (true);
CREATE POLICY read ON public.unit FOR SELECT USING ((SELECT scope_entered()));
CREATE POLICY insert ON public.unit FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('planner', 'reviewer', 'administrator'))::text[]));
CREATE POLICY change ON public.unit FOR UPDATE USING (district = ANY ((SELECT scope_districts('planner', 'reviewer', 'administrator'))::text[]));
CREATE POLICY remove ON public.unit FOR DELETE USING ((SELECT scope_everywhere('system')));
ALTER TABLE public.unit_version ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.unit_version TO wardline_web;
CREATE POLICY owner ON public.unit_version TO CURRENT_USER USING (true);
CREATE POLICY read ON public.unit_version FOR SELECT USING ((SELECT scope_entered()));
CREATE POLICY insert ON public.unit_version FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('planner', 'reviewer', 'administrator'))::text[]));
CREATE POLICY change ON public.unit_version FOR UPDATE USING (district = ANY ((SELECT scope_districts('planner', 'reviewer', 'administrator'))::text[]));
CREATE POLICY remove ON public.unit_version FOR DELETE USING ((SELECT scope_everywhere('system')));
ALTER TABLE public.unit_outline ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.unit_outline TO wardline_web;
CREATE POLICY owner ON public.unit_outline TO CURRENT_USER USING (true);
CREATE POLICY read ON public.unit_outline FOR SELECT USING ((SELECT scope_entered()));
CREATE POLICY insert ON public.unit_outline FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('planner', 'reviewer', 'administrator'))::text[]));
CREATE POLICY change ON public.unit_outline FOR UPDATE USING (district = ANY ((SELECT scope_districts('planner', 'reviewer', 'administrator'))::text[]));
CREATE POLICY remove ON public.unit_outline FOR DELETE USING ((SELECT scope_everywhere('system')));
ALTER TABLE public.head ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.head TO wardline_web;
CREATE POLICY owner ON public.head TO CURRENT_USER USING (true);
CREATE POLICY read ON public.head FOR SELECT USING ((SELECT scope_entered()));
CREATE POLICY insert ON public.head FOR INSERT WITH CHECK (district = ANY ((SELECT scope_areas('planner', 'reviewer', 'administrator', 'coordinator', 'administrator'))::text[]));
CREATE POLICY change ON public.head FOR UPDATE USING (district = ANY ((SELECT scope_areas('planner', 'reviewer', 'administrator', 'coordinator', 'administrator'))::text[]));
CREATE POLICY remove ON public.head FOR DELETE USING ((SELECT scope_everywhere('system')));
ALTER TABLE public.border_segment ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.border_segment TO wardline_web;
CREATE POLICY owner ON public.border_segment TO CURRENT_USER USING (true);
CREATE POLICY read ON public.border_segment FOR SELECT USING (district = ANY ((SELECT scope_areas('coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'guard', 'guard', 'grid_worker', 'coordinator', 'administrator', 'reporter'))::text[]));
CREATE POLICY insert ON public.border_segment FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('planner', 'administrator'))::text[]));
CREATE POLICY change ON public.border_segment FOR UPDATE USING (district = ANY ((SELECT scope_districts('planner', 'administrator'))::text[]));
CREATE POLICY remove ON public.border_segment FOR DELETE USING (district = ANY ((SELECT scope_districts('planner', 'administrator'))::text[]));
ALTER TABLE public.marker ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.marker TO wardline_web;
CREATE POLICY owner ON public.marker TO CURRENT_USER USING (true);
CREATE POLICY read ON public.marker FOR SELECT USING (district = ANY ((SELECT scope_areas('coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'guard', 'guard', 'grid_worker', 'coordinator', 'administrator', 'reporter'))::text[]) OR kind = 'service-station' AND (SELECT scope_entered()));
CREATE POLICY insert ON public.marker FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('planner', 'administrator'))::text[]));
CREATE POLICY change ON public.marker FOR UPDATE USING (district = ANY ((SELECT scope_districts('planner', 'administrator'))::text[]));
CREATE POLICY remove ON public.marker FOR DELETE USING (district = ANY ((SELECT scope_districts('planner', 'administrator'))::text[]));
ALTER TABLE public.representative ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.representative TO wardline_web;
CREATE POLICY owner ON public.representative TO CURRENT_USER USING (true);
CREATE POLICY read ON public.representative FOR SELECT USING (district = ANY ((SELECT scope_districts('coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'grid_worker', 'representative', 'intake'))::text[]) OR district = ANY ((SELECT scope_areas('coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'grid_worker', 'representative'))::text[]) AND id = ANY ((SELECT scope_representatives('coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'grid_worker', 'representative'))::uuid[]));
CREATE POLICY insert ON public.representative FOR INSERT WITH CHECK (district = ANY ((SELECT scope_areas('coordinator', 'administrator'))::text[]));
CREATE POLICY change ON public.representative FOR UPDATE USING (district = ANY ((SELECT scope_areas('coordinator', 'administrator'))::text[]));
CREATE POLICY remove ON public.representative FOR DELETE USING ((SELECT scope_everywhere('system')));
ALTER TABLE public.responsibility ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.responsibility TO wardline_web;
CREATE POLICY owner ON public.responsibility TO CURRENT_USER USING (true);
CREATE POLICY read ON public.responsibility FOR SELECT USING (district = ANY ((SELECT scope_districts('coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'grid_worker', 'representative', 'intake'))::text[]) OR district = ANY ((SELECT scope_areas('coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'grid_worker', 'representative'))::text[]) AND unit = ANY ((SELECT scope_units('coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'grid_worker', 'representative'))::uuid[]));
CREATE POLICY insert ON public.responsibility FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('coordinator', 'administrator'))::text[]) AND unit = ANY ((SELECT scope_units('coordinator', 'administrator'))::uuid[]));
CREATE POLICY change ON public.responsibility FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('coordinator', 'administrator'))::text[]) AND unit = ANY ((SELECT scope_units('coordinator', 'administrator'))::uuid[]));
CREATE POLICY remove ON public.responsibility FOR DELETE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('coordinator', 'administrator'))::text[]) AND unit = ANY ((SELECT scope_units('coordinator', 'administrator'))::uuid[]));
ALTER TABLE public.incident ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.incident TO wardline_web;
CREATE POLICY owner ON public.incident TO CURRENT_USER USING (true);
CREATE POLICY read ON public.incident FOR SELECT USING (district = ANY ((SELECT scope_districts('intake'))::text[]) OR (district = ANY ((SELECT scope_districts('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator', 'auditor'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator', 'auditor'))::text[]) AND unit = ANY ((SELECT scope_units('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator', 'auditor'))::uuid[])) AND (about_unit IS NULL OR NOT about_unit = ANY ((SELECT scope_units_above())::uuid[])) AND (about_representative IS NULL OR NOT about_representative = ANY ((SELECT scope_own_representatives())::uuid[])) OR district = ANY ((SELECT scope_areas('reporter'))::text[]) AND EXISTS (SELECT FROM field_incident AS mine WHERE mine.district = incident.district AND mine.incident = incident.id AND mine.person = (SELECT scope_person())));
CREATE POLICY insert ON public.incident FOR INSERT WITH CHECK (district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator', 'auditor', 'reporter', 'intake'))::text[]));
CREATE POLICY change ON public.incident FOR UPDATE USING (district = ANY ((SELECT scope_districts('intake'))::text[]) OR (district = ANY ((SELECT scope_districts('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator'))::text[]) AND unit = ANY ((SELECT scope_units('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator'))::uuid[])) AND (about_unit IS NULL OR NOT about_unit = ANY ((SELECT scope_units_above())::uuid[])) AND (about_representative IS NULL OR NOT about_representative = ANY ((SELECT scope_own_representatives())::uuid[])) OR district = ANY ((SELECT scope_areas('reporter'))::text[]) AND EXISTS (SELECT FROM field_incident AS mine WHERE mine.district = incident.district AND mine.incident = incident.id AND mine.person = (SELECT scope_person())));
CREATE POLICY remove ON public.incident FOR DELETE USING ((SELECT scope_everywhere('system')));
ALTER TABLE public.incident_event ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.incident_event TO wardline_web;
CREATE POLICY owner ON public.incident_event TO CURRENT_USER USING (true);
CREATE POLICY read ON public.incident_event FOR SELECT USING (district = ANY ((SELECT scope_districts('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator', 'auditor', 'intake'))::text[]) OR EXISTS (SELECT FROM incident AS one WHERE one.district = incident_event.district AND one.id = incident_event.incident));
CREATE POLICY insert ON public.incident_event FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator', 'intake'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator', 'reporter'))::text[]) AND EXISTS (SELECT FROM incident AS one WHERE one.district = incident_event.district AND one.id = incident_event.incident));
CREATE POLICY change ON public.incident_event FOR UPDATE USING ((SELECT scope_everywhere('system')));
CREATE POLICY remove ON public.incident_event FOR DELETE USING ((SELECT scope_everywhere('system')));
ALTER TABLE public.incident_contact ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.incident_contact TO wardline_web;
CREATE POLICY owner ON public.incident_contact TO CURRENT_USER USING (true);
CREATE POLICY read ON public.incident_contact FOR SELECT USING (district = ANY ((SELECT scope_districts('intake'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator'))::text[]) AND EXISTS (SELECT FROM incident AS one WHERE one.district = incident_contact.district AND one.id = incident_contact.incident));
CREATE POLICY insert ON public.incident_contact FOR INSERT WITH CHECK (district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator', 'auditor', 'intake'))::text[]));
CREATE POLICY change ON public.incident_contact FOR UPDATE USING (district = ANY ((SELECT scope_districts('intake'))::text[]));
CREATE POLICY remove ON public.incident_contact FOR DELETE USING (district = ANY ((SELECT scope_districts('intake'))::text[]));
ALTER TABLE public.incident_receipt ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.incident_receipt TO wardline_web;
CREATE POLICY owner ON public.incident_receipt TO CURRENT_USER USING (true);
CREATE POLICY read ON public.incident_receipt FOR SELECT USING (district = ANY ((SELECT scope_districts('intake'))::text[]));
CREATE POLICY insert ON public.incident_receipt FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('intake'))::text[]));
CREATE POLICY change ON public.incident_receipt FOR UPDATE USING (district = ANY ((SELECT scope_districts('intake'))::text[]));
CREATE POLICY remove ON public.incident_receipt FOR DELETE USING (district = ANY ((SELECT scope_districts('intake'))::text[]));
ALTER TABLE public.patrol ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.patrol TO wardline_web;
CREATE POLICY owner ON public.patrol TO CURRENT_USER USING (true);
CREATE POLICY read ON public.patrol FOR SELECT USING (district = ANY ((SELECT scope_districts('coordinator', 'supervisor', 'administrator', 'auditor'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person())::text);
CREATE POLICY insert ON public.patrol FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
CREATE POLICY change ON public.patrol FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
CREATE POLICY remove ON public.patrol FOR DELETE USING ((SELECT scope_everywhere('system')));
ALTER TABLE public.fix ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.fix TO wardline_web;
CREATE POLICY owner ON public.fix TO CURRENT_USER USING (true);
CREATE POLICY read ON public.fix FOR SELECT USING (district = ANY ((SELECT scope_districts('coordinator', 'supervisor', 'administrator', 'auditor'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
CREATE POLICY insert ON public.fix FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
CREATE POLICY change ON public.fix FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
CREATE POLICY remove ON public.fix FOR DELETE USING ((SELECT scope_everywhere('system')));
ALTER TABLE public.fix_quarantine ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.fix_quarantine TO wardline_web;
CREATE POLICY owner ON public.fix_quarantine TO CURRENT_USER USING (true);
CREATE POLICY read ON public.fix_quarantine FOR SELECT USING (EXISTS (SELECT FROM patrol AS one WHERE one.district = fix_quarantine.district AND one.id = fix_quarantine.patrol));
CREATE POLICY insert ON public.fix_quarantine FOR INSERT WITH CHECK (EXISTS (SELECT FROM patrol AS one WHERE one.district = fix_quarantine.district AND one.id = fix_quarantine.patrol));
CREATE POLICY change ON public.fix_quarantine FOR UPDATE USING ((SELECT scope_everywhere('system')));
CREATE POLICY remove ON public.fix_quarantine FOR DELETE USING ((SELECT scope_everywhere('system')));
ALTER TABLE public.coverage_line ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.coverage_line TO wardline_web;
CREATE POLICY owner ON public.coverage_line TO CURRENT_USER USING (true);
CREATE POLICY read ON public.coverage_line FOR SELECT USING (district = ANY ((SELECT scope_areas('coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'guard'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
CREATE POLICY insert ON public.coverage_line FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
CREATE POLICY change ON public.coverage_line FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
CREATE POLICY remove ON public.coverage_line FOR DELETE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
ALTER TABLE public.coverage_grid ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.coverage_grid TO wardline_web;
CREATE POLICY owner ON public.coverage_grid TO CURRENT_USER USING (true);
CREATE POLICY read ON public.coverage_grid FOR SELECT USING (district = ANY ((SELECT scope_areas('coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'guard'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
CREATE POLICY insert ON public.coverage_grid FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
CREATE POLICY change ON public.coverage_grid FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
CREATE POLICY remove ON public.coverage_grid FOR DELETE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
ALTER TABLE public.coverage_marker ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.coverage_marker TO wardline_web;
CREATE POLICY owner ON public.coverage_marker TO CURRENT_USER USING (true);
CREATE POLICY read ON public.coverage_marker FOR SELECT USING (district = ANY ((SELECT scope_areas('coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'guard'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
CREATE POLICY insert ON public.coverage_marker FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
CREATE POLICY change ON public.coverage_marker FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
CREATE POLICY remove ON public.coverage_marker FOR DELETE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND device = ANY ((SELECT scope_devices())::text[]));
ALTER TABLE public.field_batch ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.field_batch TO wardline_web;
CREATE POLICY owner ON public.field_batch TO CURRENT_USER USING (true);
CREATE POLICY read ON public.field_batch FOR SELECT USING (district = ANY ((SELECT scope_districts('coordinator', 'supervisor', 'administrator', 'auditor'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()));
CREATE POLICY insert ON public.field_batch FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()));
CREATE POLICY change ON public.field_batch FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()));
CREATE POLICY remove ON public.field_batch FOR DELETE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()));
ALTER TABLE public.field_track ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.field_track TO wardline_web;
CREATE POLICY owner ON public.field_track TO CURRENT_USER USING (true);
CREATE POLICY read ON public.field_track FOR SELECT USING (district = ANY ((SELECT scope_districts('coordinator', 'supervisor', 'administrator', 'auditor'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()));
CREATE POLICY insert ON public.field_track FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()));
CREATE POLICY change ON public.field_track FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()));
CREATE POLICY remove ON public.field_track FOR DELETE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()));
ALTER TABLE public.visit ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.visit TO wardline_web;
CREATE POLICY owner ON public.visit TO CURRENT_USER USING (true);
CREATE POLICY read ON public.visit FOR SELECT USING (district = ANY ((SELECT scope_areas('coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'guard'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()));
CREATE POLICY insert ON public.visit FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()));
CREATE POLICY change ON public.visit FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()));
CREATE POLICY remove ON public.visit FOR DELETE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()));
ALTER TABLE public.field_incident ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.field_incident TO wardline_web;
CREATE POLICY owner ON public.field_incident TO CURRENT_USER USING (true);
CREATE POLICY read ON public.field_incident FOR SELECT USING (district = ANY ((SELECT scope_districts('coordinator', 'supervisor', 'administrator', 'auditor'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()));
CREATE POLICY insert ON public.field_incident FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()));
CREATE POLICY change ON public.field_incident FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()));
CREATE POLICY remove ON public.field_incident FOR DELETE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()));
ALTER TABLE public.field_photo ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.field_photo TO wardline_web;
CREATE POLICY owner ON public.field_photo TO CURRENT_USER USING (true);
CREATE POLICY read ON public.field_photo FOR SELECT USING (district = ANY ((SELECT scope_districts('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator', 'auditor'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()) OR kind = 'incident' AND EXISTS (SELECT FROM incident AS one WHERE one.district = field_photo.district AND one.id = field_photo.subject));
CREATE POLICY insert ON public.field_photo FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()));
CREATE POLICY change ON public.field_photo FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()));
CREATE POLICY remove ON public.field_photo FOR DELETE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()));
ALTER TABLE public.field_file ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.field_file TO wardline_web;
CREATE POLICY owner ON public.field_file TO CURRENT_USER USING (true);
CREATE POLICY read ON public.field_file FOR SELECT USING (district = ANY ((SELECT scope_districts('grid_worker', 'guard', 'representative', 'coordinator', 'supervisor', 'administrator', 'auditor'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()) OR EXISTS (SELECT FROM field_photo AS one WHERE one.district = field_file.district AND one.person = field_file.person AND one.sha256 = field_file.sha256));
CREATE POLICY insert ON public.field_file FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()));
CREATE POLICY change ON public.field_file FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()));
CREATE POLICY remove ON public.field_file FOR DELETE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()));
ALTER TABLE public.quarantine ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.quarantine TO wardline_web;
CREATE POLICY owner ON public.quarantine TO CURRENT_USER USING (true);
CREATE POLICY read ON public.quarantine FOR SELECT USING (district = ANY ((SELECT scope_districts('coordinator', 'supervisor', 'administrator', 'auditor'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()));
CREATE POLICY insert ON public.quarantine FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()));
CREATE POLICY change ON public.quarantine FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()));
CREATE POLICY remove ON public.quarantine FOR DELETE USING (district = ANY ((SELECT scope_districts('coordinator', 'administrator'))::text[]) OR district = ANY ((SELECT scope_areas('grid_worker', 'guard', 'representative', 'coordinator', 'planner', 'reviewer', 'supervisor', 'administrator', 'auditor', 'reporter'))::text[]) AND person = (SELECT scope_person()));
ALTER TABLE public.idempotency_key ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.idempotency_key TO wardline_web;
CREATE POLICY owner ON public.idempotency_key TO CURRENT_USER USING (true);
CREATE POLICY read ON public.idempotency_key FOR SELECT USING (starts_with(key, (SELECT scope_actor()) || ' '));
CREATE POLICY insert ON public.idempotency_key FOR INSERT WITH CHECK (starts_with(key, (SELECT scope_actor()) || ' '));
CREATE POLICY change ON public.idempotency_key FOR UPDATE USING (starts_with(key, (SELECT scope_actor()) || ' '));
CREATE POLICY remove ON public.idempotency_key FOR DELETE USING ((SELECT scope_everywhere('system')));
ALTER TABLE public.fix_export ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.fix_export TO wardline_web;
CREATE POLICY owner ON public.fix_export TO CURRENT_USER USING (true);
CREATE POLICY read ON public.fix_export FOR SELECT USING (district = ANY ((SELECT scope_districts('coordinator', 'supervisor', 'administrator', 'auditor'))::text[]));
CREATE POLICY insert ON public.fix_export FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('coordinator', 'supervisor', 'administrator', 'auditor'))::text[]));
CREATE POLICY change ON public.fix_export FOR UPDATE USING (district = ANY ((SELECT scope_districts('coordinator', 'supervisor', 'administrator', 'auditor'))::text[]));
CREATE POLICY remove ON public.fix_export FOR DELETE USING ((SELECT scope_everywhere('system')));
ALTER TABLE public.fix_horizon ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.fix_horizon TO wardline_web;
CREATE POLICY owner ON public.fix_horizon TO CURRENT_USER USING (true);
CREATE POLICY read ON public.fix_horizon FOR SELECT USING ((SELECT scope_entered()));
CREATE POLICY insert ON public.fix_horizon FOR INSERT WITH CHECK ((SELECT scope_everywhere('system')));
CREATE POLICY change ON public.fix_horizon FOR UPDATE USING ((SELECT scope_everywhere('system')));
CREATE POLICY remove ON public.fix_horizon FOR DELETE USING ((SELECT scope_everywhere('system')));
ALTER TABLE public.retention_period ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.retention_period TO wardline_web;
CREATE POLICY owner ON public.retention_period TO CURRENT_USER USING (true);
CREATE POLICY read ON public.retention_period FOR SELECT USING (district = ANY ((SELECT scope_districts('administrator', 'auditor'))::text[]));
CREATE POLICY insert ON public.retention_period FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('administrator'))::text[]));
CREATE POLICY change ON public.retention_period FOR UPDATE USING (district = ANY ((SELECT scope_districts('administrator'))::text[]));
CREATE POLICY remove ON public.retention_period FOR DELETE USING (district = ANY ((SELECT scope_districts('administrator'))::text[]));
ALTER TABLE public.retention_run ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, DELETE ON public.retention_run TO wardline_web;
CREATE POLICY owner ON public.retention_run TO CURRENT_USER USING (true);
CREATE POLICY read ON public.retention_run FOR SELECT USING (district = ANY ((SELECT scope_districts('administrator', 'auditor'))::text[]));
CREATE POLICY insert ON public.retention_run FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('administrator'))::text[]));
CREATE POLICY remove ON public.retention_run FOR DELETE USING ((SELECT scope_everywhere('system')));
ALTER TABLE public.audit_entry ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON public.audit_entry TO wardline_web;
CREATE POLICY owner ON public.audit_entry TO CURRENT_USER USING (true);
CREATE POLICY read ON public.audit_entry FOR SELECT USING (district = ANY ((SELECT scope_districts('administrator', 'auditor', 'audit'))::text[]));
CREATE POLICY insert ON public.audit_entry FOR INSERT WITH CHECK (district = ANY ((SELECT scope_districts('audit'))::text[]));
ALTER TABLE public.audit_central ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON public.audit_central TO wardline_web;
CREATE POLICY owner ON public.audit_central TO CURRENT_USER USING (true);
CREATE POLICY read ON public.audit_central FOR SELECT USING ((SELECT scope_everywhere('administrator', 'auditor', 'audit')));
CREATE POLICY insert ON public.audit_central FOR INSERT WITH CHECK ((SELECT scope_everywhere('audit')));
ALTER TABLE public.person ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.person TO wardline_web;
CREATE POLICY owner ON public.person TO CURRENT_USER USING (true);
CREATE POLICY read ON public.person FOR SELECT USING (id = (SELECT scope_person()) OR (SELECT scope_holds('administrator', 'auditor')));
CREATE POLICY insert ON public.person FOR INSERT WITH CHECK ((SELECT scope_holds('administrator')));
CREATE POLICY change ON public.person FOR UPDATE USING (id = (SELECT scope_person()) OR (SELECT scope_holds('administrator')));
CREATE POLICY remove ON public.person FOR DELETE USING ((SELECT scope_everywhere('administrator')));
ALTER TABLE public.role_grant ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.role_grant TO wardline_web;
CREATE POLICY owner ON public.role_grant TO CURRENT_USER USING (true);
CREATE POLICY read ON public.role_grant FOR SELECT USING (person = (SELECT scope_person()) OR (SELECT scope_holds('administrator', 'auditor')));
CREATE POLICY insert ON public.role_grant FOR INSERT WITH CHECK ((SELECT scope_everywhere('administrator')) OR district = ANY ((SELECT scope_districts('administrator'))::text[]));
CREATE POLICY change ON public.role_grant FOR UPDATE USING ((SELECT scope_everywhere('administrator')) OR district = ANY ((SELECT scope_districts('administrator'))::text[]));
CREATE POLICY remove ON public.role_grant FOR DELETE USING ((SELECT scope_everywhere('administrator')) OR district = ANY ((SELECT scope_districts('administrator'))::text[]));
ALTER TABLE public.sign_in ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.sign_in TO wardline_web;
CREATE POLICY owner ON public.sign_in TO CURRENT_USER USING (true);
CREATE POLICY read ON public.sign_in FOR SELECT USING (person = (SELECT scope_person()) OR (SELECT scope_holds('administrator')));
CREATE POLICY insert ON public.sign_in FOR INSERT WITH CHECK (person = (SELECT scope_person()) OR (SELECT scope_holds('administrator')));
CREATE POLICY change ON public.sign_in FOR UPDATE USING (person = (SELECT scope_person()) OR (SELECT scope_holds('administrator')));
CREATE POLICY remove ON public.sign_in FOR DELETE USING (person = (SELECT scope_person()) OR (SELECT scope_holds('administrator')));
ALTER TABLE public.device ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.device TO wardline_web;
CREATE POLICY owner ON public.device TO CURRENT_USER USING (true);
CREATE POLICY read ON public.device FOR SELECT USING (code = ANY ((SELECT scope_devices())::text[]) OR (SELECT scope_holds('coordinator', 'administrator', 'auditor')));
CREATE POLICY insert ON public.device FOR INSERT WITH CHECK ((SELECT scope_holds('administrator')));
CREATE POLICY change ON public.device FOR UPDATE USING ((SELECT scope_holds('administrator')));
CREATE POLICY remove ON public.device FOR DELETE USING ((SELECT scope_holds('administrator')));
ALTER TABLE public.access_head ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.access_head TO wardline_web;
CREATE POLICY owner ON public.access_head TO CURRENT_USER USING (true);
CREATE POLICY read ON public.access_head FOR SELECT USING ((SELECT scope_entered()));
CREATE POLICY insert ON public.access_head FOR INSERT WITH CHECK ((SELECT scope_holds('administrator')));
CREATE POLICY change ON public.access_head FOR UPDATE USING ((SELECT scope_holds('administrator')));
CREATE POLICY remove ON public.access_head FOR DELETE USING ((SELECT scope_holds('administrator')));
GRANT SELECT ON public.alembic_version TO wardline_web;
