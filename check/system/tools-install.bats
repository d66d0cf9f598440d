#!/usr/bin/env bats
# What make install puts where, and the command barometer. The Debian package, installed in a clean Debian, is make test-deb's.

# shellcheck disable=SC2016,SC2030,SC2031,SC2054,SC2154  # bats sets status and output, helpers the rest
bats_require_minimum_version 1.5.0
load helpers

# One installation for all, in a folder with a space; nobody may write there.
setup_file() {
    "$root/tools/make-iso" "$images/barometer.efi" "$BATS_FILE_TMPDIR/barometer.iso"
    mkdir "$BATS_FILE_TMPDIR/build"
    cp "$images"/barometer.{efi,elf,bz} "$images/version" "$BATS_FILE_TMPDIR/build/"
    mv "$BATS_FILE_TMPDIR/barometer.iso" "$BATS_FILE_TMPDIR/build/"
    (umask 077 && BUILD=$BATS_FILE_TMPDIR/build "$root/package/install" "$BATS_FILE_TMPDIR/a place" /usr/local)
    chmod -R a-w "$BATS_FILE_TMPDIR/a place"
    touch "$BATS_FILE_TMPDIR/installed"
}

teardown_file() { chmod -R u+w "$BATS_FILE_TMPDIR/a place"; }

place="$BATS_FILE_TMPDIR/a place/usr/local"
barometer() { "$place/bin/barometer" "$@"; }

setup() {
    unset BUILD
    mkdir "$BATS_TEST_TMPDIR/a folder"
    cd "$BATS_TEST_TMPDIR/a folder"
}

@test "barometer run: the log is in the current folder, or where --log says; nothing is written to the installation" {
    barometer run --accel tcg --boot pvh --timeout "$patience" --append "$quick" >out 2>&1
    grep -q '"status":"pass"' serial.log
    barometer run --accel tcg --boot pvh --timeout "$patience" --append list --log other.log -- -name again >out 2>&1 || ((${?} == 77))
    [[ -s other.log ]]
    barometer report -o page.html serial.log
    barometer report --markdown serial.log | grep -q '^    ./run.sh --accel tcg'
    barometer compare serial.log serial.log
    [[ -z $(find "$place" -newer "$BATS_FILE_TMPDIR/installed" -print) ]]
}

@test "whoever's umask installed it, everybody can read and run it" {
    [[ -z $(find "$place" ! -type l ! -perm -444 -print -o -type d ! -perm -111 -print) ]]
    [[ -x $place/lib/barometer/run.sh && ! -x $place/lib/barometer/build/barometer.elf ]]
    cmp "$place/lib/barometer/build/barometer.efi" "$images/barometer.efi"
    [[ $(barometer version) == "$(cat "$images/version")" ]]
    [[ $(barometer images) -ef $place/lib/barometer/build ]]
}

@test "barometer log-crc, count-exits" {
    {
        echo 'KTAP version 1'
        echo '{"kind":"done","status":"pass","accesses":{"cf8_read":0,"cf8_write":0,"cfc_read":0,"cfc_write":0,"ecam_read":0,"ecam_write":0,"calls":0}}'
    } >serial.log
    [[ $(barometer log-crc serial.log) == "$("$tools/log-crc" serial.log)" ]]
    printf ' qemu-7-100 [000] .... 1.%d: kvm_pio: pio_write at 0x80 size 1 count 1 val 0x%s\n' 1 b0 2 b1 >trace
    barometer count-exits serial.log trace
}

@test "barometer make-raw, disk-format, disk-words: a disk from what is installed" {
    barometer make-raw "$(barometer images)/barometer.efi" barometer.raw 'budget=5'
    barometer disk-format barometer.raw barometer.qcow2
    [[ $(barometer disk-words barometer.qcow2) == budget=5 ]]
    barometer disk-words barometer.qcow2 list
    [[ $(barometer disk-words barometer.qcow2) == list ]]
    [[ -z $(find "$place" -newer "$BATS_FILE_TMPDIR/installed" -print) ]]
}

# run-virsh itself is tools-disk.bats'. A virsh that fails is enough to see what it is given.
@test "barometer libvirt-virsh: image, folder and log are here" {
    mkdir bin
    printf '#!/bin/sh\necho "$*" >>calls\nexit 1\n' >bin/virsh
    chmod +x bin/virsh
    run env PATH="$PWD/bin:$PATH" "$place/bin/barometer" libvirt-virsh
    ((status == 2))
    [[ $output == *'barometer.qcow2 is missing'* && ! -e calls ]]
    echo disk >barometer.qcow2
    run env PATH="$PWD/bin:$PATH" "$place/bin/barometer" libvirt-virsh
    ((status == 2))
    grep -qF "create $PWD/libvirt/barometer.xml" calls
    cmp barometer.qcow2 libvirt/barometer.qcow2
    grep -qF "'$PWD/libvirt/serial.log'" libvirt/barometer.xml
    [[ -z $(find "$place" -newer "$BATS_FILE_TMPDIR/installed" -print) ]]
}

@test "the same command works from a clone" {
    [[ $("$root/package/barometer" run --help) == *'usage: barometer run'* ]]
    run "$root/package/barometer"
    ((status == 2))
    run "$root/package/barometer" nonsense
    ((status == 2))
    [[ $output == *"there is no command 'nonsense'"* ]]
}

@test "every command of the help text is there, completed, and in the manual page" {
    local name
    for name in $(barometer complete); do
        barometer help | grep -qE "(^  |, )$name" || [[ $name == help ]] || { echo "help: $name"; return 1; }
        zcat "$place/share/man/man1/barometer.1.gz" | sed 's/\\-/-/g' | grep -q -- "$name" || { echo "manual: $name"; return 1; }
        case $name in images | version | help) continue ;; esac
        [[ -n $(barometer "$name" --help) ]]
    done
}

@test "the manual page is sound" {
    command -v man >/dev/null || skip 'no man'
    run --separate-stderr env LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$place/share/man/man1/barometer.1.gz"
    [[ -z $stderr ]] || { echo "$stderr"; return 1; }
}

@test "bash and zsh complete commands, options and their values" {
    PATH=$place/bin:$PATH run bash -c '. "$1/share/bash-completion/completions/barometer"
        try() { COMP_WORDS=(barometer "$@") COMP_CWORD=$# COMPREPLY=(); _barometer; echo "${COMPREPLY[*]}"; }
        try jun; try run --machine ""; try run --time; try run -- --acc' - "$place"
    [[ $output == $'junit\nq35 pc microvm\n--timeout' ]]
    command -v zsh >/dev/null || skip 'no zsh'
    PATH=$place/bin:$PATH run zsh -fc '
        compadd() { print -r -- ${(P)2}; }; _files() { print files; }
        try() { words=(barometer "$@") CURRENT=$(( $# + 1 )); . $place/_barometer; }
        place=$1; try ""; try run --accel ""; try report --m; try lspci ""; try run -- --acc' - "$place/share/zsh/site-functions"
    [[ ${lines[0]} == 'run report compare '* && ${lines[1]} == 'auto kvm tcg' && ${lines[2]} == *--markdown* && ${lines[3]} == files && ${lines[4]} == files ]]
}
