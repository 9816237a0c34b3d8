#!/bin/sh
# truc_exec_ends.sh - promise: truc-exec refuses a wrong adapter file by place and hint, and a case that differs.
# The program without a bus. What is every connector's is shown by truc_http_ends.sh, what it does with programs by test_exec_program.
# usage: truc_exec_ends.sh TRUC-EXEC ADAPTERS/EXAMPLES/EXEC DESCRIPTORS
set -eu
program=$1 examples=$2 descriptors=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# ends STATUS TEXT ARGUMENT...: that status, and the text in what it prints.
ends() {
    status=0 wanted=$1 text=$2
    shift 2
    "$program" "$@" --schemas "$descriptors" >"$work/output" 2>&1 </dev/null || status=$?
    if [ "$status" -ne "$wanted" ] || ! grep -qF -- "$text" "$work/output"; then
        echo "truc-exec $*: status $status (not $wanted), or no '$text' in:"
        cat "$work/output"
        failed=1
    fi
}

# wrong TEXT LINE...: an adapter file with these lines is refused with that text.
wrong() {
    text=$1
    shift
    { printf 'adapter: tester\nconnector: exec\ntitle: Thử\n'; printf '%s\n' "$@"; } >"$work/adapter.yaml"
    ends 2 "$text" --check "$work/adapter.yaml"
}

ends 0 'no mistakes; accepts 0, serves 1' --check "$examples/python/adapter.yaml"
wrong "'program'" 'serves: [{type: citizen.verify}]'
wrong "'command'" 'program: {in-flight: 1}'
wrong '1 and 256' 'program: {command: [x], in-flight: 0}'
wrong 'at-most is less than first' 'program: {command: [x], restart: {first: 10s, at-most: 1s}}'
wrong 'this is no variable' 'program: {command: [x], environment: {A=B: c}}'
wrong 'no message type' 'program: {command: [x]}' 'serves: [{type: citizen.imagined}]'
wrong 'served twice' 'program: {command: [x]}' 'serves: [{type: citizen.verify}, {type: citizen.verify}]'
wrong 'accepted twice' 'program: {command: [x]}' 'accepts: [{type: citizen.verify}, {type: citizen.verify}]'
wrong 'dossier.refused has no reply' 'program: {command: [x]}' 'serves: [{type: dossier.refused, reply: {a: $.b}}]'
wrong 'not-secret even when the source says nothing' 'program: {command: [x]}' 'accepts:' '  - type: citizen.verify' '    message:' \
    '      subject: $.a' '      classification: "not-secret"' '      body: {name: $.c}'
printf 'adapter: tester\nconnector: http\ntitle: Thử\nprogram: {command: [x]}\n' >"$work/http.yaml"
ends 2 'exec' --check "$work/http.yaml"
ends 2 'setting.NAME' --check "$examples/python/adapter.yaml" --set far-side.url=x

mkdir "$work/differs"
sed 's/"exists": true}}$/"exists": false}}/' "$examples/python/cases/verify.json" >"$work/differs/verify.json"
ends 1 'FAILED' --adapter "$examples/python/adapter.yaml" --cases "$work/differs"

exit "$failed"
