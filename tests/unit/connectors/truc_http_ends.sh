#!/bin/sh
# truc_http_ends.sh - promise: truc-http ends with the status that docs/connector-http.md names, and says what is wrong and where.
# The program without a bus: its command line, its files, its golden cases. What it does while it runs is test_flow's matter.
# usage: truc_http_ends.sh TRUC-HTTP ADAPTERS/SYSTEMS DESCRIPTORS
set -eu
program=$1 systems=$2 descriptors=$3
. "$(dirname "$0")/ends.sh"

portal=$systems/portal/adapter.yaml
ends 0 'no mistakes; accepts' --check "$portal" --schemas "$descriptors"
ends 0 'ok ' --adapter "$portal" --schemas "$descriptors" --cases "$systems/portal/cases"

# The command line.
ends 2 '--adapter (or --check) and --schemas are needed' --schemas "$descriptors"
ends 2 '--settings is needed to run' --adapter "$portal" --schemas "$descriptors"
ends 2 '--set wants KEY=VALUE' --check "$portal" --schemas "$descriptors" --set far-side.url
ends 2 'imagined' --imagined

# Files that are not there, or not what they should be.
ends 2 "$work/none" --check "$portal" --schemas "$work/none"
ends 2 "$work/none.yaml" --check "$work/none.yaml" --schemas "$descriptors"
: >"$work/empty"
ends 2 'the descriptor set is empty' --check "$portal" --schemas "$work/empty"
ends 2 'empty' --check "$work/empty" --schemas "$descriptors"
ends 2 "$work/none" --adapter "$portal" --schemas "$descriptors" --settings "$work/none"
{ cat "$portal"; echo 'imagined: true'; } >"$work/unknown.yaml"
ends 2 'imagined' --check "$work/unknown.yaml" --schemas "$descriptors"

# Golden cases that fail: trouble, whether the answer differs or the case itself is none.
mkdir "$work/differs" "$work/wrong"
case=$(ls "$systems/portal/cases/"*.json | head -n 1)
sed 's/"status": *[0-9]*/"status": 299/' "$case" >"$work/differs/differs.json"
ends 1 'FAILED' --adapter "$portal" --schemas "$descriptors" --cases "$work/differs"
echo '{"title": "nothing is given", "given": {}, "expect": {}}' >"$work/wrong/wrong.json"
ends 1 'the case is wrong' --adapter "$portal" --schemas "$descriptors" --cases "$work/wrong"

exit "$failed"
