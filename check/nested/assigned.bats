#!/usr/bin/env bats
# Functions of the inner host, given to guests by VFIO: check/nested/lab --assign has them.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154,SC2314  # bats sets status and output, helpers the rest
load helpers

e1000e=0000:00:10.0 nvme=0000:00:11.0 edu=0000:00:12.0 two=(0000:00:13.0 0000:00:13.1)

setup_file() {
    [[ -e /sys/bus/pci/devices/$nvme/iommu_group ]] || skip 'no IOMMU, or nothing to give away'
    "$root/check/nested/assign" "$e1000e" "$nvme" "$edu" "${two[@]}"
}

# assigned OPTIONS RUN.SH-OPTIONS... -- [ADDRESS...]: they become 00:08.0, 00:09.0 and so on.
assigned() {
    local options=$1 slot=8 at devices=() ours=()
    shift
    while [[ $1 != -- ]]; do
        ours+=("$1")
        shift
    done
    shift
    for address; do
        printf -v at %x "$((slot++))"
        devices+=(-device "vfio-pci,host=$address,rombar=0,addr=$at.0")
    done
    boot --accel kvm --boot pvh --pv off --devices none --append "$options$emulated" "${ours[@]}" -- "${devices[@]}" -device virtio-net-pci,addr=5
}

@test "e1000e: everything" {
    assigned 'budget=1' -- "$e1000e"
    passed
    holds 'any(.[]; .bdf == "00:08.0" and .device == "0x10d3")' function
}

@test "nvme: all rules, the destructive ones too" {
    assigned 'tests=enumerate.*,rule.* budget=1' -- "$nvme"
    passed
    holds 'any(.[]; .bdf == "00:08.0" and .class == "0x010802")' function
}

@test "both functions of one device: all rules, the destructive ones too" {
    assigned 'tests=enumerate.*,rule.* budget=1' -- "${two[@]}"
    passed
    holds '[.[] | select(.device == "0x10d3")] | length == 2' function
}

# QEMU says of edu that it cannot be reset, and with that overwrites what qboot knows the image by: docs/assigned.md.
@test "e1000e, nvme and edu, which has no reset: all rules, through SeaBIOS" {
    export BAROMETER_QEMU_ARGS='-bios bios-256k.bin'
    assigned 'tests=enumerate.*,rule.* budget=1' -- "$e1000e" "$nvme" "$edu"
    passed
    holds 'any(.[]; .bdf == "00:0a.0" and .device == "0x11e8")' function
}

@test "patched QEMU, read-only ECAM: assigned functions trap in all parts, all around them is read directly" {
    patched_or_skip
    export BAROMETER_QEMU_ARGS='-global pcie-host-bridge.ecam-readonly=on'
    assigned 'tests=enumerate.*,access.direct,rule.identity.*,rule.lane.*,rule.coherence.* budget=1' --qemu "$BAROMETER_PATCHED" -- "$e1000e" "$nvme"
    passed
    holds '[.[] | select([.header, .low, .extended] != ["direct", "direct", "direct"])] | map([.first, .last, .header, .low, .extended]) == [
        ["00:08.0", "00:08.0", "exit", "exit", "exit"], ["00:09.0", "00:09.0", "exit", "exit", "exit"]]' direct
}

@test "reset from the host while the guest reads: no read is wrong" {
    resets=$BATS_TEST_TMPDIR/resets
    : >"$resets"
    while sleep 1; do
        if grep -aqs '^# running soak' "$log"; then
            for address in "$e1000e" "$nvme"; do echo 1 >"/sys/bus/pci/devices/$address/reset" && echo "$address" >>"$resets"; done
        fi
    done 2>/dev/null 3>&- &
    resetting=$!
    assigned 'tests=soak.* budget=6000' -- "$e1000e" "$nvme"
    kill "$resetting"
    passed
    (($(wc -l <"$resets") >= 4))
    holds 'length == 2 and all(.[]; .wrong == 0)' soak
}

@test "reads of BARs and capability pointer are answered by QEMU alone, all others of the header by the device" {
    run "$root/check/nested/assigned-reads" "$e1000e"
    ((status == 0)) || { tail -n 5 <<<"$output"; return 1; }
    table=$(grep '^| ' <<<"$output")
    [[ ! -d /mnt/out ]] || echo "$table" >/mnt/out/assigned-reads
    echo "$table"
    awk -F '|' '/BARs/ { bars = $3 > 0 && $4 == 0 } /rest of the header/ { rest = $3 > 0 && $3 == $4 } END { exit !(bars && rest) }' <<<"$table"
}
