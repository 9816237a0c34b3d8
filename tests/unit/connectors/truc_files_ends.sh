#!/bin/sh
# truc_files_ends.sh - promise: truc-files refuses a wrong adapter file by place and hint, and a folder that is not there.
# The program without a bus. What is every connector's is shown by truc_http_ends.sh, what becomes of files by test_files.
# usage: truc_files_ends.sh TRUC-FILES ADAPTERS/EXAMPLES/FILES DESCRIPTORS
set -eu
program=$1 example=$2 descriptors=$3
. "$(dirname "$0")/ends.sh"

ends 0 'no mistakes; accepts 2, serves 1' --check "$example/adapter.yaml" --schemas "$descriptors"
ends 0 'no mistakes' --check "$example/adapter.yaml" --set folder=/elsewhere --schemas "$descriptors"
ends 2 'folder, or setting.NAME' --check "$example/adapter.yaml" --set listen=x --schemas "$descriptors"
wrong files "'folder'" 'serves: [{type: dossier.refused, name: a, content: {a: body.code}}]'
wrong files 'a file waits for no answer' 'folder: spool' 'accepts:' '  - name: "*"' '    type: citizen.verify' '    message: {subject: $.a}'
wrong files 'a file answers nothing' 'folder: spool' 'serves: [{type: citizen.verify, name: a, content: {a: body.name}}]'
wrong files "lacks 'time'" 'folder: spool' 'accepts:' '  - name: "*"' '    type: dossier.refused' '    message:' '      id: $.a' '      subject: $.a' \
    '      classification: $.b' '      body: {code: $.a}'
wrong files 'not-secret even when the source says nothing' 'folder: spool' 'accepts:' '  - name: "*"' '    type: dossier.refused' '    message:' \
    '      id: $.a' '      subject: $.a' '      time: file.modified' '      classification: "not-secret"' '      body: {code: $.a}'
wrong files "a file's name has no slash" 'folder: spool' 'serves: [{type: dossier.refused, name: a/b, content: {a: body.code}}]'
wrong files 'served twice' 'folder: spool' 'serves:' '  - {type: dossier.refused, name: a, content: {a: body.code}}' \
    '  - {type: dossier.refused, name: b, content: {a: body.code}}'

mkdir "$work/differs"
sed 's/"fate": "failed"/"fate": "done"/' "$example/cases/field.json" >"$work/differs/field.json"
ends 1 'FAILED' --adapter "$example/adapter.yaml" --cases "$work/differs" --schemas "$descriptors"

exit "$failed"
