# shellcheck shell=bash
# Linux's source as Debian packages it, in one tree that takes any number of patches of a series, and what is built of it.
# Sourced, not run; needs bash with -euo pipefail.
#
# choose_linux VERSION   sets version, suite and series (the patches for it, in order)
# find_tree              takes this version's lock; sets full, the newest package of the archive, and tree, the folder of its source
#                        (tree/source, unpacked, for apply_patches) and of what was built of it last (tree/build)
# compile_linux          configuration and kernel, of what is applied
# result_folder PATCH... prints where the kernel with just these is kept
# keep_built FOLDER      what was compiled, there
#
# As in tools/debian-source.sh, the caller ends with status 77 where the source cannot be had, with 1 if anything else goes wrong.

linux=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tools/debian-source.sh
. "$linux/../../tools/debian-source.sh"

choose_linux() {
    version=$1
    case $version in
    6.1) suite=bookworm ;;
    6.12) suite=trixie ;;
    *) die "unknown version '$version': 6.1 or 6.12" ;;
    esac
    find_series "$linux/patches/$version"
}

# Debian puts Linux's source into a binary package as well, with its patches applied.
find_tree() {
    open_archive "linux-$version" "Linux $version"
    full=$(apt-cache "${apt_options[@]}" show --no-all-versions "linux-source-$version" 2>/dev/null |
        sed -n 's/^Version: //p') || full=
    [ -n "$full" ] || no_source "no source package of Linux $version can be had"
    tree=$cache/linux-tree-$version
}

# The source that is there already is used again if it is of this package; a patch that was interrupted leaves no `full`.
unpack_tree() {
    [ "$(cat "$tree/full" 2>/dev/null)" != "$full" ] || return 0
    rm -rf "$tree"
    mkdir -p "$tree/applied"
    say "fetching linux-source-$version $full"
    # apt checks what it fetches against the archive's signed index
    (cd "$tree" && apt-get "${apt_options[@]}" download "linux-source-$version=$full") >&2 ||
        no_source "linux-source-$version $full cannot be had"
    mkdir "$tree/source"
    say 'unpacking it; 1.5 GB'
    dpkg-deb --fsys-tarfile "$tree"/linux-source-*.deb | tar -xO "./usr/src/linux-source-$version.tar.xz" |
        tar -xJ -C "$tree/source" --strip-components=1 || die "linux-source-$version does not unpack"
    rm "$tree"/linux-source-*.deb
    echo "$full" > "$tree/full"
}

# The same source gives the same kernel, whoever builds it and when. Options of the series are asked for with every patch of it, and
# those that are not there yet are nobody's.
compile_linux() {
    local line demanded=("$linux/config")
    local make=(make -s -C "$tree/source" "O=$tree/build" KBUILD_BUILD_USER=barometer KBUILD_BUILD_HOST=barometer
                KBUILD_BUILD_VERSION=1 KBUILD_BUILD_TIMESTAMP='Thu Jan  1 00:00:00 UTC 2026' -j "${JOBS:-$(nproc)}")
    mkdir -p "$tree/build"
    cat "$linux/config" "$linux/config.series" > "$tree/config"
    "${make[@]}" KCONFIG_ALLCONFIG="$tree/config" allnoconfig > "$tree/log" 2>&1 || return 1
    # what an option depends on changes from version to version, and one that is not met is left out in silence
    [ "$(find "$tree/applied" -type f | wc -l)" != "${#series[@]}" ] || demanded+=("$linux/config.series")
    while read -r line; do
        grep -qxF "$line" "$tree/build/.config" || { echo "this configuration cannot be had: $line" > "$tree/log"; return 1; }
    done < <(cat "${demanded[@]}" | grep '^CONFIG_')
    "${make[@]}" bzImage > "$tree/log" 2>&1
}

result_folder() {
    local key
    key=$({ echo "$full"; declare -f compile_linux; cat "$linux/config" "$linux/config.series"; patch_changes "$@"; } | sha256sum | cut -c1-12)
    echo "$cache/linux-$version-$key"
}

keep_built() {
    local new
    [ ! -r "$1/bzImage" ] || return 0
    new=$(mktemp -d "$cache/build.XXXXXX")
    cp "$tree/build/arch/x86/boot/bzImage" "$tree/build/System.map" "$new/"
    cp "$tree/build/.config" "$new/config"
    chmod 755 "$new"
    mv "$new" "$1"
}
