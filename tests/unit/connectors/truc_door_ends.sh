#!/bin/sh
# truc_door_ends.sh - promise: truc-door ends with the status that docs/rest-door.md names, and says what is wrong and where; it makes tokens.
# The program without a bus: its command line and its files. What it does while it runs is tests/integration/connectors/test_door.py's matter.
# usage: truc_door_ends.sh TRUC-DOOR DESCRIPTORS
set -eu
program=$1 descriptors=$2
. "$(dirname "$0")/ends.sh"

# door LINES...: a door's file with these more.
door() {
    printf '%s\n' 'adapter: portal' 'connector: door' 'title: Cửa' "$@" >"$work/door.yaml"
}

door 'tokens: tokens' 'lease: 5s' 'rate: 7'
ends 0 'no mistakes; a lease of 5000 ms, 7 requests a second' --check "$work/door.yaml" --schemas "$descriptors"
mkdir "$work/cases"
echo '{"title": "a case", "given": {}, "expect": {}}' >"$work/cases/a.json"
ends 1 'a door maps nothing' --adapter "$work/door.yaml" --schemas "$descriptors" --cases "$work/cases"
ends 2 '--settings is needed to run' --adapter "$work/door.yaml" --schemas "$descriptors"
ends 0 'no mistakes' --check "$work/door.yaml" --schemas "$descriptors" --set listen=127.0.0.1:7480
ends 2 'listen is 127.0.0.1:PORT' --check "$work/door.yaml" --schemas "$descriptors" --set listen=0.0.0.0:7480

door
ends 2 'tokens' --check "$work/door.yaml" --schemas "$descriptors"
door 'tokens: tokens' 'rate: 0'
ends 2 'rate' --check "$work/door.yaml" --schemas "$descriptors"
door 'tokens: tokens' 'imagined: true'
ends 2 'imagined' --check "$work/door.yaml" --schemas "$descriptors"

# Webhooks: never in clear, never with a secret that others may read.
echo secret >"$work/secret"
chmod 600 "$work/secret"
door 'tokens: tokens' 'webhook: {url: "https://vendor.example.vn/hook", secret: secret}'
ends 0 'a webhook' --check "$work/door.yaml" --schemas "$descriptors"
for url in http://vendor.example.vn/hook http://127.0.0.1.example.vn/ http://127.0.0.1:80@vendor.example.vn/ ftp://127.0.0.1/; do
    door 'tokens: tokens' "webhook: {url: \"$url\", secret: secret}"
    ends 2 'in clear' --check "$work/door.yaml" --schemas "$descriptors"
done
door 'tokens: tokens' 'webhook: {url: "https://vendor.example.vn/hook", secret: secret}'
chmod 640 "$work/secret"
ends 2 'others may use the secret' --check "$work/door.yaml" --schemas "$descriptors"

# Tokens.
ends 0 'truc_' token "$work/tokens" first
ends 1 "there is a token 'first' already" token "$work/tokens" first
ends 1 "a token's name" token "$work/tokens" 'a b'
ends 1 "$work/none/tokens" token "$work/none/tokens" first

exit "$failed"
