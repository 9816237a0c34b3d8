#!/bin/sh
# seeds_of_this_commit.sh - runs the simulation for some seconds on seeds derived from the commit being tested, and prints them.
# Usage: seeds_of_this_commit.sh TRUC_SIM CHECKOUT SECONDS. Outside a git checkout the seeds come from the version.
set -eu
commit=$(git -C "$2" rev-parse HEAD 2>/dev/null || echo truc-0.1.0)
echo "seeds of $commit"
exec "$1" --from "$commit" --seconds "$3"
