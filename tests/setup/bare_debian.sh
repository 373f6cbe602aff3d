#!/usr/bin/env bash
# Prove set-up in a bare Debian: a folder with nothing but Python 3, made with debootstrap. Run as root.
#
#   tests/setup/bare_debian.sh [SCENARIO…]         root, user, sudo; all of them by default
#
# root   as root: lint, tests of the cluster, the demo twice
# user   as an ordinary user: told the one command, which is then run; then the same as root's
# sudo   as a user with sudo without a password: nothing to be told
#
# FOLDER       where to work (a temporary folder, removed at the end; a folder that is named is kept)
# SUITE        Debian's release (bookworm)
# MIRROR       where packages come from (debootstrap knows one)
# COPY         paths of this machine to copy in, such as certificates or a pip.conf
# PASS         names of variables to pass in, such as https_proxy
# UNCOMMITTED  1 to prove the working tree as it is instead of its last commit
# TESTS        what ./wardline test is given (tests/service/cluster)
set -euo pipefail

checkout=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
suite=${SUITE:-bookworm}
mirror=${MIRROR:-}
read -r -a tests <<<"${TESTS:-tests/service/cluster}"
read -r -a copied <<<"${COPY:-}"
read -r -a passed <<<"${PASS:-}"
page=http://127.0.0.1:8077/

note() { printf '\n=== %s\n' "$*"; }
fail() {
    printf 'bare_debian: %s\n' "$*" >&2
    exit 1
}

[ "$(id -u)" -eq 0 ] || fail "run as root"
command -v debootstrap >/dev/null || fail "debootstrap is missing: apt-get install debootstrap"
if [ -n "${FOLDER:-}" ]; then
    folder=$FOLDER
    mkdir -p "$folder"
else
    folder=$(mktemp -d /var/tmp/bare-debian-XXXXXX)
    # Mounts live in namespaces that end with their commands, so nothing of this machine hangs below.
    trap 'rm -rf --one-file-system "$folder"' EXIT
fi

make_base() {
    [ ! -e "$folder/base/.made" ] || return 0
    note "Making a bare $suite"
    rm -rf --one-file-system "$folder/base"
    debootstrap --variant=minbase --include=python3 "$suite" "$folder/base" ${mirror:+"$mirror"} >"$folder/debootstrap.log" ||
        fail "debootstrap failed, see $folder/debootstrap.log"
    chroot "$folder/base" apt-get clean
    chroot "$folder/base" useradd --create-home --shell /bin/bash tester
    cp /etc/resolv.conf "$folder/base/etc/resolv.conf"
    local path
    for path in ${copied[@]+"${copied[@]}"}; do
        mkdir -p "$folder/base$(dirname "$path")"
        cp -aL "$path" "$folder/base$path"
    done
    touch "$folder/base/.made"
}

fresh() {
    # A new machine called $1 with a clone of the checkout for the account $2.
    root=$folder/$1
    local account=$2
    rm -rf --one-file-system "$root"
    cp -a "$folder/base" "$root"
    mkdir -p "$root/srv/root"
    clone_for "$account"
}

clone_for() {
    if [ "${UNCOMMITTED:-0}" = 1 ]; then
        mkdir -p "$root/srv/$1"
        git -C "$checkout" ls-files -z --cached --others --exclude-standard |
            tar -C "$checkout" --null --files-from=- --ignore-failed-read -cf - 2>/dev/null | tar -C "$root/srv/$1" -xf -
    else
        git clone --quiet --no-hardlinks "$checkout" "$root/srv/$1"
    fi
    chroot "$root" chown -R "$1:" "/srv/$1"
}

inside() {
    # Run the command line $2 as the account $1, in process and mount namespaces of its own.
    local account=$1 line=$2 name variables=()
    for name in ${passed[@]+"${passed[@]}"}; do
        [ -z "${!name:-}" ] || variables+=("$name=${!name}")
    done
    # shellcheck disable=SC2016 # expanded inside
    unshare --mount --pid --fork --kill-child bash -c '
        root=$1 account=$2 line=$3
        shift 3
        mount -t proc proc "$root/proc"
        mount -t sysfs -o ro sysfs "$root/sys"
        mkdir -p "$root/dev/shm" "$root/dev/pts"
        mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
        home=$(chroot "$root" sh -c "cd ~$account && pwd")
        exec chroot --userspec="$account:" --groups="" "$root" env -i HOME="$home" USER="$account" LANG=C.UTF-8 \
            PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@" \
            bash -euo pipefail -c "cd /srv/$account; $line"
    ' bash "$root" "$account" "$line" ${variables[@]+"${variables[@]}"}
}

visit='import os, sys, time, urllib.request
begun = time.monotonic()
while True:
    os.kill(int(sys.argv[2]), 0)  # fails once the door has ended
    try:
        with urllib.request.urlopen(sys.argv[1], timeout=60) as answer:
            print(f"{sys.argv[1]} answered {answer.status} after {time.monotonic() - begun:.1f} s")
            sys.exit(answer.status != 200)
    except OSError:
        time.sleep(0.2)'

demo_once() {
    # Start the demo, read its page, end it politely; the database must be gone afterwards.
    inside "$1" "
        ./wardline demo --no-browser --port 8077 & door=\$!
        python3 -c '$visit' $page \$door ||
            { wait \$door || echo \"the demo ended with \$?\"; exit 1; }
        kill -TERM \$door
        wait \$door || true
        ./wardline stop"
}

prove() {
    local account=$1
    note "$account: ./wardline test ${tests[*]}"
    inside "$account" "./wardline test ${tests[*]}"
    note "$account: ./wardline demo, from nothing"
    demo_once "$account"
    note "$account: ./wardline demo, the second time"
    demo_once "$account"
    note "$account: the door's own time, when everything is there"
    inside "$account" "time ./wardline stop --quiet"
    note "$account: ./wardline lint"
    inside "$account" "./wardline lint"
}

as_root() {
    fresh machine-of-root root
    prove root
}

as_user() {
    fresh machine-of-user tester
    note "tester: nothing is installed, so the command is named"
    local said told
    if said=$(inside tester "./wardline demo --no-browser 2>&1"); then
        fail "an ordinary user cannot install anything, but the demo ran"
    fi
    printf '%s\n' "$said"
    told=$(printf '%s\n' "$said" | sed -n 's/^ *Run: *//p')
    [ -n "$told" ] || fail "no command was named"
    note "root: $told"
    inside_root "${told//sudo /}"
    prove tester
}

inside_root() {
    inside root "export DEBIAN_FRONTEND=noninteractive; $1 >/dev/null" 2>&1 || fail "that command failed"
}

as_sudoer() {
    fresh machine-of-sudoer tester
    note "root: apt-get install sudo"
    inside_root "apt-get update -q && apt-get install -y -q --no-install-recommends sudo"
    echo "tester ALL=(ALL) NOPASSWD: ALL" >"$root/etc/sudoers.d/tester"
    chmod 0440 "$root/etc/sudoers.d/tester"
    note "tester with sudo: ./wardline demo, from nothing"
    demo_once tester
    [ -z "$(ls "$root/etc/postgresql" 2>/dev/null)" ] || fail "Debian made a cluster of its own"
}

make_base
[ $# -gt 0 ] || set -- root user sudo
for scenario in "$@"; do
    case $scenario in
        root) as_root ;;
        user) as_user ;;
        sudo) as_sudoer ;;
        *) fail "no scenario is called $scenario: root, user, sudo" ;;
    esac
    [ -n "${FOLDER:-}" ] || rm -rf --one-file-system "${root:?}"
done
note "Set-up is proven: $*"
