#!/usr/bin/env bats
# tools/record: a boot's configuration accesses, out of QEMU's trace.

# shellcheck disable=SC2030,SC2031,SC2154  # bats sets status and output, helpers the rest
load helpers

@test "SeaBIOS's boot, recorded anew, is the record of the tree, access for access" {
    record=$root/tests/records/seabios.rec
    # Firmware comes with the distribution; another release's reads and writes other things.
    have=$(qemu-system-x86_64 --version | sed -nE '1s/.*version ([0-9]+\.[0-9]+).*/\1/p')
    made=$(sed -nE 's/^# QEMU.* version ([0-9]+\.[0-9]+).*/\1/p' "$record")
    [[ $made ]]
    [[ $have == "$made" ]] || skip "the record is of QEMU $made's SeaBIOS, here is $have"
    "$tools/record" seabios "$BATS_TEST_TMPDIR/new"
    diff <(grep -v '^#' "$record") <(grep -v '^#' "$BATS_TEST_TMPDIR/new")
}

# trace LINE...: a trace of these, each "read|write ADDRESS VALUE SIZE REGION".
trace() {
    local line operation address value size region
    for line; do
        read -r operation address value size region <<<"$line"
        echo "memory_region_ops_$operation cpu 0 mr 0x55 addr $address value $value size $size name '$region'"
    done >"$BATS_TEST_TMPDIR/trace"
}

@test "a trace of any machine becomes a record: ports, ECAM, kinds and sweeps" {
    trace 'write 0xcf8 0x80000008 4 pci-conf-idx' 'read 0xcfc 0x06000000 4 pci-conf-data' \
        'write 0xcf8 0x80000000 4 pci-conf-idx' 'read 0xcfc 0x8086 2 pci-conf-data' \
        'write 0xcf9 0x6 1 pci-conf-idx' 'read 0xcfe 0x29c0 2 pci-conf-data' \
        'write 0xcf8 0x0 4 pci-conf-idx' 'read 0xcfc 0xffffffff 4 pci-conf-data' \
        'read 0x510 0x0 2 fwcfg' 'read 0xc0010000 0xc1b36 4 pcie-mmcfg-mmio' 'read 0xc001000e 0x1 1 pcie-mmcfg-mmio' \
        'read 0xc0010034 0x40 1 pcie-mmcfg-mmio' 'read 0xc0010040 0x420010 4 pcie-mmcfg-mmio' \
        'write 0xc0010004 0x7 2 pcie-mmcfg-mmio' 'read 0xc0018000 0xffffffff 4 pcie-mmcfg-mmio' \
        'read 0xc0020000 0xffffffff 4 pcie-mmcfg-mmio' 'read 0xc0028000 0xffffffff 4 pcie-mmcfg-mmio'
    "$tools/record" --trace "$BATS_TEST_TMPDIR/trace" --ecam 0xc0000000 - >"$BATS_TEST_TMPDIR/record"
    diff - "$BATS_TEST_TMPDIR/record" <<'END'
barometer-record 1
# From a trace of QEMU.
function 00:00.0 host
function 00:02.0 port
00:00.0 r08 r00.2 r02.2
00:02.0 r00 r0e.1 r34.1 r40 w04.2=7
00:03.0-00:05.0/8 r00
END
}

@test "what cannot become a record is refused" {
    trace 'read 0x510 0x0 2 fwcfg'
    run "$tools/record" --trace "$BATS_TEST_TMPDIR/trace" "$BATS_TEST_TMPDIR/record"
    ((status == 1))
    [[ $output == *'no configuration access at all'* && ! -e $BATS_TEST_TMPDIR/record ]]
    run "$tools/record" --trace "$BATS_TEST_TMPDIR/none" "$BATS_TEST_TMPDIR/record"
    ((status == 1))
    run "$tools/record" "$BATS_TEST_TMPDIR/record"
    ((status == 2))
}
