#!/bin/sh
# Promise: the core does no I/O. Links it with just those objects of its libraries that it reaches, and compares what
# still comes from outside with an allow-list: no socket, file, clock, random number or thread is on it.
# usage: core_is_pure.sh ALLOWED CORE.a LIBRARY.a...
set -eu
allowed=$1 core=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

ld -r -o "$work/core.o" --whole-archive "$core" --no-whole-archive --start-group "$@" --end-group
# What the compiler adds by itself: stack guards, fortified forms of allowed functions, sanitizers, coverage.
nm -u "$work/core.o" | awk '{ print $2 }' | grep -vE '^(__(a|ub|t)san_|__sanitizer_|__gcov_|__stack_chk_fail$|_GLOBAL_OFFSET_TABLE_$)' |
    sed -E 's/^__(.*)_chk$/\1/; s/^__isoc(99|23)_//' | sort -u >"$work/used"
sed 's/ *#.*//; /^$/d' "$allowed" | sort -u >"$work/allowed"
comm -23 "$work/used" "$work/allowed" >"$work/extra"
if [ -s "$work/extra" ]; then
    echo "the core reaches functions outside of $allowed:"
    sed 's/^/    /' "$work/extra"
    exit 1
fi
echo "the core reaches $(wc -l <"$work/used") outside functions, all of them allowed"
