-- Let the times and the count of a patrol follow its fixes.
UPDATE patrol
SET fixes = fixes + %(count)s,
    started_at = least(started_at, %(first)s),
    ended_at = greatest(ended_at, %(last)s)
WHERE district = %(district)s AND id = %(id)s
