#!/usr/bin/env bash
# complete.sh - fails unless bus/po/vi.po translates every text that the sources mark, and no other.
# Not the check of each translation (tests/unit/cli/test_cli_words.c).
# A test; what it names is put right with `./dev words` and a translation.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$here/extract.sh" "$work/texts.pot"
msgmerge --quiet --no-fuzzy-matching --no-wrap -o "$work/merged.po" "$here/vi.po" "$work/texts.pot"
msgattrib --no-wrap --untranslated -o "$work/missing.po" "$work/merged.po"
msgattrib --no-wrap --only-obsolete -o "$work/unused.po" "$work/merged.po"
msgattrib --no-wrap --only-fuzzy --no-obsolete -o "$work/fuzzy.po" "$work/merged.po"

failed=0
tell() { # LIST WHAT
    [ -s "$2" ] || return 0 # msgattrib writes no file for an empty list
    echo "bus/po/vi.po: $1:"
    sed -e '1,/^$/d' -e '/^#,/d' -e '/msgstr ..$/d' -e '/^$/d' -e 's/^/  /' "$2"
    failed=1
}
tell "no translation of" "$work/missing.po"
tell "a translation that nothing uses" "$work/unused.po"
tell "only a guess, marked fuzzy" "$work/fuzzy.po"
exit $failed
