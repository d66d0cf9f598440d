#!/usr/bin/env bats
# Results without COM1: other ports, and the log as a file of the volume that the image was started from.

# shellcheck disable=SC2030,SC2031,SC2054,SC2154  # bats sets status and output, helpers the rest; QEMU's commas
bats_require_minimum_version 1.5.0
load helpers

# machine QEMU-ARGS...: the ELF on a machine without COM1, to its end.
machine() {
    run timeout "$patience" qemu-system-x86_64 -no-user-config -nodefaults -display none -no-reboot -m 128 -accel tcg -M q35 \
        -kernel "$images/barometer.elf" -append "$quick" -device isa-debug-exit,iobase=0xf4,iosize=4 "$@"
    ((status == 33))
}

# ended_on CONSOLE: the log there is whole.
ended_on() {
    "$tools/log-crc" "$log"
    holds ".[0].console == \"$1\"" env
    holds '.[-1].status == "pass"'
}

@test "COM2 and COM4, where there is no COM1; COM1 wins" {
    machine -chardev "file,id=log,path=$log" -device isa-serial,index=1,chardev=log
    ended_on com2
    machine -chardev "file,id=log,path=$log" -device isa-serial,index=3,chardev=log
    ended_on com4
    machine -chardev "file,id=log,path=$log" -device isa-serial,index=1,chardev=log -serial "file:$BATS_TEST_TMPDIR/com1"
    [[ ! -s $log ]]
    "$tools/log-crc" "$BATS_TEST_TMPDIR/com1"
}

@test "port E9h" {
    machine -debugcon "file:$log" -global isa-debugcon.iobase=0xe9
    ended_on port-e9
}

# spcr ADDRESS TYPE [SPACE]: a table that names this I/O port, or, with SPACE 0, memory.
spcr() {
    /usr/bin/python3 - "$BATS_TEST_TMPDIR/spcr" "$1" "$2" "${3-1}" <<'END'
import struct, sys
open(sys.argv[1], "wb").write(struct.pack("<B3xBBBBQ28x", int(sys.argv[3], 0), int(sys.argv[4]), 8, 0, 1, int(sys.argv[2], 16)))
END
}

@test "the port that SPCR names, with the log from its first line on" {
    spcr 0x4f8 0
    machine -chardev "file,id=log,path=$log" -device isa-serial,iobase=0x4f8,irq=5,chardev=log -acpitable "sig=SPCR,rev=2,data=$BATS_TEST_TMPDIR/spcr"
    ended_on spcr
}

@test "an SPCR that names no UART, or none that is there, is told of and does no harm" {
    spcr 0x4f8 3
    machine -debugcon "file:$log" -global isa-debugcon.iobase=0xe9 -acpitable "sig=SPCR,rev=2,data=$BATS_TEST_TMPDIR/spcr"
    ended_on port-e9
    logged '^# acpi: the port that SPCR names \(type 0x3, space 1, at 0x4f8\) is no 16550'
    spcr 0x4f8 0
    machine -debugcon "file:$log" -global isa-debugcon.iobase=0xe9 -acpitable "sig=SPCR,rev=2,data=$BATS_TEST_TMPDIR/spcr"
    ended_on port-e9
    logged '^# acpi: no UART answers where SPCR names one, at 0x4f8'
}

# What is read and written there is test_uart.c's: no QEMU of this architecture has such a UART to try.
@test "an SPCR that names memory: RAM is refused, and where no UART answers it is said" {
    local where
    # In RAM, and in the image itself.
    for where in 4000000 200000; do
        spcr $where 0x12 0
        machine -debugcon "file:$log" -global isa-debugcon.iobase=0xe9 -acpitable "sig=SPCR,rev=2,data=$BATS_TEST_TMPDIR/spcr"
        ended_on port-e9
        logged "^# device memory of 0x8 bytes at 0x$where is refused, which (is RAM|holds this very image)"
        logged "^# acpi: no UART answers where SPCR names one, at 0x$where"
    done
    spcr fe034000 0x12 0
    machine -debugcon "file:$log" -global isa-debugcon.iobase=0xe9 -acpitable "sig=SPCR,rev=2,data=$BATS_TEST_TMPDIR/spcr"
    ended_on port-e9
    not_logged '^# device memory'
    logged '^# acpi: no UART answers where SPCR names one, at 0xfe034000'
}

