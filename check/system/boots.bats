#!/usr/bin/env bats
# The image boots on every kind of machine it claims, by every way in. What it measures there is for other files.

# shellcheck disable=SC2030,SC2031,SC2154,SC2314  # bats sets status and output, helpers the rest
load helpers

setup_file() {
    # A FAT volume with the image where firmware looks for it, and the same volume on a CD.
    local esp=$BATS_FILE_TMPDIR/esp.img
    dd if=/dev/zero of="$esp" bs=1M count=8 status=none
    mformat -i "$esp" -T 16384 ::
    mmd -i "$esp" ::/EFI ::/EFI/BOOT
    mcopy -i "$esp" "$images/barometer.efi" ::/EFI/BOOT/BOOTX64.EFI
    printf '%s\n' "$quick" | mcopy -i "$esp" - ::/EFI/BOOT/barometer.cfg
    mkdir "$BATS_FILE_TMPDIR/cd" "$BATS_FILE_TMPDIR/build"
    cp "$esp" "$BATS_FILE_TMPDIR/cd/"
    xorriso -as mkisofs -quiet -o "$BATS_FILE_TMPDIR/build/barometer.iso" -e esp.img -no-emul-boot \
        "$BATS_FILE_TMPDIR/cd" 2>/dev/null
    cp "$images/barometer.efi" "$BATS_FILE_TMPDIR/build/" # what run.sh captures the table with
}

# An ordinary end, by the way in that was asked for, with the options it was given.
came_in_by() {
    passed
    holds ".[0].boot == \"$1\"" env
    logged '^ok .*acpi\.tables'
    not_logged '^(not )?ok .*access\.cost'
}

# Machines without ECAM or without PCI may have nothing to test; that is no failure.
passed_or_skipped() {
    ((status == 0 || status == 77)) || { echo "status $status"; tail -n 20 "$log"; return 1; }
    holds '.[-1] | .failed == 0 and .errors == 0'
}

@test "OVMF, -kernel, q35" {
    boot --boot efi --pv off --append "$quick"
    came_in_by efi
}

@test "OVMF, -kernel, pc" {
    boot --boot efi --machine pc --pv off --append "$quick"
    passed
    holds '.[0].boot == "efi"' env
}

@test "OVMF, FAT volume with EFI/BOOT/BOOTX64.EFI, options from barometer.cfg" {
    # run.sh has no such way in: it gets an empty CD, and the volume is a disk of ours.
    mkdir "$BATS_TEST_TMPDIR/build"
    touch "$BATS_TEST_TMPDIR/build/barometer.iso"
    BUILD=$BATS_TEST_TMPDIR/build boot --boot iso --pv off --devices none -- \
        -drive "if=ide,format=raw,file=$BATS_FILE_TMPDIR/esp.img"
    came_in_by efi
}

@test "OVMF, ISO, options from barometer.cfg" {
    BUILD=$BATS_FILE_TMPDIR/build boot --boot iso
    came_in_by efi
    holds '.[0].paravirtual == "opt"' env
}

@test "OVMF, 6 GiB, 4 vCPUs" {
    boot --boot efi --pv off --append "$quick" -- -m 6G -smp 4
    came_in_by efi
}

@test "PVH, qboot, q35" {
    boot --boot pvh --append "$quick"
    came_in_by pvh
}

@test "PVH, SeaBIOS, q35" {
    boot --boot pvh --pv off --append "$quick" -- -bios bios-256k.bin
    came_in_by pvh
}

@test "PVH, qboot, pc" {
    boot --boot pvh --machine pc --append "$quick"
    passed_or_skipped
    holds '.[0].mcfg == []' env
}

@test "PVH, microvm with PCIe" {
    boot --machine microvm --append "$quick"
    passed_or_skipped
}

@test "PVH, microvm without PCI: nothing is tested, nothing fails" {
    boot --machine microvm --devices none --append "$quick" -- -M pcie=off
    passed_or_skipped
    holds 'length == 0' function
}

@test "PVH, microvm without ACPI" {
    boot --machine microvm --devices none --append "$quick" -- -M acpi=off
    passed_or_skipped
}

@test "PVH, 64 MiB" {
    boot --boot pvh --pv off --append "$quick" -- -m 64
    came_in_by pvh
}

@test "PVH, 6 GiB, ECAM and BARs below and above" {
    boot --boot pvh --pv off --append "$quick" -- -m 6G
    came_in_by pvh
}

@test "PVH, 4 vCPUs" {
    boot --boot pvh --pv off --append "$quick" -- -smp 4
    came_in_by pvh
}

# bats test_tags=kvm
@test "PVH under KVM, with the privilege level chosen and told" {
    kvm_or_skip
    boot --accel kvm --boot pvh --append "$quick"
    came_in_by pvh
    holds '.[0].cpl | . == 0 or . == 3' env
}

@test "no options at all: whatever this host can run ends with a verdict" {
    boot --accel auto --append budget=1
    passed
    holds 'length == 1 and (.[0] | has("access") and has("sizing") and (.reason | length) > 0)' verdict
}

@test "both privilege levels" {
    for cpl in 0 3; do
        boot --boot pvh --pv off --devices none --append "$quick cpl=$cpl"
        passed
        holds ".[0].cpl == $cpl" env
    done
}

