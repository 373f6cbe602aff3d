#!/bin/sh
# Runs once, when the database image has made its cluster: a replica in the same network may follow it.
set -eu
echo "host replication ${POSTGRES_USER:?} samenet scram-sha-256" >>"${PGDATA:?}/pg_hba.conf"
