# shellcheck shell=bash
# SeaBIOS's source as Debian packages it, with any number of patches of the series, and what is built of it.
# Sourced, not run; needs bash with -euo pipefail.
#
# find_seabios           takes the lock of SeaBIOS's builds; sets full, the newest package of the archive, and series, the patches
# unpack_seabios DIR     the source of $full in DIR/source, nothing applied
# compile_seabios DIR    what is in DIR/source, into DIR/build; what the compiler said is in DIR/log
#
# As in tools/debian-source.sh, whose apply_patch is for it too, the caller ends with status 77 where the source cannot be had, with 1 if anything else goes wrong.

seabios=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tools/debian-source.sh
. "$seabios/../../tools/debian-source.sh"

find_seabios() {
    suite=bookworm
    find_series "$seabios/patches"
    find_source seabios SeaBIOS seabios
}

unpack_seabios() {
    unpack_source seabios "$1"
}

# The ACPI tables that SeaBIOS brings for a QEMU without its own are taken compiled, as they are in the source. The version that the image
# says is the package's, so the same source gives the same image.
compile_seabios() {
    local make=(make -C "$1/source" PYTHON='python3 -B' "OUT=$1/build/" "EXTRAVERSION=-debian-$full" "KCONFIG_CONFIG=$1/build/.config")
    mkdir -p "$1/build"
    cp "$seabios/config" "$1/build/.config"
    { "${make[@]}" -s olddefconfig && "${make[@]}" -j "${JOBS:-$(nproc)}" "$1/build/bios.bin"; } > "$1/log" 2>&1 9>&-
}
