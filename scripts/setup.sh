#!/usr/bin/env bash
# Makes the Python environment of the project: setup.sh <python> <folder>.
# A finished environment carries a copy of the lock file it was made from.
set -euo pipefail
python=$1
venv=$2

if cmp --silent requirements.lock "$venv/.requirements.lock"; then
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

echo "Setting up Python packages in $venv (once, about two minutes)"
"$python" -m venv --clear "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    --require-hashes --requirement requirements.lock
cp requirements.lock "$venv/.requirements.lock"
