-- Incidents that are one: merged, and followed by several reporters, each with a receipt. A copy of what the code
-- declares; tests hold that both give the same.
ALTER TABLE public.incident ADD COLUMN merged_into uuid;
CREATE INDEX ix_incident_district_merged_into ON public.incident (district, merged_into);
ALTER TABLE public.incident_receipt DROP CONSTRAINT pk_incident_receipt;
ALTER TABLE public.incident_receipt ADD CONSTRAINT pk_incident_receipt PRIMARY KEY (district, incident, digest);
