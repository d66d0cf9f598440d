#!/usr/bin/env bats
# The table that is captured from outside, and its decoder.

# shellcheck disable=SC2030,SC2031,SC2154,SC2314  # bats sets status and output, helpers the rest
load helpers

setup() { table=$BATS_TEST_TMPDIR/table; }

decoded() { "$root/hypervisor/capture" --decode "$table"; }

decoded_holds() { decoded | jq -e "$1" >/dev/null || { echo "does not hold: $1"; decoded | jq -c '.entries[]'; return 1; }; }

refused() {
    run "$root/hypervisor/capture" --decode "$table"
    ((status == 1))
    [[ $output == *"not a valid table: $1"* ]] || { echo "$output"; return 1; }
}

@test "the reference machine: 24 functions, depth first, bus numbers as firmware left them" {
    capture_table "$table"
    decoded_holds '.entries | length == 24'
    decoded_holds '[.entries[].path | length] | max == 4'
    decoded_holds '[.entries[].path | join("/")] | . == sort'
    # Every bridge's value[2] is as qboot left it, although the capture renumbered it on the way.
    decoded_holds '[.entries[] | select(.header_type == "0x01") | .value[2]] == ["0x00060600", "0x00050500",
        "0x00040200", "0x00040302", "0x00040403", "0x00010100"]'
}

@test "an edu device: the one BAR of 1 MiB, nothing else" {
    capture_table "$table" --devices none -- -device edu
    decoded_holds '[.entries[] | select(.vendor_device == "0x11e81234")] | length == 1 and
        (.[0] | .mask == ["0xfff00000", "0x00000000", "0x00000000", "0x00000000", "0x00000000", "0x00000000"] and
        .rom_mask == "0x00000000")'
}

@test "a BAR of 8 GiB keeps its type bits and its upper half" {
    capture_table "$table" --devices none -- -device pci-testdev,membar=8G
    decoded_holds '[.entries[] | select(.vendor_device == "0x00051b36") | .mask[2:4]] == [["0x0000000c", "0xfffffffe"]]'
}

@test "extra root buses are found, in order, their trees under them" {
    capture_table "$table" --devices none -- -device pxb-pcie,id=y,bus_nr=0x40,bus=pcie.0 \
        -device pxb-pcie,id=x,bus_nr=0x02,bus=pcie.0 -device pcie-root-port,id=a,chassis=1,bus=x -device e1000e,bus=a \
        -device pcie-root-port,id=b,chassis=2,bus=y -device pcie-pci-bridge,id=c,bus=b -device e1000,bus=c,addr=3 \
        -device pcie-root-port,id=d,chassis=3,bus=pcie.0 -device pcie-pci-bridge,id=e,bus=d -device pci-bridge,id=f,chassis_nr=4,bus=e,addr=1 \
        -device edu,bus=f,addr=7
    decoded_holds '[.entries[].root_bus] | . == sort and unique == ["00", "02", "40"]'
    decoded_holds '[.entries[] | select(.root_bus == "40") | .path | length] == [1, 2, 3]'
    decoded_holds '[.entries[] | select(.root_bus == "02") | .path | length] == [1, 2]'
    decoded_holds '[.entries[] | select(.vendor_device == "0x11e81234") | .path | length] == [4]'
    # qboot numbers no bridge on an extra root bus.
    decoded_holds '[.entries[] | select(.root_bus != "00" and .header_type == "0x01") | .value[2]] | unique == ["0x00000000"]'
}

@test "microvm, which has ECAM and no CF8" {
    capture_table "$table" --machine microvm
    decoded_holds '.entries | length == 20 and .[0].vendor_device == "0x00081b36"'
}

@test "a machine without PCI is said to be one" {
    run capture_table "$table" --machine microvm --devices none -- -M pcie=off
    ((status == 1))
    [[ $output == *'has no PCI'* ]]
    [[ ! -e $table ]]
}

@test "a machine that QEMU cannot start is said to be one" {
    run capture_table "$table" --devices none -- -device nonesuch
    ((status == 1))
    [[ $output == *nonesuch* ]]
}

@test "a damaged table is refused, and told what is wrong" {
    capture_table "$table" --devices none
    cp "$table" "$table.good"
    truncate -s 20 "$table"; refused magic
    cp "$table.good" "$table"; patch_table "$table" 0 00; refused magic
    cp "$table.good" "$table"; patch_table "$table" 8 02; refused version
    cp "$table.good" "$table"; patch_table "$table" 10 1e; refused 'header length'
    cp "$table.good" "$table"; truncate -s -4 "$table"; refused 'total length'
    cp "$table.good" "$table"; printf '\x55' | dd of="$table" bs=1 seek=60 conv=notrunc status=none; refused checksum
    cp "$table.good" "$table"; patch_table "$table" 37 00; refused 'entry length'
    cp "$table.good" "$table"; patch_table "$table" 16 05; refused 'entry outside'
    cp "$table.good" "$table"; patch_table "$table" 16 03; refused 'bytes after'
}
