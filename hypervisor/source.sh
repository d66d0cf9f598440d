# shellcheck shell=bash
# QEMU's source as Debian packages it, and how it is configured: what build-qemu and check-series share.
# Sourced, not run; needs bash with -euo pipefail. Messages go to standard error.
#
# versions              those that there are patches for
# choose_qemu VERSION   sets version, suite and patches: all series for it, one after another
# find_qemu             takes this version's lock; sets full, the newest source package of the archive
# install_needs         what the build needs
# unpack_qemu DIR       the source of $full in DIR/source, nothing applied; exports what its build needs besides
# series_tests PATCH... the programs among QEMU's tests that these patches add, as ninja's targets
# configure_qemu DIR NAME [OPTION...]   configures DIR/build, for whatever is run in it by this shell afterwards; NAME is what
#                       `--version` shows in brackets
#
# Where the source cannot be had, the caller ends with status 77; with 1 if anything else goes wrong.

hypervisor=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tools/debian-source.sh
. "$hypervisor/../tools/debian-source.sh"
versions=(7.2 10.2)

choose_qemu() {
    version=$1
    case $version in
    7.2) suite=bookworm ;;
    10.2) suite=sid ;;
    *) die "unknown version '$version': ${versions[*]}" ;;
    esac
    # in the order of their numbers, of the series and in each
    patches=("$hypervisor/patches/$version"/*/*.patch)
    [ -e "${patches[0]}" ] || die "no patches in $hypervisor/patches/$version"
}

packages=(gcc libc6-dev g++ dpkg-dev make ninja-build meson pkg-config python3 python3-venv patch perl
          libglib2.0-dev libpixman-1-dev zlib1g-dev libfdt-dev flex bison
          # firmware and option ROMs, which are taken from the distribution
          qemu-system-data seabios ipxe-qemu)

# Most files are the same from build to build, and ccache has them; without it builds just take longer.
install_needs() {
    install_packages "${packages[@]}"
    (install_packages ccache) || say "building without ccache"
}

find_qemu() {
    find_source "qemu-$version" "QEMU $version" qemu "$version"
}

unpack_qemu() {
    unpack_source qemu "$1"
    provide_meson "$1"
}

# Newer QEMUs want a newer meson than Debian 12 has. It is plain Python: the own one of the suite, unpacked
# beside the source.
provide_meson() {
    local have
    have=$(dpkg-query -W -f '${Version}' meson 2>/dev/null || true)
    if [ "$version" != 7.2 ] && dpkg --compare-versions "$have" lt 1.5; then
        say "fetching meson from $suite"
        (cd "$1" && apt-get "${apt_options[@]}" download "meson/$suite" &&
            dpkg-deb -x meson_*.deb meson) >&2 || no_source "meson of $suite cannot be had"
        export PYTHONPATH=$1/meson/usr/lib/python3/dist-packages
    fi
}

series_tests() {
    cat /dev/null "$@" | sed -nE 's,^\+\+\+ b/(tests/qtest/[a-z-]*-test)\.c$,\1,p' | sort -u
}

# --- the build --------------------------------------------------------------------------------
# ccache's store is one for all builds; that each is in a folder of its own makes no difference to it.
use_ccache() {
    export PATH="/usr/lib/ccache:$PATH" CCACHE_DIR="$cache/ccache" CCACHE_MAXSIZE=2G CCACHE_BASEDIR="$1" CCACHE_NOHASHDIR=1
}

# Everything is switched off but what the tests use. All devices of the target stay in.
configure_qemu() {
    local directory=$1 name=$2
    shift 2
    use_ccache "$directory"
    mkdir "$directory/build"
    (cd "$directory/build" &&
        ../source/configure --target-list=x86_64-softmmu --without-default-features --enable-system \
            --enable-tcg --enable-kvm --enable-trace-backends=log --disable-install-blobs \
            --with-pkgversion="$name" \
            --firmwarepath=/usr/share/qemu:/usr/share/seabios:/usr/lib/ipxe/qemu "$@")
}