@test "exit=reset ends the machine" {
    boot --boot pvh --pv off --devices none --append 'list exit=reset'
    logged '^# the end: RESET_REG, port CF9h, i8042 reset, triple fault, halt'
    ((status == 2)) # a reset tells QEMU no result, so run.sh has but one opinion
    holds '.[-1] | .failed == 0 and .errors == 0'
}

@test "exit=reset where there is no reset register, at either privilege level" {
    for cpl in 0 3; do
        boot --machine microvm --pv off --devices none --append "list exit=reset cpl=$cpl" -- -M acpi=off
        ((status == 2))
        logged '^# the end: port CF9h, i8042 reset, triple fault, halt'
        holds '.[-1] | .failed == 0 and .errors == 0'
    done
}

# ends_without_debug_port MACHINE IMAGE REGISTER: by soft off, which QEMU ends at with status 0.
ends_without_debug_port() {
    local command i
    declare -A machine=([qemu]=qemu-system-x86_64 [type]=$1 [devices]=none [build]=$images)
    # shellcheck source=tools/machines.sh
    . "$root/tools/machines.sh"
    qemu_command command machine tcg "$2" list
    for i in "${!command[@]}"; do
        [[ ${command[i]} != isa-debug-exit* ]] || unset 'command[i]' 'command[i-1]'
    done
    timeout "$patience" "${command[@]}" </dev/null >"$log"
    logged "^# the end: port F4h, S5 by $3, .*halt"
    tail -n 1 "$log" | grep -q '^{"kind":"done"'
}

@test "without QEMU's debug port the machine is switched off" {
    ends_without_debug_port q35 pvh PM1_CNT
    ends_without_debug_port pc linux PM1_CNT
    ends_without_debug_port microvm pvh SLEEP_CONTROL
}

@test "exit=off switches off, and says how; exit=debug does not" {
    boot --boot pvh --pv off --devices none --append 'list exit=off'
    ((status == 2)) # no result for QEMU, so run.sh has but one opinion
    logged '^# the end: S5 by PM1_CNT, .*halt'
    boot --boot pvh --pv off --devices none --append 'list exit=debug'
    logged '^# the end: port F4h, halt'
}

# halts ACCEL: whatever halting takes at either privilege level, the last line stays the last.
halts() {
    local cpl
    for cpl in 0 3; do
        machine_at_rest --accel "$1" --boot pvh --pv off --devices none --append "list exit=halt cpl=$cpl" --
        [[ $(qmp_last query-status | jq -r .status) == running ]]
        machine_end
        tail -n 1 "$log" | grep -q '^{"kind":"done"'
        (($(grep -c '^{"kind":"done"' "$log") == 1))
    done
}

@test "a halted machine is quiet" { halts tcg; }

# bats test_tags=kvm
@test "a halted machine is quiet under KVM" {
    kvm_or_skip
    halts kvm
}

# faults NAME EXCEPTION BOOT: the exception is reported in full and ends the run as an error, properly.
faults() {
    boot --boot "$3" --pv off --devices none --append "tests=$1"
    ((status == 2)) || { echo "status $status"; tail -n 20 "$log"; return 1; }
    logged "^# exception ($2) .*error code 0x"
    logged '^# +rax [0-9a-f]{16} +rbx '
    logged '^# +.*rip [0-9a-f]{16}'
    logged '^# backtrace'
    logged '^#   0x[0-9a-f]+'
    logged "^not ok .*$1.* # ERROR .*exception"
    holds '.[-1] | .status == "error" and .errors == 1'
}

@test "an invalid opcode is reported and ends the run as an error" {
    faults trap.invalid-opcode 6 pvh
    faults trap.invalid-opcode 6 efi
}

@test "a read of what is not mapped is reported" {
    faults trap.unmapped-read 14 pvh
}

# bats test_tags=long
@test "code and constants cannot be written, data cannot be executed" {
    for boot in pvh efi; do
        faults trap.write-code 14 $boot
        faults trap.write-constant 14 $boot
        faults trap.execute-data 14 $boot
    done
}

@test "a stack that overflows is reported, not a triple fault" {
    faults trap.stack-overflow '8|14' pvh
}

@test "list names the tests and touches no configuration space" {
    boot --boot pvh --pv off --append list
    ((status == 0 || status == 77))
    for name in acpi.tables enumerate.pio sizing.lean.ecam scan.tree.pio.none scan.paravirtual access.cost verdict; do
        logged "(^|[^a-z.])$name([^a-z.]|\$)"
    done
    holds '.[0].accesses | [.cf8_read, .cf8_write, .cfc_read, .cfc_write, .ecam_read, .ecam_write, .calls] | add == 0'
}

@test "the log is KTAP: version, plan, numbered results, and every object is JSON" {
    boot --boot pvh --pv off --append "$quick"
    passed
    logged '^KTAP version 1'
    plan=$(tr -d '\r' <"$log" | sed -n 's/^1\.\.\([0-9]*\).*/\1/p')
    numbers=$(tr -d '\r' <"$log" | sed -nE 's/^(not )?ok ([0-9]+).*/\2/p' | tr '\n' ' ')
    [[ $numbers == "$(seq -s ' ' "$plan") " ]]
    tr -d '\r' <"$log" | grep '^{' | jq -e . >/dev/null
}
