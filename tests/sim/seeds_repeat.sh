#!/bin/sh
# seeds_repeat.sh - runs a few seeds in two processes and compares the hashes of their traces.
# Usage: seeds_repeat.sh TRUC_SIM.
set -eu
first=$("$1" --seed 1 --runs 12 --traces)
second=$("$1" --seed 1 --runs 12 --traces)
echo "$first"
[ "$first" = "$second" ] || { echo "a seed gave two traces:"; echo "$second"; exit 1; }
