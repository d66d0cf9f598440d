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
