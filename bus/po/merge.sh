#!/usr/bin/env bash
# merge.sh - brings bus/po/vi.po up to the sources: new texts without a translation come in, unused ones go.
# Not a translator: what is empty afterwards is for a person. Nothing is guessed from texts that are alike.
# `./dev words` runs it.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$here/extract.sh" "$work/texts.pot"
msgmerge --quiet --no-fuzzy-matching --no-wrap --add-location=file "$here/vi.po" "$work/texts.pot" |
    msgattrib --no-wrap --no-obsolete |
    sed '/^"\(POT-Creation-Date\|Report-Msgid-Bugs-To\):/d' >"$work/vi.po" # differs each time, says nothing
cp "$work/vi.po" "$here/vi.po"
msgfmt --check-format --statistics -o /dev/null "$here/vi.po"
