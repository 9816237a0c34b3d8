#!/usr/bin/env bash
# programs_are_hardened.sh PROGRAM|LIBRARY... - what the compiler and linker must have left in each, read from its ELF headers:
# placed anywhere, relocations read-only and done at the start, no page both written and run, no stack that runs.
# And that a stack is guarded, which -fstack-protector-strong leaves as a symbol.
set -euo pipefail
failed=0

expect() { # FILE WHAT TEXT PATTERN
    grep -Eq -- "$4" <<<"$3" && return
    echo "$1: $2" >&2
    failed=1
}

refuse() { # FILE WHAT TEXT PATTERN
    ! grep -Eq -- "$4" <<<"$3" && return
    echo "$1: $2" >&2
    failed=1
}

[ $# -gt 0 ] || { echo "no files" >&2; exit 2; }
for file in "$@"; do
    head=$(readelf -hW "$file") segments=$(readelf -lW "$file") dynamic=$(readelf -dW "$file") symbols=$(readelf --dyn-syms -W "$file")
    expect "$file" "is not position-independent" "$head" 'Type: +DYN'
    expect "$file" "has no read-only relocations" "$segments" 'GNU_RELRO'
    expect "$file" "binds functions late" "$dynamic" 'BIND_NOW|FLAGS_1.*NOW'
    expect "$file" "does not say that its stack does not run" "$segments" 'GNU_STACK.* RW +0x'
    refuse "$file" "has a segment that can be written and run" "$segments" 'LOAD.* RWE '
    refuse "$file" "changes its code at the start" "$dynamic" 'TEXTREL'
    expect "$file" "has unguarded stacks" "$symbols" '__stack_chk_fail'
done
exit $failed
