# shellcheck shell=bash
# Sources and packages from the Debian archive that this host uses already, of any suite, and a cache for what is built of them.
# Sourced, not run; needs bash with -euo pipefail. Messages go to standard error.
#
# cache                          where everything is kept
# say, die, no_source MESSAGE    name the script; die ends with status 1, no_source with 77
# archive                        prints "URI KEYRING" of the archive
# configure_apt                  sets apt_options, with which apt knows that archive and $suite
# lock_build NAME WHAT           takes the lock of these builds on descriptor 9; what runs long is started without it
# open_archive NAME WHAT         the lock, and the newest list of packages in $suite that can be had
# find_source NAME WHAT PACKAGE [VERSION]   the same, and sets full, the newest source package of the name, of upstream's VERSION
# unpack_source PACKAGE DIR      the source of $full in DIR/source, with Debian's patches
# find_series FOLDER             sets series, the patches in it, in order; there may be none
# apply_patch DIR PATCH          to DIR/source
# apply_patches PATCH...         tree/source, which is kept from build to build, with just these; the caller's unpack_tree makes it, and
#                                tree/full with what it is of
# patch_changes PATCH...         what they change, without what their messages say: for the names of what is kept
# install_packages PACKAGE...    those that are missing; with NO_INSTALL=1 ends with status 1 and names them
#
# Where a source cannot be had, the caller ends with status 77; with 1 if anything else goes wrong.

cache=${XDG_CACHE_HOME:-$HOME/.cache}/barometer

say() { echo "${0##*/}: $*" >&2; }
die() { say "$*"; exit 1; }
no_source() { say "$*"; exit 77; }

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
# shellcheck disable=SC2154  # suite is the caller's
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

lock_build() {
    mkdir -p "$cache"
    exec 9> "$cache/$1.lock"
    flock -n 9 || { say "another build of $2 is under way, waiting for it"; flock 9; }
}

# The archive is asked for the newest version, but a build that is there must not depend on its answering.
open_archive() {
    lock_build "$@"
    command -v apt-get > /dev/null || no_source "apt-get is not here: the source comes from Debian"
    configure_apt
    say "looking for the source of $2"
    apt-get "${apt_options[@]}" update >&2 || say "the archive cannot be reached, trying what is here"
}

# A version is EPOCH:UPSTREAM-REVISION; the digit after UPSTREAM would make it another one.
find_source() {
    open_archive "$1" "$2"
    full=$(apt-cache "${apt_options[@]}" showsrc --only-source "$3" 2>/dev/null | awk -v want="${4:+:$4}" '
        /^Version:/ && (at = index($2, want)) && (want == "" || substr($2, at + length(want)) !~ /^[0-9]/) { print $2 }' |
        sort -V | tail -1) || full=
    [ -n "$full" ] || no_source "no source package of $2 can be had"
}

unpack_source() {
    say "fetching $1 $full"
    # apt checks what it fetches against the archive's signed index, dpkg-source checks the .dsc's sums
    (cd "$2" && apt-get "${apt_options[@]}" source --only-source --download-only "$1=$full") >&2 ||
        no_source "the source of $1 $full cannot be had"
    (cd "$2" && dpkg-source --require-strong-checksums --no-copy -x "$1"_*.dsc source) >&2 ||
        die "the source of $1 $full does not unpack"
}

# --- patches ----------------------------------------------------------------------------------
find_series() {
    shopt -s nullglob
    # shellcheck disable=SC2034  # for the caller
    series=("$1"/*.patch)
    shopt -u nullglob
}

apply_patch() {
    patch -d "$1/source" -p1 -s --no-backup-if-mismatch < "$2" >&2 || die "${2##*/} does not apply to $full"
}

# Only what differs from what is applied is taken back, so that make compiles only what that touches. A tree without `full` is not whole.
apply_patches() {
    local i=0 patch applied
    unpack_tree
    shopt -s nullglob
    applied=("$tree/applied"/*)
    shopt -u nullglob
    while [ $# != 0 ] && [ -e "${applied[i]-}" ] && cmp -s "$1" "${applied[i]}"; do
        : $((i += 1))
        shift
    done
    rm "$tree/full"
    for patch in $(printf '%s\n' "${applied[@]:i}" | sort -r); do
        patch -R -d "$tree/source" -p1 -s --no-backup-if-mismatch < "$patch" >&2 || die "${patch##*/} cannot be taken back"
        rm "$patch"
    done
    for patch; do
        apply_patch "$tree" "$patch"
        cp "$patch" "$tree/applied/$(printf %02d "$i")"
        : $((i += 1))
    done
    echo "$full" > "$tree/full"
}

# A message ends where the first file's changes begin, with git's heading or without.
patch_changes() {
    local patch
    for patch; do awk '/^diff --git / || /^--- [^ ]/ { on = 1 } on' "$patch"; done
}

# --- packages of this host --------------------------------------------------------------------
install_packages() {
    local package missing=() root=()
    for package; do
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
