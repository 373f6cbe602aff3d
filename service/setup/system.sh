# shellcheck shell=bash
# What must come from the system: Python with venv, PostgreSQL with PostGIS; Pango and CJK fonts for documents as PDF; Chromium, what
# drives it, curl and FUSE for the tests.
# Sourced by ./wardline.

oldest_postgres=15

find_python() {
    # The newest need not be the best tested one, so the system's own python3 comes first.
    local name
    for name in python3 python3.11 python3.12 python3.13 python3.14 python; do
        if command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    return 1
}

has_venv() {
    "$1" -c 'import ensurepip, venv' 2>/dev/null
}

has_postgis() {
    [ -z "${WARDLINE_DATABASE_URL:-}" ] || return 0
    [ -z "${WARDLINE_POSTGRES_BIN:-}" ] || return 0
    local folder version
    # Debian and Ubuntu, the RPMs of the PostgreSQL project
    for folder in /usr/share/postgresql/*/extension /usr/pgsql-*/share/extension; do
        [ -e "$folder/postgis.control" ] || continue
        version=${folder#/usr/share/postgresql/}
        version=${version#/usr/pgsql-}
        version=${version%%/*}
        [ "$version" -ge "$oldest_postgres" ] 2>/dev/null || continue
        if [ -x "/usr/lib/postgresql/$version/bin/postgres" ] || [ -x "/usr/pgsql-$version/bin/postgres" ]; then
            return 0
        fi
    done
    # Homebrew, Fedora
    for folder in /opt/homebrew/opt/postgresql@*/share/postgresql*/extension \
        /usr/local/opt/postgresql@*/share/postgresql*/extension /usr/share/pgsql/extension; do
        [ -e "$folder/postgis.control" ] && return 0
    done
    return 1
}

has_chromium() {
    local name
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        command -v "$name" >/dev/null && return 0
    done
    return 1
}

has_cjk_fonts() {
    local file
    [ "$(uname -s)" = Linux ] || return 0
    for file in /usr/share/fonts/*/*/*CJK* /usr/share/fonts/*/*CJK* /usr/share/fonts/*cjk*/*; do
        [ -e "$file" ] && return 0
    done
    return 1
}

has_library() {
    local folder
    [ "$(uname -s)" = Linux ] || return 0
    for folder in /lib/* /usr/lib/* /usr/lib64 /usr/lib; do
        [ -e "$folder/$1" ] && return 0
    done
    return 1
}

has_libatomic() {
    # The program that drives the browser is linked to it, and Chromium itself is not.
    has_library libatomic.so.1
}

has_pango() {
    # Lays out text; Homebrew has it where the library is found by its own name.
    [ "$(uname -s)" = Linux ] || [ -e /opt/homebrew/lib/libpango-1.0.dylib ] || [ -e /usr/local/lib/libpango-1.0.dylib ] || return 1
    has_library libpangoft2-1.0.so.0
}

has_fuse() {
    # What the power cuts are made with; where the kernel has no FUSE, or a container no device, there are none.
    [ -e /dev/fuse ] || return 0
    command -v fusermount3 >/dev/null
}

missing_packages() {
    # Print the Debian packages that the needs ($2…) lack, for the Python $1; empty where all is there.
    local python=$1 need packages=""
    shift
    if ! has_venv "$python"; then
        if [ "$(command -v python3)" = "$python" ]; then
            packages="$packages python3-venv"
        else
            packages="$packages ${python##*/}-venv"
        fi
    fi
    for need in "$@"; do
        case $need in
            database) has_postgis || packages="$packages postgresql-postgis" ;;
            documents)
                has_pango || packages="$packages libpangoft2-1.0-0"
                has_cjk_fonts || packages="$packages fonts-noto-cjk"
                ;;
            browser)
                has_chromium || packages="$packages chromium"
                has_libatomic || packages="$packages libatomic1"
                ;;
            curl) command -v curl >/dev/null || packages="$packages curl" ;;
            power) has_fuse || packages="$packages fuse3" ;;
        esac
    done
    printf '%s' "${packages# }"
}

needs_installing() {
    [ -n "$(missing_packages "$@")" ]
}

can_install() {
    [ "$(id -u)" -eq 0 ] || { command -v sudo >/dev/null && sudo -n true 2>/dev/null; }
}

