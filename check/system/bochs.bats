#!/usr/bin/env bats
# Bochs: another BIOS, another chipset, no hypervisor's signature.

# shellcheck disable=SC2030,SC2154  # bats sets status and output, helpers the rest
load helpers

@test "Bochs boots the ISO and is switched off by it; the log is whole" {
    command -v bochs >/dev/null || skip 'no bochs'
    "$tools/make-iso" "$images/barometer.efi" "$BATS_TEST_TMPDIR/barometer.iso" "$quick"
    cat >"$BATS_TEST_TMPDIR/bochsrc" <<END
display_library: rfb, options="timeout=0"
megs: 64
cpu: model=corei7_haswell_4770, ips=50000000
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/vgabios/vgabios.bin
pci: enabled=1, chipset=i440fx
com1: enabled=1, mode=file, dev=$log
ata0-master: type=cdrom, path=$BATS_TEST_TMPDIR/barometer.iso, status=inserted
boot: cdrom
plugin_ctrl: unmapped=1, biosdev=1, speaker=0, extfpuirq=1, parallel=0, gameport=0, iodebug=1
sound: waveoutdrv=dummy, waveindrv=dummy, midioutdrv=dummy
log: $BATS_TEST_TMPDIR/bochs.log
panic: action=fatal
END
    # Debian's starts in its debugger, which is told to continue, and ends with the machine; its exit status tells nothing.
    # What it is told comes from a pipe that has no end, which it would take for one.
    mkfifo "$BATS_TEST_TMPDIR/told"
    exec {told}<>"$BATS_TEST_TMPDIR/told"
    echo c >&"$told"
    timeout "$patience" bochs -q -f "$BATS_TEST_TMPDIR/bochsrc" <"$BATS_TEST_TMPDIR/told" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- || true
    exec {told}>&-
    grep -q 'soft power off' "$BATS_TEST_TMPDIR"/out "$BATS_TEST_TMPDIR/bochs.log"
    "$tools/log-crc" "$log"
    holds '.[0].boot == "linux" and .[0].hypervisor == ""' env
    holds '.[-1].status == "pass"'
}
