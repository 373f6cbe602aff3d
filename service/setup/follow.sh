#!/usr/bin/env bash
# A streaming replica: copies the server $1 as the role $2 the first time, then follows it;
# what else is given are options of the server.
set -euo pipefail
host=$1
role=$2
shift 2
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    # Beside its place, then renamed, so that an interrupted copy is begun anew.
    rm -rf "$PGDATA/copying"
    mkdir -p "$PGDATA"
    slot=replica_$(hostname | tr -c 'a-z0-9\n' '_')
    pg_basebackup --host="$host" --username="$role" --pgdata="$PGDATA/copying" --checkpoint=fast --wal-method=stream \
        --create-slot --slot="$slot" --write-recovery-conf
    find "$PGDATA/copying" -mindepth 1 -maxdepth 1 ! -name PG_VERSION -exec mv -t "$PGDATA" {} +
    mv "$PGDATA/copying/PG_VERSION" "$PGDATA/"
    rmdir "$PGDATA/copying"
fi
chmod 0700 "$PGDATA"
exec postgres -D "$PGDATA" "$@"
