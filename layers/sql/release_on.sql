-- The release in force on a day of the first partition that has one: the partition's code and the release's id.
SELECT layer.code, release.id
FROM layer
CROSS JOIN LATERAL (
    SELECT id
    FROM release
    WHERE release.district = layer.district AND release.layer = layer.code AND release.effective_on <= %(day)s
    ORDER BY effective_on DESC, number DESC
    LIMIT 1
) AS release
WHERE layer.district = %(district)s AND layer.kind = 'partition'
ORDER BY -layer.priority, layer.code
LIMIT 1
