#!/usr/bin/env bash
# run_page.sh PAGE PROGRAMS WORK - the examples of a page do what it says: each ```sh block behind "<!-- run -->" is run, in order.
# In an empty folder, with the programs of this build first on the path; the first command that fails ends it.
set -euo pipefail
page=$1 programs=$2 work=$3

rm -rf "$work"
mkdir -p "$work"
awk '
    /^<!-- run -->$/ { wanted = 1; next }
    wanted && /^```sh$/ { inside = 1; wanted = 0; blocks++; print "printf \"== block " blocks "\\n\""; next }
    inside && /^```$/ { inside = 0; next }
    inside
    END { print "echo \"ran " blocks + 0 " blocks\""; if (blocks == 0) exit 1 }' "$page" >"$work/page.sh"
cd "$work"
PATH=$programs:$PATH bash -euo pipefail page.sh