@test "no console at all: the run ends" {
    machine
    # With nothing to tell a result by, it halts after port F4h.
}

# uefi_disk OPTIONS QEMU-ARGS...: a disk of ours under OVMF that may be restarted, until it ends by itself, as with its own variables.
uefi_disk() {
    local volume=$BATS_TEST_TMPDIR/disk.raw
    [[ -e $volume ]] || "$tools/make-raw" "$images/barometer.efi" "$volume" "$1"
    "$tools/iso-words" "$volume" "$1"
    [[ -e $BATS_TEST_TMPDIR/variables ]] || cp "$firmware/OVMF_VARS_4M.fd" "$BATS_TEST_TMPDIR/variables"
    run timeout "$patience" qemu-system-x86_64 -no-user-config -nodefaults -display none -m 256 -accel tcg -cpu max -M q35 \
        -drive "if=pflash,unit=0,format=raw,readonly=on,file=$firmware/OVMF_CODE_4M.fd" \
        -drive "if=pflash,unit=1,format=raw,file=$BATS_TEST_TMPDIR/variables" \
        -device isa-debug-exit,iobase=0xf4,iosize=4 -drive "if=ide,format=raw,file=$volume" "${@:2}"
}

on_volume() { mtype -i "$BATS_TEST_TMPDIR/disk.raw@@2M" ::/barometer.log; }

put_on_volume() { mcopy -D o -i "$BATS_TEST_TMPDIR/disk.raw@@2M" - ::/barometer.log; }

# The log of the serial port from its first line to its last.
printed() { tr -d '\r' <"$log" | sed -n 's/.*KTAP version 1$/KTAP version 1/; /^KTAP/,/^{"kind":"done"/p'; }

@test "UEFI, log=disk: after a restart barometer.log is what the serial port said, byte for byte" {
    uefi_disk 'log=disk budget=1 cpl=3' -serial "file:$log"
    ((status == 33)) # the second start tells what the first found
    on_volume | cmp - <(printed)
    logged '^# the end: .*; the next start of the image writes barometer.log'
    logged 'written to barometer.log on this volume'
    holds '.[0].cpl == 3' env
}

# bats test_tags=long
@test "UEFI without a serial port: the log is on the volume after the next start; a damaged one stops no run" {
    local second=$BATS_TEST_TMPDIR/second
    uefi_disk "$quick exit=debug"
    ((status == 33))
    on_volume >"$BATS_TEST_TMPDIR/placeholder"
    grep -q '^barometer runs' "$BATS_TEST_TMPDIR/placeholder"
    # What is longer is replaced as well.
    head -c 100000 /dev/zero | put_on_volume
    cp "$BATS_TEST_TMPDIR/variables" "$BATS_TEST_TMPDIR/damaged"
    uefi_disk list -serial "file:$second"
    ((status == 33))
    on_volume >"$log"
    ended_on none
    # The start that wrote it ran nothing.
    run ! grep -aq 'KTAP version' "$second"
    grep -aq "the last run's log, $(stat -c %s "$log") bytes, $("$tools/log-crc" "$log" | sed 's/,.*//')" "$second"
    # One letter of the log, which is in the variables' flash as it is.
    /usr/bin/python3 - "$BATS_TEST_TMPDIR/damaged" "$BATS_TEST_TMPDIR/variables" <<'END'
import sys
data = bytearray(open(sys.argv[1], "rb").read())
data[data.index(b"KTAP version 1")] ^= 1
open(sys.argv[2], "wb").write(data)
END
    put_on_volume <"$BATS_TEST_TMPDIR/placeholder"
    # So the last run's log is nowhere, as where variables do not outlive a restart: no restart follows this time.
    uefi_disk "$quick log=disk" -serial "file:$log"
    ((status == 33))
    logged 'the log in UEFI variables is damaged; it is removed'
    logged "^# the last run's log went astray"
    logged '^# the end: port F4h'
    ended_on com1
    on_volume | cmp - "$BATS_TEST_TMPDIR/placeholder"
}

@test "BIOS, log=disk: what cannot be done is said, and the run is as ever" {
    boot --boot linux --pv off --devices none --append "$quick log=disk"
    passed
    logged '^# barometer.log will not be written: not started by UEFI'
}
