#!/bin/sh
# changed_schemas.sh - two descriptor sets that differ from the project's: `grown` has a field and a type more, `bent` is `grown`
# with that field renamed, which is no compatible change.
# usage: changed_schemas.sh PROTOC SCHEMAS GOOGLE-INCLUDE OUT
set -eu
protoc=$1 schemas=$2 google=$3 out=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -R "$schemas/truc" "$work/truc"
dossier=$work/truc/dossier/v1/dossier.proto

# $1: the name of the new field.
describe() {
    sed "s/^  Applicant submitter = 16.*/&\n  string $1 = 17 [(truc.title) = \"Ghi chú\"];/" \
        "$schemas/truc/dossier/v1/dossier.proto" >"$dossier"
    cat >>"$dossier" <<'PROTO'

message Noted {
  option (truc.type) = "dossier.noted";
  option (truc.kind) = KIND_EVENT;
  option (truc.version) = 1;
  option (truc.message_title) = "Hồ sơ được ghi chú";

  string code = 1 [(truc.title) = "Mã hồ sơ"];
}
PROTO
    grep -q "string $1 = 17" "$dossier" || { echo "the field is not there: has dossier.proto changed?" >&2; exit 1; }
    "$protoc" -I"$work" -I"$google" --include_imports --include_source_info --descriptor_set_out="$out/$2.descriptors" \
        $(cd "$work" && find truc -name '*.proto' ! -path '*/bus/*')
}
describe note grown
describe remark bent
