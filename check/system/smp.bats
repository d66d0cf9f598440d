#!/usr/bin/env bats
# Several vCPUs: all come up, on every kind of machine and at both privilege levels; one that does not is named.
# Under UEFI, and what they do: accesses.bats.

# shellcheck disable=SC2030,SC2031,SC2154,SC2314  # bats sets status and output, helpers the rest
load helpers

# come_up N RUN.SH-OPTIONS... -- -smp N...: an ordinary run with that many.
come_up() {
    local count=$1
    shift
    boot --pv off --devices none "$@"
    passed
    holds ".[0].vcpus == $count" env
}

@test "2, 4 and 16 vCPUs come up at either privilege level" {
    for count in 2 4 16; do
        for cpl in 0 3; do
            come_up $count --boot pvh --append "$quick cpl=$cpl" -- -smp $count
            logged "^# $count vCPUs, started through xapic"
        done
    done
}

@test "on pc, on microvm, and behind SeaBIOS" {
    come_up 3 --boot pvh --machine pc --append "$quick" -- -smp 3
    come_up 3 --boot pvh --machine microvm --append "$quick" -- -smp 3
    come_up 3 --boot pvh --append "$quick" -- -smp 3 -bios bios-256k.bin
}

# bats test_tags=kvm
@test "under KVM" {
    kvm_or_skip
    come_up 2 --accel kvm --boot pvh --append "$quick" -- -smp 2
}

@test "cpus= limits them; one is what there was before there were several" {
    come_up 3 --boot pvh --append "$quick cpus=3" -- -smp 4
    come_up 1 --boot pvh --append "$quick cpus=1" -- -smp 4
    not_logged 'vCPU'
    limited=$(data "done" | jq -c '.[-1].accesses')
    come_up 1 --boot pvh --append "$quick" -- -smp 1
    holds ".[-1].accesses == $limited"
    for value in 0 257 many; do
        boot --boot pvh --pv off --devices none --append "cpus=$value"
        ((status == 2))
        logged "bad value 'cpus=$value'"
    done
}

# A machine with three processors in its tables that it does not have, one with a number that xAPIC has no room for.
absentees() {
    local arguments
    mapfile -t arguments < <("$root/check/system/acpi-with-madt" "$BATS_TEST_TMPDIR" \
        0:0:1 0:1:1 0:2:1 9:300:1 0:5:2 0:3:0)
    boot "$@" --boot pvh --pv off --devices none --append "$quick" -- -M q35,acpi=off -smp 2 "${arguments[@]}"
    passed
    holds '.[0].vcpus == 2' env
    logged '^# the vCPU with APIC ID 2 does not start'
    logged '^# the vCPU with APIC ID 5 does not start'
    not_logged 'APIC ID 3 '
}

@test "vCPUs that do not start are named, and the run goes on with the rest" {
    absentees
    logged '^# the vCPU with APIC ID 300 (does not start|is left alone)'
}

# bats test_tags=kvm
@test "x2APIC where a number needs it, under KVM" {
    kvm_or_skip
    absentees --accel kvm
    logged '^# the vCPU with APIC ID 300 does not start'
    logged '^# 2 vCPUs, started through x2apic'
}

@test "an exception on another vCPU is reported with its number and ends the run" {
    for cpl in 0 3; do
        for trap in 'invalid-opcode 6' 'stack-overflow 8|14'; do
            boot --boot pvh --pv off --devices none --append "tests=trap.vcpu.${trap% *} cpl=$cpl" -- -smp 4
            ((status == 2))
            logged "^# exception (${trap#* }) .* on vCPU 3 \(APIC ID 3\), error code"
            logged '^# backtrace'
            logged "^not ok 1 trap.vcpu.${trap% *} # ERROR exception .* on vCPU 3"
            holds '.[-1].status == "error"'
        done
    done
    boot --boot pvh --pv off --devices none --append "tests=trap.vcpu.invalid-opcode"
    ((status == 77))
    logged '^ok .* # SKIP one vCPU: this machine has one'
}
