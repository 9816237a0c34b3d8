# ends.sh - for the tests of how a connector's program ends: its command line and its files, without a bus.
# Sourced with $program set; leaves $work, a folder of the test's own, and $failed for its exit.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# ends STATUS TEXT ARGUMENT...: that status, and the text in what it prints.
ends() {
    status=0 wanted=$1 text=$2
    shift 2
    "$program" "$@" >"$work/output" 2>&1 </dev/null || status=$?
    if [ "$status" -ne "$wanted" ] || ! grep -qF -- "$text" "$work/output"; then
        echo "${program##*/} $*: status $status (not $wanted), or no '$text' in:"
        cat "$work/output"
        failed=1
    fi
}

# wrong CONNECTOR TEXT LINE...: an adapter file of that connector with these lines is refused with that text; wants $descriptors.
wrong() {
    connector=$1 text=$2
    shift 2
    { printf 'adapter: tester\nconnector: %s\ntitle: Thử\n' "$connector"; printf '%s\n' "$@"; } >"$work/adapter.yaml"
    ends 2 "$text" --check "$work/adapter.yaml" --schemas "$descriptors"
}
