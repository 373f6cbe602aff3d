-- Where the fixes of one delivery arrive; NaN stands for what the device did not record.
CREATE TEMPORARY TABLE IF NOT EXISTS fix_stage (
    at timestamptz NOT NULL,
    lon_e7 int NOT NULL,
    lat_e7 int NOT NULL,
    part int NOT NULL,
    seq int NOT NULL,
    accuracy_m real NOT NULL,
    speed_ms real NOT NULL,
    course real NOT NULL
) ON COMMIT DROP
