#!/usr/bin/env bats
# VMware: the scripts, against a vmrun and a govc that do as they are told, and a QEMU machine with VMware's devices. VMware itself is
# nowhere in these tests.

# shellcheck disable=SC2016,SC2030,SC2031,SC2054,SC2154  # bats sets status and output, helpers the rest; QEMU's commas
bats_require_minimum_version 1.5.0
load helpers

setup() {
    export STUB=$BATS_TEST_TMPDIR/stub BUILD=$BATS_TEST_TMPDIR/build POLL_SECONDS=0.05
    mkdir -p "$STUB" "$BUILD"
    echo iso >"$BUILD/barometer.iso"
    export VMRUN=$BATS_TEST_DIRNAME/stub-vmware GOVC=$BATS_TEST_DIRNAME/stub-vmware
}

# serial STATUS: what a machine writes, as VMware's port delivers it.
serial() {
    printf 'KTAP version 1\r\n1..1\r\nok 1 acpi.tables\r\n{"kind":"done","status":"%s","passed":1,"failed":0,"errors":0,"skipped":0,"accesses":{"calls":0}}\r\n' "$1"
}

both() { # TEST-FUNCTION: for each script
    local script
    for script in run-vmrun run-govc; do
        rm -rf "$STUB"
        mkdir -p "$STUB"
        "$1" "$script"
    done
}

each_status() {
    local said expected
    while read -r said expected; do
        STUB_SERIAL=$(serial "$said") run "$root/tools/vmware/$1"
        ((status == expected)) || { echo "$1: $said gave $status: $output"; return 1; }
        [[ $output == *"$said; the log is in"* ]]
        [[ ! -e $STUB/on ]]
        cmp "$BUILD/serial.log" <(printf %s "$(serial "$said")")
    done <<<$'pass 0\nfail 1\nerror 2\nskip 77'
}

@test "vmrun, govc: the done line's status is the exit status, and the machine is stopped" { both each_status; }

no_end() {
    STUB_SERIAL=$'KTAP version 1\r\nok 1 acpi.tables\r\n{"kind":"done","status":"pa' run "$root/tools/vmware/$1" --timeout 3
    ((status == 124)) || { echo "$1: $status $output"; return 1; }
    [[ $output == *timeout* ]]
    [[ ! -e $STUB/on ]]
}

@test "vmrun, govc: no whole last line is a timeout, and the machine is stopped" { both no_end; }

dies() {
    STUB_DIES=yes STUB_SERIAL=$'KTAP version 1\r\n' run "$root/tools/vmware/$1" --timeout 100
    ((status == 2)) || { echo "$1: $status $output"; return 1; }
    [[ $output == *'ended without a done line'* ]]
    # Off by itself, but the log is whole: that counts.
    STUB_DIES=yes STUB_SERIAL=$(serial fail) run "$root/tools/vmware/$1" --timeout 100
    ((status == 1))
}

@test "vmrun, govc: a machine that is gone" { both dies; }

does_not_start() {
    STUB_START=fails run "$root/tools/vmware/$1"
    ((status == 2)) || { echo "$1: $status $output"; return 1; }
    [[ $output == *'could not start'* ]]
    rm "$BUILD/barometer.iso"
    run "$root/tools/vmware/$1"
    ((status == 2))
    [[ $output == *'make iso'* ]]
    touch "$BUILD/barometer.iso"
    run "$root/tools/vmware/$1" --nonsense
    ((status == 2))
    [[ $output == *usage:* ]]
}

@test "vmrun, govc: what is missing is named" { both does_not_start; }

@test "govc: a log that is locked while the machine runs is read once it is off" {
    STUB_LOCKS=yes STUB_SERIAL=$(serial pass) run "$root/tools/vmware/run-govc" --timeout 3
    ((status == 0)) || { echo "$status $output"; return 1; }
    [[ ! -e $STUB/datastore/barometer ]]
}

@test "govc: nobody's machine of the same name is touched" {
    STUB_EXISTS=yes run "$root/tools/vmware/run-govc" --name taken
    ((status == 2))
    [[ $output == *'already'* ]]
    run grep -Ev '^find ' "$STUB/calls"
    [[ -z $output ]]
}

@test "the .vmx: each key once, EFI without Secure Boot, the ISO and the log beside it" {
    local vmx=$root/tools/vmware/barometer.vmx
    run grep -vE '^(#.*|[A-Za-z0-9_.:]+ = "[^"]*"|)$' "$vmx"
    [[ -z $output ]]
    [[ -z $(grep -o '^[^# =]* =' "$vmx" | sort | uniq -d) ]]
    grep -qx 'firmware = "efi"' "$vmx"
    grep -qx 'uefi.secureBoot.enabled = "FALSE"' "$vmx"
    grep -qx 'sata0:0.fileName = "barometer.iso"' "$vmx"
    grep -qx 'serial0.fileName = "serial.log"' "$vmx"
    grep -qx 'msg.autoAnswer = "TRUE"' "$vmx"
}

# The nearest thing that QEMU has: VMware's cards, its backdoor port, and 32 root ports as barometer.vmx asks for.
# bats test_tags=long
@test "a machine like VMware's: vmxnet3, pvscsi, vmport, 32 root ports" {
    local ports=() slot function
    unset BUILD
    for slot in 21 22 23 24; do
        for function in 0 1 2 3 4 5 6 7; do
            ports+=(-device "pcie-root-port,id=rp$slot.$function,chassis=$slot,slot=$((slot * 8 + function)),addr=0x$(printf %x $slot).$function,multifunction=on")
        done
    done
    for boot in efi pvh; do
        boot --boot "$boot" --devices none --append 'budget=1 tests=acpi.*,enumerate.*,sizing.*,verdict,access.cost' -- -machine vmport=on "${ports[@]}" \
            -device vmxnet3,bus=rp21.0 -device pvscsi,bus=rp22.0 -device vmware-svga
        passed
        holds 'map(select(.vendor == "0x15ad")) | map(.device) | sort == ["0x0405", "0x07b0", "0x07c0"]' function
        holds 'map(select(.class == "0x060400")) | length == 32' function
        # What answers at the backdoor's port is asked for nothing without VMware's signature.
        holds '.[0].tsc_source != "vmware-backdoor"' env
    done
    # As a new VMware machine comes: no serial port yet. Nothing can be said, but the run must end, and end well.
    run timeout "$patience" qemu-system-x86_64 -no-user-config -nodefaults -display none -no-reboot -m 512 -accel tcg -cpu max -M q35,vmport=on \
        -bios qboot.rom -kernel "$images/barometer.elf" -append 'budget=1 tests=acpi.*,enumerate.*,sizing.*' \
        -device isa-debug-exit,iobase=0xf4,iosize=4 "${ports[@]}" \
        -device vmxnet3,bus=rp21.0 -device pvscsi,bus=rp22.0 -device vmware-svga
    [[ $status -eq 33 ]] # pass
}
