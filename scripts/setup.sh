#!/usr/bin/env bash
# Makes a Python environment: setup.sh <python> <folder> <lock file> [<library>].
#
# <folder> is a link to <folder>-<digits>, where the digits follow from the lock file and from Python's
# version. For another lock file another environment is made beside the one that is there, and once it
# is whole the link is turned: what runs in the former one goes on in it, and a set-up that is killed
# changes nothing. A whole environment carries a copy of its lock file. With the folder of a library,
# Python finds `nnrepro` there, and the environment has the command of that name.
set -euo pipefail
python=$1
venv=$2
lock=$3
library=${4:-}

is_whole() {
    cmp --silent "$lock" "$1/.requirements.lock"
}

offer_library() { # of an environment; another library that it offers stays, if it is still there
    local packages line
    packages=$(echo "$1"/lib/python3*/site-packages)
    line=$packages/nnrepro.pth
    if [ -z "$library" ] || [[ -x $1/bin/nnrepro && -d $(cat "$line" 2>/dev/null) ]]; then
        return
    fi
    echo "$library" >"$line.$$"
    cat >"$1/bin/nnrepro.$$" <<'COMMAND'
#!/bin/sh
exec "$(dirname "$(readlink -f "$0")")/python" -m nnrepro "$@"
COMMAND
    chmod +x "$1/bin/nnrepro.$$"
    mv "$line.$$" "$line"
    mv "$1/bin/nnrepro.$$" "$1/bin/nnrepro"
}

if is_whole "$venv"; then
    offer_library "$venv"
    touch "$venv/.requirements.lock" # make compares times, a fresh clone's are new
    exit
fi

"$python" - <<'CHECK'
import sys

if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    sys.exit(
        f"nnrepro needs Python 3.11, 3.12 or 3.13; {sys.executable} is {sys.version.split()[0]}. "
        "Name another one: make PYTHON=python3.12 ..."
    )
CHECK

if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    # Debian ships these in a package of their own.
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq && apt-get install -y -qq python3-venv
    else
        echo "Python's venv module is missing; on Debian: sudo apt-get install python3-venv" >&2
        exit 1
    fi
fi

# One set-up at a time. The kernel ends the lock with the last process that holds it, pip among them.
exec 9>"$venv.lock"
flock --nonblock --conflict-exit-code 9 9 || {
    if [ $? = 9 ]; then
        echo "waiting: another process is setting up $venv" >&2
        flock 9
    else
        echo "$venv.lock cannot be locked here; do not set up twice at once" >&2
    fi
}
if is_whole "$venv"; then
    exit
fi

version=$("$python" -c 'import sys; print(sys.version, sys.base_prefix)')
digits=$({ cat "$lock" && echo "$version"; } | sha256sum | cut --characters=-12)
new="$venv-$digits"
if ! is_whole "$new"; then
    for left in "$venv"-*; do # by set-ups that were killed
        if [[ $left =~ -[0-9a-f]{12}$ && ! -e $left/.requirements.lock ]]; then
            rm -rf "$left"
        fi
    done
    echo "Setting up Python packages in $venv (once, about two minutes)"
    "$python" -m venv --clear "$new"
    "$new/bin/python" -m pip install --quiet --disable-pip-version-check \
        --require-hashes --requirement "$lock"
    offer_library "$new"
    cp "$lock" "$new/.requirements.lock.part"
    mv "$new/.requirements.lock.part" "$new/.requirements.lock"
fi

former=""
if [ -L "$venv" ]; then
    former=$(readlink "$venv")
elif [ -e "$venv" ]; then # a folder, of a time before there were links
    former="$(basename "$venv")-former-$(date +%s)"
    mv --no-target-directory "$venv" "$(dirname "$venv")/$former"
fi
ln --symbolic --force --no-dereference "$(basename "$new")" "$venv-link"
mv --no-target-directory "$venv-link" "$venv"
touch "$venv/.requirements.lock"
if [[ $former == "$(basename "$venv")"-* && -d $(dirname "$venv")/$former ]]; then
    echo "What runs in the former environment goes on in it; when nothing does: rm -r $(dirname "$venv")/$former"
fi
