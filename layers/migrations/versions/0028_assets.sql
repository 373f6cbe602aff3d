-- Incidents that are about a marker. A copy of what the code declares; tests hold that both give the same.
ALTER TABLE public.incident ADD COLUMN asset text;
CREATE INDEX ix_incident_district_asset ON public.incident (district, asset);
