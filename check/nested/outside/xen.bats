#!/usr/bin/env bats
# barometer under Xen, beside the laboratory's inner host: as a PVH dom0, which needs nobody else.

# shellcheck disable=SC2030,SC2031,SC2154  # bats sets status and output, helpers the rest
load ../../system/helpers

@test "Xen, PVH dom0: the console is found, the run ends, Xen's vPCI keeps all rules but the known" {
    run "$root/check/nested/xen" "$log" --xen-log "$BATS_TEST_TMPDIR/xen.log" --timeout 900 'tests=enumerate.*,sizing.*,scan.tree.pio.*,rule.cf8.*,rule.holds.* budget=1'
    ((status != 77)) || skip 'no package of Xen'
    ((status == 0)) || { tail -n 5 "$log" "$BATS_TEST_TMPDIR/xen.log"; return 1; }
    holds '.[-1].status == "pass" and .[-1].xfailed == 4'
    holds '.[0] | .boot == "pvh" and .hypervisor == "XenVMMXenVMM" and .cpl == 0 and .pio and .mcfg == []' env
    holds 'length >= 7' function
    # What it asked Xen for at the end.
    grep -q 'Hardware Dom0 halted' "$BATS_TEST_TMPDIR/xen.log"
}

# Its tables are right: there is ECAM, and S5 ends the machine.
@test "Xen 4.20, PVH dom0: ECAM is found, and agrees with the ports" {
    run "$root/check/nested/xen" "$log" --version 4.20 --timeout 900 'tests=acpi.*,enumerate.*,sizing.*,scan.tree.ecam.*,rule.identity.*,rule.holds.* budget=1'
    ((status != 77)) || skip 'no package of Xen'
    ((status == 0)) || { tail -n 5 "$log"; return 1; }
    holds '.[-1].status == "pass" and .[-1].xfailed == 2'
    holds '.[0] | .hypervisor == "XenVMMXenVMM" and .cpl == 0 and .pio and (.mcfg | length) == 1 and .ecam_source == "mcfg"' env
}

# guest KIND WORDS...: barometer as a guest beside a Linux dom0, in the laboratory's inner host.
guest() {
    local boot
    for boot in first second third; do
        run "$root/check/nested/lab" --xen --out "$BATS_TEST_TMPDIR" --timeout 900 run check/nested/xen-guest "$1" /mnt/out "${@:2}"
        # One that dies is no result of its guest's (docs/decisions.md).
        ((status == 75)) || break
        echo "the inner host died, $boot boot"
    done
    ((status != 75)) || skip 'three inner hosts died'
    ((status != 77)) || skip 'no inner host'
    ((status == 0)) || { tail -n 5 "$BATS_TEST_TMPDIR/xl"; tail -n 5 <<<"$output"; return 1; }
}

@test "Xen, HVM guest beside a Linux dom0: SeaBIOS boots the ISO, S5 ends it" {
    "$tools/make-iso" "$images/barometer.efi" "$BATS_TEST_TMPDIR/barometer.iso" 'tests=enumerate.*,sizing.*,rule.cf8.* budget=1 emulated'
    guest hvm
    log=$BATS_TEST_TMPDIR/log
    holds '.[-1].status == "pass" and .[-1].xfailed == 2'
    holds '.[0] | .boot == "linux" and .hypervisor == "XenVMMXenVMM" and .cpl == 0 and .pio and .mcfg == []' env
    holds 'length == 5' function
}

@test "Xen, PVH guest beside a Linux dom0: no PCI, and it says so by port E9h" {
    guest pvh 'tests=enumerate.*' emulated
    grep -q '^(d[0-9]*) {"kind":"done","status":"skip"' <<<"$output"
    grep -q '^(d[0-9]*) # no configuration mechanism reaches any function: this run does not pass' <<<"$output"
}
