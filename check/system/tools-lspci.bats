#!/usr/bin/env bats
# tools/lspci: a dump replayed is the machine, for every decoder that reads lspci -xxxx.

# shellcheck disable=SC2016,SC2030,SC2031,SC2054,SC2154  # bats sets status and output, helpers the rest; QEMU's commas
bats_require_minimum_version 1.5.0
load helpers
load logs

setup_file() {
    log=$BATS_FILE_TMPDIR/run.log boot --boot efi --pv off --append 'tests=dump'
    ((status == 0))
}

setup() { command -v lspci >/dev/null || skip 'no lspci'; }

@test "lspci -F prints the bytes that were dumped, all functions, 256 or 4096 of each" {
    "$tools/lspci" "$(whole)" -n -xxxx 2>/dev/null >"$BATS_TEST_TMPDIR/out"
    "$tools/lspci" "$(whole)" --raw >"$BATS_TEST_TMPDIR/raw"
    run "$BATS_TEST_DIRNAME/compare-lspci" "$BATS_TEST_TMPDIR/out" "$BATS_TEST_TMPDIR/raw"
    echo "$output"
    ((status == 0))
    [[ $output == *'24 functions, '*' 0 differences' ]]
    (($(grep -c '^f0: ' "$BATS_TEST_TMPDIR/out") == 24))
    # Express functions have extended space, conventional ones have not.
    (($(grep -c '^ff0: ' "$BATS_TEST_TMPDIR/out") > 4))
    (($(grep -c '^ff0: ' "$BATS_TEST_TMPDIR/out") < 20))
}

@test "decoders work: -vvv, -t, -s" {
    run "$tools/lspci" "$(whole)" -vvv -s 00:08.0
    ((status == 0))
    [[ $output == *'Express (v2) Root Port'* && $output == *'Advanced Error Reporting'* ]]
    run "$tools/lspci" "$(whole)" -t
    ((status == 0))
    [[ $output == *'1f.3'* ]]
}

# bats test_tags=long
@test "the same as Linux's own lspci -xxxx on the same machine, volatile registers aside" {
    command -v apt-get >/dev/null || skip 'needs Debian packages'
    local -A reference=([qemu]=qemu-system-x86_64 [type]=q35 [devices]=default [build]=$images)
    # shellcheck source=tools/machines.sh
    . "$root/tools/machines.sh"
    find_ovmf reference
    qemu_command command reference tcg efi ''
    # The same command without our image, which linux-lspci replaces by Linux.
    local linux=() skip_next='' word
    for word in "${command[@]}"; do
        if [[ $skip_next ]]; then
            skip_next=''
        elif [[ $word == -kernel || $word == -append ]]; then
            skip_next=yes
        else
            linux+=("$word")
        fi
    done
    run "$BATS_TEST_DIRNAME/linux-lspci" "$BATS_TEST_TMPDIR/linux" "${linux[@]}"
    ((status != 77)) || skip "the kernel cannot be had: $output"
    ((status == 0)) || { echo "$output"; false; }
    "$tools/lspci" "$(whole)" -n -D -xxxx 2>/dev/null >"$BATS_TEST_TMPDIR/ours"
    run "$BATS_TEST_DIRNAME/compare-lspci" "$BATS_TEST_TMPDIR/linux" "$BATS_TEST_TMPDIR/ours"
    echo "$output"
    ((status == 0))
}

@test "dump is not in the default set, and a log without it is refused by name" {
    boot --boot pvh --pv off --append 'tests=acpi.tables'
    run --separate-stderr "$tools/lspci" "$log"
    ((status == 2))
    [[ $stderr == *'no dump in it; boot with the option tests=dump'* ]]
    boot --boot pvh --pv off --append 'list'
    logged '^# dump \(only on request\)'
}

@test "a dump with a line missing is refused" {
    grep -v '^# 40: ' "$(whole)" >"$BATS_TEST_TMPDIR/hole.log"
    run --separate-stderr "$tools/lspci" "$BATS_TEST_TMPDIR/hole.log"
    ((status == 2))
    [[ $stderr == *'offset 50h where 40h should be'* ]]
}
