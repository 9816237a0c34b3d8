#!/bin/sh
# truc_files_ends.sh - promise: truc-files refuses a wrong adapter file by place and hint, and a folder that is not there.
# The program without a bus. What is every connector's is shown by truc_http_ends.sh, what becomes of files by test_files.
# usage: truc_files_ends.sh TRUC-FILES ADAPTERS/EXAMPLES/FILES DESCRIPTORS
set -eu
program=$1 example=$2 descriptors=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# ends STATUS TEXT ARGUMENT...: that status, and the text in what it prints.
ends() {
    status=0 wanted=$1 text=$2
    shift 2
    "$program" "$@" --schemas "$descriptors" >"$work/output" 2>&1 </dev/null || status=$?
    if [ "$status" -ne "$wanted" ] || ! grep -qF -- "$text" "$work/output"; then
        echo "truc-files $*: status $status (not $wanted), or no '$text' in:"
        cat "$work/output"
        failed=1
    fi
}

# wrong TEXT LINE...: an adapter file with these lines is refused with that text.
wrong() {
    text=$1
    shift
    { printf 'adapter: tester\nconnector: files\ntitle: Thử\n'; printf '%s\n' "$@"; } >"$work/adapter.yaml"
    ends 2 "$text" --check "$work/adapter.yaml"
}

ends 0 'no mistakes; accepts 2, serves 1' --check "$example/adapter.yaml"
ends 0 'no mistakes' --check "$example/adapter.yaml" --set folder=/elsewhere
ends 2 'folder, or setting.NAME' --check "$example/adapter.yaml" --set listen=x
wrong "'folder'" 'serves: [{type: dossier.refused, name: a, content: {a: body.code}}]'
wrong 'a file waits for no answer' 'folder: spool' 'accepts:' '  - name: "*"' '    type: citizen.verify' '    message: {subject: $.a}'
wrong 'a file answers nothing' 'folder: spool' 'serves: [{type: citizen.verify, name: a, content: {a: body.name}}]'
wrong "lacks 'time'" 'folder: spool' 'accepts:' '  - name: "*"' '    type: dossier.refused' '    message:' '      id: $.a' '      subject: $.a' \
    '      classification: $.b' '      body: {code: $.a}'
wrong 'not-secret even when the source says nothing' 'folder: spool' 'accepts:' '  - name: "*"' '    type: dossier.refused' '    message:' \
    '      id: $.a' '      subject: $.a' '      time: file.modified' '      classification: "not-secret"' '      body: {code: $.a}'
wrong "a file's name has no slash" 'folder: spool' 'serves: [{type: dossier.refused, name: a/b, content: {a: body.code}}]'
wrong 'served twice' 'folder: spool' 'serves:' '  - {type: dossier.refused, name: a, content: {a: body.code}}' \
    '  - {type: dossier.refused, name: b, content: {a: body.code}}'

mkdir "$work/differs"
sed 's/"fate": "failed"/"fate": "done"/' "$example/cases/field.json" >"$work/differs/field.json"
ends 1 'FAILED' --adapter "$example/adapter.yaml" --cases "$work/differs"

exit "$failed"
