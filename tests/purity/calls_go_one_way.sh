#!/bin/sh
# calls_go_one_way.sh - promise: files of a library do not call each other in a circle, so each can be read after those it uses.
# Reads the symbols of the library's objects, not what they include; calls through a pointer are none.
# usage: calls_go_one_way.sh LIBRARY.a...
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# "symbol file" of what each object defines and of what it needs; archives name their members file.c.o.
symbols() { nm -A "$@" | sed -n 's/^[^:]*:\([a-z0-9_]*\)\.c\.o:.* \([A-Za-z_0-9]*\)$/\2 \1/p' | sort; }
for library; do
    symbols -g --defined-only "$library" >"$work/defined"
    symbols -u "$library" >"$work/needed.all"
    # A file without a function of its own is a table: it points and calls nothing. Instrumentation adds functions (_sub_…) to each.
    nm -A "$library" | sed -n 's/^[^:]*:\([a-z0-9_]*\)\.c\.o:.* [Tt] \([A-Za-z].*\)$/\1/p' | sort -u >"$work/callers"
    awk 'NR == FNR { calls[$1] = 1; next } $2 in calls' "$work/callers" "$work/needed.all" >"$work/needed"
    join "$work/needed" "$work/defined" | awk '$2 != $3 { print $2, $3 }' | sort -u >"$work/calls"
    if ! [ -s "$work/calls" ]; then
        echo "$library was not understood: no file of it calls another"
        exit 1
    fi
    if ! tsort "$work/calls" >/dev/null 2>"$work/circles"; then
        echo "files of $library call each other in a circle:"
        sed 's/^tsort: //; s/^.*input contains a loop:$/circle/; /^circle/!s/^/    /' "$work/circles"
        exit 1
    fi
    echo "$(basename "$library"): $(wc -l <"$work/calls") arrows between files, none in a circle"
done