as_root() {
    # Without the lock of descriptor 9: a package may start a server that stays.
    if [ "$(id -u)" -eq 0 ]; then
        env DEBIAN_FRONTEND=noninteractive UCF_FORCE_CONFFOLD=1 "$@" 9>&-
    else
        sudo -n env DEBIAN_FRONTEND=noninteractive UCF_FORCE_CONFFOLD=1 "$@" 9>&-
    fi
}

keep_debian_from_making_a_cluster() {
    # Must happen before the server's package comes: otherwise Debian makes and starts a cluster of its own.
    # An administrator's own word on it stays.
    # shellcheck disable=SC2016 # expanded by the inner shell
    as_root sh -c 'file=/etc/postgresql-common/createcluster.conf
        mkdir -p /etc/postgresql-common
        grep -qs "^[[:space:]]*create_main_cluster" "$file" || echo "create_main_cluster = false" >>"$file"'
}

apt_install() {
    local packages=$1
    say "Reading the package lists (apt-get update)."
    run_step as_root apt-get update -q
    case " $packages " in
        *" postgresql-postgis "*)
            require_recent_postgres
            say "Telling Debian not to make a database cluster of its own."
            run_step keep_debian_from_making_a_cluster
            ;;
    esac
    say "Installing from the system's packages: $packages."
    # shellcheck disable=SC2086 # a list of words
    run_step as_root apt-get install -y -q --no-install-recommends -o Dpkg::Options::=--force-confold \
        -o DPkg::Lock::Timeout=300 $packages
}

require_recent_postgres() {
    local version
    version=$(apt-cache depends postgresql-postgis 2>/dev/null | sed -n 's/.*Depends: postgresql-\([0-9]*\)-postgis.*/\1/p' | head -n 1)
    if [ "${version:-0}" -lt "$oldest_postgres" ]; then
        refuse "This system's packages have PostgreSQL ${version:-without PostGIS}; $oldest_postgres or later is needed." \
            "Add the PostgreSQL project's own packages (https://wiki.postgresql.org/wiki/Apt), run" \
            "docker compose up, or set WARDLINE_DATABASE_URL to a PostGIS database that you have."
    fi
}

refuse_system() {
    # Name the one command for this system. $1: packages by their Debian names.
    local packages=$1 command
    if command -v apt-get >/dev/null; then
        command="sudo apt-get update && sudo apt-get install -y --no-install-recommends $packages"
    elif command -v brew >/dev/null; then
        command="brew install postgresql@17 postgis"
        case $packages in *pango*) command="$command pango" ;; esac
        case $packages in *chromium*) command="$command && brew install --cask chromium" ;; esac
    elif command -v dnf >/dev/null; then
        packages=$(printf '%s' "$packages" | sed -e 's/postgresql-postgis/postgresql-server postgis/' \
            -e 's/fonts-noto-cjk/google-noto-sans-cjk-fonts/' -e 's/libatomic1/libatomic/' -e 's/libpangoft2-1.0-0/pango/' -e 's/[^ ]*-venv/python3/')
        command="sudo dnf install -y $packages"
    else
        command="docker compose up"
    fi
    set -- "Run:  $command" "and then the same ./wardline command again."
    case $packages in
        *postgis*) set -- "$@" "Or set WARDLINE_DATABASE_URL=postgresql://… to a PostGIS database that you have, or use docker compose up." ;;
    esac
    refuse "This machine lacks what only its administrator can install: $packages." "$@"
}

can_do_without() {
    local package
    for package in $1; do
        case $package in chromium | fonts-noto-cjk | libpangoft2-1.0-0 | libatomic1 | curl | fuse3) ;; *) return 1 ;; esac
    done
}

install_packages() {
    # Install what the needs ($2…) lack, for the Python $1.
    local packages
    packages=$(missing_packages "$@")
    [ -n "$packages" ] || return 0
    if command -v apt-get >/dev/null && can_install; then
        apt_install "$packages"
        packages=$(missing_packages "$@")
        [ -z "$packages" ] || refuse "After the installation these are still missing: $packages." \
            "Please report it with $state/setup.log."
        return 0
    fi
    if can_do_without "$packages"; then
        say "Without $packages documents as PDF cannot be made, or some tests cannot pass; an administrator can install them."
        return 0
    fi
    refuse_system "$packages"
}
