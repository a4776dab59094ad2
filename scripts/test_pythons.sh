#!/usr/bin/env bash
# Runs tests that need no TensorFlow, and plans the report of the shipped archive, on every other Python that is supported and installed:
# test_pythons.sh <uv> <python that all tests run on> <folder for environments> <lock file>.
#
# Pythons are looked for on the PATH and among pyenv's. One that is broken, and a package index that
# cannot be reached, are told in a line and fail nothing; a package that a Python cannot have fails.
set -euo pipefail
uv=$1
tested=$2
folder=$3
lock=$4
TESTS=(tests/study tests/claims tests/document)
# What those tests do without, and what is large.
LARGE='tensorflow|libclang|grpcio|h5py|ruff|mypy|playwright|axe-playwright-python'

version_of() { # of a Python that has what an environment needs, else nothing
    "$1" -c 'import ctypes, sqlite3, ssl, sys, zlib; print("%d.%d" % sys.version_info[:2])' 2>/dev/null
}

find_python() { # a whole one of a version
    local place
    for place in $(type -aP "python$1" || true) "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$1".*/bin/python; do
        if [ -x "$place" ] && [ "$(version_of "$place")" = "$1" ]; then
            echo "$place"
            return
        fi
    done
}

set_up() { # an environment of a Python; a whole one carries a copy of its lock
    local python=$1 place=$2
    if cmp --silent "$2.lock" "$2/.requirements.lock"; then
        return
    fi
    "$uv" venv --quiet --clear --python "$python" "$place" &&
        "$uv" pip install --quiet --python "$place/bin/python" --no-deps --require-hashes --requirement "$2.lock" &&
        cp "$2.lock" "$place/.requirements.lock"
}

test_on() {
    local version=$1 python=$2 place=$folder/$1
    {
        awk -v large="^($LARGE)==" '/^[A-Za-z0-9]/ { kept = $1 !~ large } kept' "$lock" >"$place.lock"
        if ! set_up "$python" "$place" 2>"$place.errors"; then
            cat "$place.errors"
            if grep -qiE 'failed to fetch|error sending request|timed out|dns error|connect' "$place.errors"; then
                echo "Python $version: not tested, its packages could not be fetched"
                return 0
            fi
            echo "Python $version: its packages cannot be installed"
            return 1
        fi
        "$place/bin/python" -m pytest -p no:cacheprovider -m "not slow" "${TESTS[@]}" &&
            "$place/bin/python" -m snakemake --dry-run --quiet all --config archive=archive results="$place.results" &&
            echo "Python $version ($python): the tests that need no TensorFlow pass"
    } >"$place.log" 2>&1
}

mkdir -p "$folder"
declare -A jobs
for version in 3.11 3.12 3.13; do
    [ "$(version_of "$tested")" != "$version" ] || continue
    python=$(find_python "$version")
    if [ -z "$python" ]; then
        echo "Python $version: not tested, no whole one is installed"
        continue
    fi
    test_on "$version" "$python" &
    jobs[$version]=$!
done

failed=0
for version in "${!jobs[@]}"; do
    if wait "${jobs[$version]}"; then
        tail -n 3 "$folder/$version.log"
    else
        cat "$folder/$version.log"
        failed=1
    fi
done
exit $failed
