#!/bin/sh
# truc_exec_ends.sh - promise: truc-exec refuses a wrong adapter file by place and hint, and a case that differs.
# The program without a bus. What is every connector's is shown by truc_http_ends.sh, what it does with programs by test_exec_program.
# usage: truc_exec_ends.sh TRUC-EXEC ADAPTERS/EXAMPLES/EXEC DESCRIPTORS
set -eu
program=$1 examples=$2 descriptors=$3
. "$(dirname "$0")/ends.sh"

ends 0 'no mistakes; accepts 0, serves 1' --check "$examples/python/adapter.yaml" --schemas "$descriptors"
wrong exec "'program'" 'serves: [{type: citizen.verify}]'
wrong exec "'command'" 'program: {in-flight: 1}'
wrong exec '1 and 256' 'program: {command: [x], in-flight: 0}'
wrong exec 'at-most is less than first' 'program: {command: [x], restart: {first: 10s, at-most: 1s}}'
wrong exec 'this is no variable' 'program: {command: [x], environment: {A=B: c}}'
wrong exec 'no message type' 'program: {command: [x]}' 'serves: [{type: citizen.imagined}]'
wrong exec 'served twice' 'program: {command: [x]}' 'serves: [{type: citizen.verify}, {type: citizen.verify}]'
wrong exec 'accepted twice' 'program: {command: [x]}' 'accepts: [{type: citizen.verify}, {type: citizen.verify}]'
wrong exec 'dossier.refused has no reply' 'program: {command: [x]}' 'serves: [{type: dossier.refused, reply: {a: $.b}}]'
wrong exec 'not-secret even when the source says nothing' 'program: {command: [x]}' 'accepts:' '  - type: citizen.verify' '    message:' \
    '      subject: $.a' '      classification: "not-secret"' '      body: {name: $.c}'
printf 'adapter: tester\nconnector: http\ntitle: Thử\nprogram: {command: [x]}\n' >"$work/http.yaml"
ends 2 'exec' --check "$work/http.yaml" --schemas "$descriptors"
ends 2 'setting.NAME' --check "$examples/python/adapter.yaml" --set far-side.url=x --schemas "$descriptors"

mkdir "$work/differs"
sed 's/"exists": true}}$/"exists": false}}/' "$examples/python/cases/verify.json" >"$work/differs/verify.json"
ends 1 'FAILED' --adapter "$examples/python/adapter.yaml" --cases "$work/differs" --schemas "$descriptors"

exit "$failed"
