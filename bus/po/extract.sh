#!/usr/bin/env bash
# extract.sh OUT - every text that the sources mark for people, as a gettext template.
# Not the catalogue: bus/po/vi.po is merged with this by `./dev words`, and compared with it by a test.
# Marked are: _() and N_() in bus/crypto (reasons without values), bus/yaml, bus/schema, bus/policy, bus/core (hints without values) and bus/cli, the formats of a configuration's findings
# (policy_report_error, _warning, _detail), and both texts of each error in error.def. others.pot has what libraries say.
set -euo pipefail
out=$(realpath -m "$1")
cd "$(dirname "$(readlink -f "$0")")/../.."

extract() {
    xgettext --language=C --from-code=UTF-8 --add-location=file --no-wrap --package-name=truc --keyword "$@" -o "$out"
}

# One argument a run: two of the same macro would be a singular and its plural.
extract --keyword=TRUC_ERROR:3 bus/base/truc/error.def
extract --keyword=TRUC_ERROR:4 --join-existing bus/base/truc/error.def
find bus/crypto bus/yaml bus/schema bus/policy bus/core bus/cli -name '*.[ch]' | LC_ALL=C sort | extract --join-existing --files-from=- --keyword=_ --keyword=N_
finding='--keyword=policy_report_error:3 --keyword=policy_report_warning:3 --keyword=policy_report_detail:3'
# shellcheck disable=SC2086 # three options
find bus/yaml bus/policy -name '*.c' | LC_ALL=C sort | extract --join-existing --files-from=- $finding
xgettext --from-code=UTF-8 --add-location=file --no-wrap --package-name=truc --join-existing bus/po/others.pot -o "$out"
