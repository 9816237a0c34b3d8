#!/usr/bin/env bash
# the_unit_is_strict.sh UNIT - what systemd-analyze says of the service: its exposure is not above what docs/operations.md states,
# and no line of it is one that systemd does not know.
# SKIP (77) where systemd-analyze is not, or is too old to judge a file.
set -euo pipefail
exposure_max=12 # tenths

command -v systemd-analyze >/dev/null || { echo "SKIP: no systemd-analyze"; exit 77; }
systemd-analyze --help | grep -q -- --offline || { echo "SKIP: systemd-analyze can't judge a file"; exit 77; }
systemd-analyze security --offline=true --no-pager --threshold=$exposure_max "$1" | tail -1
# Programs and users that this machine lacks are not the unit's fault.
said=$(systemd-analyze verify --man=no "$1" 2>&1 | grep -E "$(basename "$1")" | grep -vE 'is not executable|Failed to resolve' || true)
[ -z "$said" ] || { echo "$said" >&2; exit 1; }
