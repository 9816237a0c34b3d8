#!/bin/sh
# session_layers.sh - promise: the parts of the SDK's session call one another in one direction only.
# Reads the symbols of the library's objects; files of one layer may not call each other either. Not a judge of what they include.
# usage: session_layers.sh LIBRARY.a
set -eu
library=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# From the bottom: a file's name and its layer.
cat >"$work/layers" <<'LAYERS'
session_effect 1
session_connection 2
session_queue 3
session_sign 3
session_ask 4
session_blob 4
session_permission 4
session_receipt 4
session_publish 5
session_receive 5
session 6
LAYERS

# "file symbol" of what each object defines and of what it needs; archives name their members file.c.o.
symbols() { nm -A "$@" "$library" | sed -n 's/^[^:]*:\([a-z_]*\)\.c\.o:.* \([A-Za-z_0-9]*\)$/\1 \2/p'; }
symbols -g --defined-only >"$work/defined"
symbols -u >"$work/needed"
awk -v layers="$work/layers" -v defined="$work/defined" '
    BEGIN {
        while ((getline line <layers) > 0) { split(line, part, " "); layer[part[1]] = part[2]; known++ }
        while ((getline line <defined) > 0) { split(line, part, " "); if (part[1] in layer) home[part[2]] = part[1]; else unknown[part[1]] }
        for (file in unknown) { print file ".c has no layer in this test"; wrong = 1 }
    }
    $2 in home {
        calls++
        if (layer[home[$2]] >= layer[$1]) { print $1 ".c calls up: " $2 " of " home[$2] ".c"; wrong = 1 }
    }
    END {
        if (calls < 20) { print "the library was not understood: " calls + 0 " calls between files"; wrong = 1 }
        if (wrong) exit 1
        print calls " calls between " known " files, all of them downwards"
    }' "$work/needed"
