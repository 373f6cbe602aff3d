# shellcheck shell=bash
# How set-up talks, and the lock that keeps two set-ups apart. Sourced by ./wardline.

quiet=${quiet:-0}

say() {
    # One line a step, on the error stream: a command's output stays clean for pipes.
    [ "$quiet" -eq 1 ] || printf '· %s\n' "$*" >&2
}

refuse() {
    # What is wrong; the further arguments, one a line, how to mend it.
    printf 'wardline: %s\n' "$1" >&2
    shift
    while [ $# -gt 0 ]; do
        printf '  %s\n' "$1" >&2
        shift
    done
    exit 1
}

run_step() {
    # Run a command whose words matter only when it fails. It inherits the lock of descriptor 9, so that a pip that
    # outlives a killed door still keeps the next one waiting.
    local log=$state/setup.log
    if ! "$@" >"$log" 2>&1; then
        tail -n 25 "$log" >&2
        refuse "This step failed: $*" "The whole output is in $log. Running the same command again resumes."
    fi
}

lock_setup() {
    # The lock belongs to the open file, so it outlives the Python that takes it and ends with this script.
    mkdir -p "$state"
    exec 9>>"$state/setup.lock"
    local wait='import fcntl, sys
try:
    fcntl.flock(9, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    print("· Another ./wardline is setting up; waiting for it.", file=sys.stderr)
    fcntl.flock(9, fcntl.LOCK_EX)'
    "$1" -c "$wait"
}

unlock_setup() {
    exec 9>&-
}
