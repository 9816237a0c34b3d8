#!/bin/sh
# man_pages.sh - every public function of the SDK has its place in a manual page, and no page describes one that is gone.
# Not a judge of the text. With groff at hand the pages are also formatted, and a warning fails.
# Called by CTest: man_pages.sh INCLUDE_FOLDER PAGES_FOLDER ERROR_HEADER
set -eu
include=$1 pages=$2 errors=$3
functions=$(cat "$include"/truc/*.h | tr '\n' ' ' | sed 's/TRUC_API/\n&/g; s/static inline/\n&/g' |
    sed -n 's/^\(TRUC_API\|static inline\)[^(;]*[ *]\(truc_[a-z_0-9]*\)(.*/\2/p' | sort -u)
described=$(sed -n 's/^\.F[no] \(truc_[a-z_0-9]*\).*/\1/p' "$pages"/*.3 | sort -u)
[ "$(echo "$functions" | wc -l)" -gt 40 ] || { echo "the headers were not understood"; exit 1; }
status=0
for function in $functions; do
    echo "$described" | grep -qx "$function" || { echo "no manual page has $function"; status=1; }
done
for function in $described; do
    echo "$functions" | grep -qx "$function" || grep -q "[ *]$function(" "$errors" || { echo "a manual page describes $function, which no header has"; status=1; }
done
if command -v groff > /dev/null; then
    for page in "$pages"/*.3; do
        warnings=$(groff -mandoc -ww -Tutf8 -z "$page" 2>&1)
        [ -z "$warnings" ] || { echo "$warnings"; status=1; }
    done
fi
exit $status
