# shellcheck shell=bash
# SeaBIOS's source as Debian packages it, with any number of patches of the series, and what is built of it.
# Sourced, not run; needs bash with -euo pipefail.
#
# find_seabios           takes the lock of SeaBIOS's builds; sets full, the newest package of the archive, and series, the patches
# unpack_seabios DIR     the source of $full in DIR/source, nothing applied
# apply_patch DIR PATCH  to that source
# compile_seabios DIR    what is in DIR/source, into DIR/build; what the compiler said is in DIR/log
#
# As in hypervisor/source.sh, the caller ends with status 77 where the source cannot be had, with 1 if anything else goes wrong.

seabios=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=hypervisor/source.sh
. "$seabios/../../hypervisor/source.sh"

find_seabios() {
    suite=bookworm
    shopt -s nullglob
    # shellcheck disable=SC2034  # for the caller
    series=("$seabios"/patches/*.patch)
    shopt -u nullglob
    mkdir -p "$cache"
    # Descriptor 9 holds the lock; what runs long is started without it.
    exec 9> "$cache/seabios.lock"
    flock -n 9 || { say "another build of SeaBIOS is under way, waiting for it"; flock 9; }
    command -v apt-get > /dev/null || no_source "apt-get is not here: the source comes from Debian"
    configure_apt
    say "looking for the source of SeaBIOS"
    apt-get "${apt_options[@]}" update >&2 || say "the archive cannot be reached, trying what is here"
    full=$(apt-cache "${apt_options[@]}" showsrc --only-source seabios 2>/dev/null |
        sed -n 's/^Version: //p' | sort -V | tail -1) || full=
    [ -n "$full" ] || no_source "no source package of SeaBIOS can be had"
}

unpack_seabios() {
    say "fetching seabios $full"
    # apt checks what it fetches against the archive's signed index, dpkg-source checks the .dsc's sums
    (cd "$1" && apt-get "${apt_options[@]}" source --only-source --download-only "seabios=$full") >&2 ||
        no_source "the source of seabios $full cannot be had"
    (cd "$1" && dpkg-source --require-strong-checksums --no-copy -x seabios_*.dsc source) >&2 ||
        die "the source of seabios $full does not unpack"
}

apply_patch() {
    patch -d "$1/source" -p1 -s --no-backup-if-mismatch < "$2" >&2 || die "${2##*/} does not apply to $full"
}

# The ACPI tables that SeaBIOS brings for a QEMU without its own are taken compiled, as they are in the source. The version that the image
# says is the package's, so the same source gives the same image.
compile_seabios() {
    local make=(make -C "$1/source" PYTHON='python3 -B' "OUT=$1/build/" "EXTRAVERSION=-debian-$full" "KCONFIG_CONFIG=$1/build/.config")
    mkdir -p "$1/build"
    cp "$seabios/config" "$1/build/.config"
    { "${make[@]}" -s olddefconfig && "${make[@]}" -j "${JOBS:-$(nproc)}" "$1/build/bios.bin"; } > "$1/log" 2>&1 9>&-
}
