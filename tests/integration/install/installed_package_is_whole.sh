#!/usr/bin/env bash
# installed_package_is_whole.sh BUILD SOURCE WORK SANITIZERS - what `cmake --install` puts down is enough for each kind of user.
# It is moved after installing; then an integrator builds the example by pkg-config, by CMake and includes it from C++, and an
# operator makes and checks a bus. Nothing but the moved folder is used.
set -euo pipefail
build=$1 source=$2 work=$3 sanitizers=${4:-}

step() { printf '== %s\n' "$*"; }
fail() {
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}

rm -rf "$work"
mkdir -p "$work"
step "install, then move"
cmake --install "$build" --prefix "$work/first" >/dev/null
mv "$work/first" "$work/moved"
prefix=$work/moved
library=$(dirname "$(find "$prefix" -name truc.pc)")
export PKG_CONFIG_PATH=$library LD_LIBRARY_PATH=${library%/pkgconfig}
sanitize=() # an outsider links what the library was built with
[ -z "$sanitizers" ] || sanitize=("-fsanitize=$sanitizers")
warnings=(-Wall -Wextra -Wpedantic -Werror)

step "types from the installed schemas"
schemas=$(pkg-config --variable=schemasdir truc)
mkdir "$work/types"
files=(truc/options truc/common/v1/common truc/population/v1/population)
protoc-c -I "$schemas" --c_out="$work/types" "${files[@]/%/.proto}" google/protobuf/descriptor.proto

step "the example by pkg-config"
mapfile -t generated < <(find "$work/types" -name '*.c')
read -ra package < <(pkg-config --cflags --libs truc libprotobuf-c sqlite3)
for file in "${generated[@]}"; do
    gcc -std=c17 "${sanitize[@]}" -I "$work/types" -c "$file" -o "${file%.c}.o"
done
gcc -std=c17 "${warnings[@]}" "${sanitize[@]}" -isystem "$work/types" \
    "$source/adapters/examples/citizen_registry.c" "${generated[@]/%.c/.o}" "${package[@]}" \
    -o "$work/citizen_registry"

step "the example by CMake"
(
    IFS=';'
    cmake -G Ninja -S "$source/tests/integration/install/outsider" -B "$work/outsider" -DCMAKE_PREFIX_PATH="$prefix" \
        -DADAPTER="$source/adapters/examples/citizen_registry.c" -DGENERATED="${generated[*]}" \
        -DGENERATED_FOLDER="$work/types" -DCMAKE_C_FLAGS="${sanitize[*]}" >/dev/null
)
cmake --build "$work/outsider" >/dev/null

step "the headers from C++"
cat >"$work/adapter.cpp" <<'CPP'
#include <truc/protobuf.h>
#include <cstring>
int main() { return truc_version()[0] == '\0' || !std::strstr(truc_error_meaning_in(TRUC_E_NO_ROUTE, "vi"), "tuyến"); }
CPP
g++ -std=c++17 "${warnings[@]}" "${sanitize[@]}" "$work/adapter.cpp" "${package[@]}" \
    -o "$work/adapter"
"$work/adapter"

step "an adapter without settings says so"
for adapter in "$work/citizen_registry" "$work/outsider/citizen_registry"; do
    status=0
    "$adapter" --settings "$work/none.yaml" 2>"$work/complaint" || status=$?
    [ "$status" -eq 2 ] || fail "$adapter ended with $status"
    grep -q "none.yaml" "$work/complaint" || fail "no word about none.yaml: $(cat "$work/complaint")"
done

step "a bus from what is installed"
"$prefix/bin/truc" init "$work/bus" >/dev/null
"$prefix/bin/truc" check "$work/bus/config" >/dev/null
"$prefix/bin/truc" schema show citizen.verify | grep -q "Số định danh" || fail "the installed schemas are not found"
for locale in C POSIX C.UTF-8; do # Vietnamese needs no locale of that name
    env -i PATH="$PATH" LC_ALL="$locale" "$prefix/bin/truc" --lang vi explain NO_ROUTE | grep -q "không tuyến nào" ||
        fail "no Vietnamese under the locale $locale"
done
"$prefix/bin/truc-http" --help >/dev/null
"$prefix/bin/truc-exec" --help >/dev/null
"$prefix/bin/truc-files" --help >/dev/null
"$prefix/bin/truc-door" --help >/dev/null
"$prefix/bin/truc-deadlines" --help >/dev/null
"$prefix/bin/trucd" --help >/dev/null
[ -e "$prefix/share/truc/config/truc.schema.json" ] || fail "the JSON Schema of the configuration is missing"
[ -e "$prefix/share/truc/systemd/trucd.service" ] || fail "the systemd unit is missing"
step "whole"
