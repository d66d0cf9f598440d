# shellcheck shell=bash
# QEMU's source as Debian packages it, and how it is configured: what build-qemu and check-series share.
# Sourced, not run; needs bash with -euo pipefail. Messages go to standard error.
#
# versions              those that there is a series for
# choose_qemu VERSION   sets version, suite and patches (the series for it)
# find_source           takes this version's lock; sets full, the newest source package of the archive
# install_needs         what the build needs
# unpack_source DIR     the source of $full in DIR/source, nothing applied; exports what its build needs besides
# series_tests PATCH... the programs among QEMU's tests that these patches add, as ninja's targets
# configure_source DIR NAME [OPTION...]   configures DIR/build; NAME is what `--version` shows in brackets
#
# Where the source cannot be had, the caller ends with status 77; with 1 if anything else goes wrong.

hypervisor=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/barometer
versions=(7.2 10.0 10.2)

say() { echo "${0##*/}: $*" >&2; }
die() { say "$*"; exit 1; }
no_source() { say "$*"; exit 77; }

choose_qemu() {
    version=$1
    case $version in
    7.2) suite=bookworm ;;
    10.0) suite=trixie ;;
    10.2) suite=sid ;;
    *) die "unknown version '$version': ${versions[*]}" ;;
    esac
    patches=("$hypervisor/patches/$version"/*.patch)
    [ -e "${patches[0]}" ] || die "no patches in $hypervisor/patches/$version"
}

# --- dependencies -----------------------------------------------------------------------------
packages=(gcc libc6-dev g++ dpkg-dev make ninja-build meson pkg-config python3 python3-venv patch perl
          libglib2.0-dev libpixman-1-dev zlib1g-dev libfdt-dev flex bison
          # firmware and option ROMs, which are taken from the distribution
          qemu-system-data seabios ipxe-qemu)

install_needs() {
    local package missing=() root=()
    for package in "${packages[@]}"; do
        dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
            missing+=("$package")
    done
    [ ${#missing[@]} != 0 ] || return 0
    if [ "${NO_INSTALL:-}" = 1 ]; then
        die "missing: apt-get install ${missing[*]}"
    fi
    say "installing: ${missing[*]}"
    [ "$(id -u)" = 0 ] || root=(sudo)
    "${root[@]}" apt-get install -y -q --no-install-recommends "${missing[@]}" >&2 ||
        die "apt-get could not install: ${missing[*]}"
}

# --- the archive ------------------------------------------------------------------------------
# "URI KEYRING" of the Debian archive: the first source that offers a suite main, but no -security
archive() {
    local file
    for file in /etc/apt/sources.list.d/*.sources; do
        [ -e "$file" ] || continue
        awk 'function done() {
                 if (types ~ /deb/ && components ~ /(^| )main( |$)/ && suites !~ /-security/ &&
                     suites ~ /^(stable|oldstable|testing|bookworm|trixie)( |$)/ && uri != "")
                     print uri, (key == "" ? "-" : key)
                 types = uri = suites = components = key = ""
             }
             /^[ \t]*$/ { done() } /^#/ { next } { name = tolower($1); $1 = ""; sub(/^ /, "") }
             name == "types:" { types = $0 } name == "uris:" { uri = $1 }
             name == "suites:" { suites = $0 } name == "components:" { components = $0 }
             name == "signed-by:" { key = $1 }
             END { done() }' "$file"
    done
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [ -e "$file" ] || continue
        awk '$1 == "deb" || $1 == "deb-src" {
                 key = "-"
                 if (match($0, /\[[^]]*\]/)) {
                     options = substr($0, RSTART + 1, RLENGTH - 2)
                     sub(/\[[^]]*\]/, "")
                     if (match(options, /signed-by=[^ ]*/))
                         key = substr(options, RSTART + 10, RLENGTH - 10)
                 }
                 if ($3 ~ /^(stable|oldstable|testing|bookworm|trixie)$/ && / main/) print $2, key
             }' "$file"
    done
}

# apt runs with a configuration of its own: the archive that this host uses already, as deb-src, and
# as deb for what the build needs from the suite but must not install on this host.
configure_apt() {
    local uri key option='' directory=$cache/apt/$suite
    apt_options=(-q -o "Dir::Etc::sourcelist=$directory/sources.list" -o Dir::Etc::sourceparts=/dev/null
                 -o "Dir::State::lists=$directory/lists" -o "Dir::Cache=$directory/cache"
                 -o APT::Get::List-Cleanup=0)
    [ "$(id -u)" != 0 ] || apt_options+=(-o APT::Sandbox::User=root)
    mkdir -p "$directory/lists/partial" "$directory/cache/archives/partial"
    read -r uri key < <(archive) || true
    [ -n "${uri:-}" ] || no_source "no Debian archive in /etc/apt/sources.list or sources.list.d"
    # a key that is given inline, or none: the distribution's own keyring
    [ -r "$key" ] || key=/usr/share/keyrings/debian-archive-keyring.gpg
    [ -r "$key" ] && option="[signed-by=$key] "
    printf '%s\n' "deb-src $option$uri $suite main" "deb $option$uri $suite main" \
        > "$directory/sources.list"
}

# The archive is asked for the newest version, but a build that is there must not depend on its answering.
find_source() {
    mkdir -p "$cache"
    exec 9> "$cache/qemu-$version.lock"
    flock -n 9 || { say "another build of QEMU $version is under way, waiting for it"; flock 9; }
    command -v apt-get > /dev/null || no_source "apt-get is not here: the source comes from Debian"
    configure_apt
    say "looking for the source of QEMU $version"
    apt-get "${apt_options[@]}" update >&2 || say "the archive cannot be reached, trying what is here"
    full=$(apt-cache "${apt_options[@]}" showsrc --only-source qemu 2>/dev/null |
        awk -v want=":$version" '/^Version:/ && (at = index($2, want)) && substr($2, at + length(want)) !~ /^[0-9]/ {
                print $2 }' | sort -V | tail -1) || full=
    [ -n "$full" ] || no_source "no source package of QEMU $version can be had"
}

unpack_source() {
    say "fetching qemu $full"
    # apt checks what it fetches against the archive's signed index, dpkg-source checks the .dsc's sums
    (cd "$1" && apt-get "${apt_options[@]}" source --only-source --download-only "qemu=$full") >&2 ||
        no_source "the source of qemu $full cannot be had"
    (cd "$1" && dpkg-source --require-strong-checksums --no-copy -x qemu_*.dsc source) >&2 ||
        die "the source of qemu $full does not unpack"
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
# Everything is switched off but what the tests use. All devices of the target stay in.
configure_source() {
    local directory=$1 name=$2
    shift 2
    mkdir "$directory/build"
    (cd "$directory/build" &&
        ../source/configure --target-list=x86_64-softmmu --without-default-features --enable-system \
            --enable-tcg --enable-kvm --enable-trace-backends=log --disable-install-blobs \
            --with-pkgversion="$name" \
            --firmwarepath=/usr/share/qemu:/usr/share/seabios:/usr/lib/ipxe/qemu "$@")
}
