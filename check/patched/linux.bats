#!/usr/bin/env bats
# Linux as a witness: Debian's cloud kernel on the reference machine sees the same with the patches' features as without QEMU's patches.

# shellcheck disable=SC2030,SC2031,SC2154,SC2314  # bats sets status and output, helpers the rest
load ../system/helpers

linux=$root/hypervisor/linux

setup_file() {
    "$root/hypervisor/linux/fetch" >/dev/null || {
        export no_linux='the kernel cannot be had'
        return 0
    }
    # Two boots, since what the kernel says differs a little from one to the next.
    local stock=${BAROMETER_STOCK:-qemu-system-x86_64}
    "$root/hypervisor/linux/boot" --qemu "$stock" --output "$BATS_FILE_TMPDIR/stock" report
    "$root/hypervisor/linux/boot" --qemu "$stock" --output "$BATS_FILE_TMPDIR/again" report
}

setup() {
    [[ ${BAROMETER_QEMU-} ]] || skip 'BAROMETER_QEMU does not say where the patched QEMU is'
    [[ -z ${no_linux-} ]] || skip "$no_linux"
}

# sees_the_same FEATURES [QEMU-ARGS...]: lspci -xxxx and iomem byte for byte; sets `output` to the new kernel messages.
sees_the_same() {
    local features=$1 what
    shift
    "$linux/boot" --qemu "$BAROMETER_QEMU" --features "$features" --output "$BATS_TEST_TMPDIR/new" report -- "$@"
    for what in lspci config iomem; do
        diff "$BATS_FILE_TMPDIR/stock/$what" "$BATS_TEST_TMPDIR/new/$what"
    done
    output=$("$linux/new-messages" "$BATS_TEST_TMPDIR/new/dmesg" "$BATS_FILE_TMPDIR/stock/dmesg" "$BATS_FILE_TMPDIR/again/dmesg")
}

@test "features off: the same configuration space and resources, nothing new in the log" {
    sees_the_same ''
    [[ -z $output ]] || { echo "$output"; return 1; }
}

@test "read-only ECAM and the table: the same configuration space and resources, nothing new in the log" {
    sees_the_same ecam,masks
    [[ -z $output ]] || { echo "$output"; return 1; }
}

@test "CF8 hidden as well: the same, read through ECAM alone, and the log says just that" {
    sees_the_same ecam,masks,hide
    [[ $output == 'PCI: not using MMCONFIG
PCI: Fatal: No config space access function found
PCI: MMCONFIG at [mem 0xb0000000-0xbfffffff] reserved in ACPI motherboard resources' ]] || { echo "$output"; return 1; }
}

@test "CF8 hidden: at most 2,000 trapped accesses after firmware, none of them a read of ECAM" {
    "$linux/boot" --qemu "$BAROMETER_QEMU" --features ecam,masks,hide count >"$BATS_TEST_TMPDIR/count"
    cat "$BATS_TEST_TMPDIR/count"
    jq -e '.trapped <= 2000 and .linux["ecam read"] == 0 and .linux["ecam write"] > 100' "$BATS_TEST_TMPDIR/count"
}

@test "CF8 hidden: OVMF boots Linux" {
    "$linux/boot" --qemu "$BAROMETER_QEMU" --boot efi --features ecam,masks,hide report | tee "$BATS_TEST_TMPDIR/said"
    jq -e '.functions == 24 and .access == "no configuration type: ECAM alone"' "$BATS_TEST_TMPDIR/said"
}

@test "hot plug into a root port and removal, through ACPI" {
    "$linux/boot" --qemu "$BAROMETER_QEMU" --features ecam,masks,hide --output "$BATS_TEST_TMPDIR/with" hotplug | tee "$BATS_TEST_TMPDIR/said"
    jq -e '.before == 24 and (.plugged | length == 1) and (.plugged[0] | test("1af4:1041"))' "$BATS_TEST_TMPDIR/said"
    # What lspci shows of the new function, and of all the others after it went, is what it shows without read-only ECAM.
    "$linux/boot" --qemu "$BAROMETER_QEMU" --output "$BATS_TEST_TMPDIR/without" hotplug >/dev/null
    diff "$BATS_TEST_TMPDIR/without/plugged" "$BATS_TEST_TMPDIR/with/plugged"
    diff "$BATS_TEST_TMPDIR/without/unplugged" "$BATS_TEST_TMPDIR/with/unplugged"
}

@test "hot plug into a root port and removal, native PCI Express" {
    "$linux/boot" --qemu "$BAROMETER_QEMU" --features ecam,masks,hide hotplug -- \
        -global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off | jq -e '.plugged | length == 1'
}

@test "suspend to RAM and back: all that is read afterwards is what is read on stock QEMU" {
    "$linux/boot" --qemu "$BAROMETER_QEMU" --features ecam,masks --output "$BATS_TEST_TMPDIR/with" suspend | jq -e '.functions == 24 and .after == 24'
    "$linux/boot" --qemu "${BAROMETER_STOCK:-qemu-system-x86_64}" --output "$BATS_TEST_TMPDIR/without" suspend >/dev/null
    diff "$BATS_TEST_TMPDIR/without/before" "$BATS_TEST_TMPDIR/with/before"
    diff "$BATS_TEST_TMPDIR/without/after" "$BATS_TEST_TMPDIR/with/after"
    grep -q '^00: 86 80 c0 29' "$BATS_TEST_TMPDIR/with/after"
}
