#!/bin/sh
# headers_alone.sh - the installed headers compile by themselves as C17 and C++17, pedantic, warnings as errors.
# Not a test of the library. Exit 77 (skipped, with the reason) when there is no such compiler.
# Called by CTest: headers_alone.sh COMPILER LANGUAGE STANDARD SDK_INCLUDE BASE_FOLDER
set -eu
compiler=$1 language=$2 standard=$3 sdk=$4 base=$5
command -v "$compiler" > /dev/null || { echo "SKIP: no compiler $compiler"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/truc"
cp "$sdk/truc/truc.h" "$sdk/truc/protobuf.h" "$base/truc/error.h" "$base/truc/error.def" "$folder/truc"
for header in error truc protobuf; do
    printf '#include <truc/%s.h>\nint main(void) { return TRUC_OK; }\n' "$header" |
        "$compiler" -x "$language" -std="$standard" -Wall -Wextra -pedantic -Werror -fsyntax-only -I"$folder" -
done
