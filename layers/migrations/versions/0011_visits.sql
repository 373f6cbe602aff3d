-- Visits of units and markers say who, and what was seen says how sure that is. A copy of what the code declares; tests
-- hold that both give the same.
ALTER TABLE public.coverage_line
    ADD COLUMN band smallint NOT NULL DEFAULT 0,
    ADD CONSTRAINT ck_coverage_line_band CHECK (band BETWEEN -1 AND 1);
ALTER TABLE public.coverage_line ALTER COLUMN band DROP DEFAULT;
ALTER TABLE public.coverage_grid ADD COLUMN person text;
ALTER TABLE public.coverage_marker ADD COLUMN person text;
