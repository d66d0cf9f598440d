# shellcheck shell=bash
# edk2's source as Debian packages it, in one tree that takes any number of patches of the series, and OVMF as it is built of it.
# Sourced, not run; needs bash with -euo pipefail.
#
# find_edk2              takes the lock of OVMF's builds; sets full, the newest package of the archive, series, the patches, and tree, the
#                        folder of the source (tree/source, unpacked), of what was built of it last, and of what the compiler said (tree/log)
# compile_ovmf           what is applied
# result_folder PATCH... prints where the image with just these is kept
# keep_built FOLDER      what was compiled, there
#
# As in tools/debian-source.sh, the caller ends with status 77 where the source cannot be had, with 1 if anything else goes wrong.

ovmf=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tools/debian-source.sh
. "$ovmf/../../tools/debian-source.sh"

# Neither what Secure Boot, TPM, TLS and iSCSI need, which is OpenSSL, nor the shell.
platform=OvmfPkg/OvmfPkgX64.dsc
flags=(-D FD_SIZE_4MB -D NETWORK_ISCSI_ENABLE=FALSE -D BUILD_SHELL=FALSE)

find_edk2() {
    suite=bookworm
    find_series "$ovmf/patches"
    find_source ovmf OVMF edk2
    tree=$cache/ovmf-tree
    built=$tree/source/Build/OvmfX64/NOOPT_GCC5
}

# The source that is there already is used again if it is of this package; a patch that was interrupted leaves no `full`.
unpack_tree() {
    [ "$(cat "$tree/full" 2>/dev/null)" != "$full" ] || return 0
    rm -rf "$tree"
    mkdir -p "$tree/applied"
    unpack_source edk2 "$tree"
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

result_folder() {
    local key
    key=$({ echo "$full $platform ${flags[*]}"; declare -f compile_ovmf; patch_changes "$@"; } | sha256sum | cut -c1-12)
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
