# shellcheck shell=bash
# edk2's source as Debian packages it, in one tree that takes any number of patches of the series, and OVMF as it is built of it.
# Sourced, not run; needs bash with -euo pipefail.
#
# find_edk2              takes the lock of OVMF's builds; sets full, the newest package of the archive, series, the patches, and tree, the
#                        folder of the source (tree/source, unpacked), of what was built of it last, and of what the compiler said (tree/log)
# apply_patches PATCH... the source with just these
# compile_ovmf           what is applied
# result_folder PATCH... prints where the image with just these is kept
# keep_built FOLDER      what was compiled, there
#
# As in guest/linux/source.sh, the caller ends with status 77 where the source cannot be had, with 1 if anything else goes wrong.

ovmf=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# Linux's is a tree of the same kind, and apply_patches does not ask what of.
# shellcheck source=guest/linux/source.sh
. "$ovmf/../linux/source.sh"

# Neither what Secure Boot, TPM, TLS and iSCSI need, which is OpenSSL, nor the shell.
platform=OvmfPkg/OvmfPkgX64.dsc
flags=(-D FD_SIZE_4MB -D NETWORK_ISCSI_ENABLE=FALSE -D BUILD_SHELL=FALSE)

find_edk2() {
    suite=bookworm
    shopt -s nullglob
    # shellcheck disable=SC2034  # for the caller
    series=("$ovmf"/patches/*.patch)
    shopt -u nullglob
    mkdir -p "$cache"
    # Descriptor 9 holds the lock; what runs long is started without it.
    exec 9> "$cache/ovmf.lock"
    flock -n 9 || { say "another build of OVMF is under way, waiting for it"; flock 9; }
    command -v apt-get > /dev/null || no_source "apt-get is not here: the source comes from Debian"
    configure_apt
    say "looking for the source of edk2"
    apt-get "${apt_options[@]}" update >&2 || say "the archive cannot be reached, trying what is here"
    full=$(apt-cache "${apt_options[@]}" showsrc --only-source edk2 2>/dev/null | sed -n 's/^Version: //p' | sort -V | tail -1) || full=
    [ -n "$full" ] || no_source "no source package of edk2 can be had"
    tree=$cache/ovmf-tree
    built=$tree/source/Build/OvmfX64/NOOPT_GCC5
}

# The source that is there already is used again if it is of this package; a patch that was interrupted leaves no `full`.
unpack_tree() {
    [ "$(cat "$tree/full" 2>/dev/null)" != "$full" ] || return 0
    rm -rf "$tree"
    mkdir -p "$tree/applied"
    say "fetching edk2 $full"
    # apt checks what it fetches against the archive's signed index, dpkg-source checks the .dsc's sums
    (cd "$tree" && apt-get "${apt_options[@]}" source --only-source --download-only "edk2=$full") >&2 ||
        no_source "the source of edk2 $full cannot be had"
    (cd "$tree" && dpkg-source --require-strong-checksums --no-copy -x edk2_*.dsc source) >&2 ||
        die "the source of edk2 $full does not unpack"
    rm "$tree"/edk2_*
    echo "$full" > "$tree/full"
}

# edk2's own tools first, without the tests of them, then the platform. edksetup.sh takes what the environment has of another workspace.
compile_ovmf() (
    exec > "$tree/log" 2>&1 9>&-
    unset WORKSPACE EDK_TOOLS_PATH CONF_PATH PACKAGES_PATH
    export PYTHON_COMMAND=/usr/bin/python3 PYTHON3_ENABLE=TRUE
    cd "$tree/source" || exit 1
    [ -e "$tree/tools" ] || { make -C BaseTools/Source/C -j "${JOBS:-$(nproc)}" && : > "$tree/tools"; } || exit 1
    set --
    set +eu # edksetup.sh is written without
    # shellcheck source=/dev/null
    . ./edksetup.sh
    set -eu
    build -a X64 -t GCC5 -b NOOPT -n "${JOBS:-$(nproc)}" -p "$platform" "${flags[@]}"
)

# Of a patch only what it changes goes in, not what its message says.
result_folder() {
    local key patch
    key=$({ echo "$full"; cat "$ovmf/build" "$ovmf/source.sh"
            for patch; do sed '1,/^---$/d' "$patch"; done; } | sha256sum | cut -c1-12)
    echo "$cache/ovmf-$key"
}

# Guid.xref names the modules of this build; the tree may have others, of patches that are not applied any more.
keep_built() {
    local new symbols name
    [ ! -r "$1/OVMF_CODE.fd" ] || return 0
    new=$(mktemp -d "$cache/build.XXXXXX")
    cp "$built/FV/OVMF_CODE.fd" "$built/FV/OVMF_VARS.fd" "$new/"
    mkdir "$new/symbols"
    for symbols in "$built"/X64/*.debug; do
        name=$(basename "$symbols" .debug)
        ! grep -qiE " ${name%_????????-????-????-????-????????????}.?\$" "$built/FV/Guid.xref" || cp "$symbols" "$new/symbols/"
    done
    chmod 755 "$new"
    rm -rf "$1"
    mv "$new" "$1"
}
