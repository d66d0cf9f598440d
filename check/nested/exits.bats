#!/usr/bin/env bats
# The accesses that the image says it made are those that KVM counted, with its own tracepoints, on a stock and on a patched QEMU.

# shellcheck disable=SC2030,SC2031,SC2154,SC2314  # bats sets status and output, helpers the rest
load helpers

# counted NAME QEMU OPTIONS [QEMU-ARGS...]: a run under KVM's eyes. The table goes out to the outer host, if there is one.
counted() {
    local name=$1 qemu=$2 options=$3
    shift 3
    run "$root/tools/count-exits" "$log" -- "$root/run.sh" --qemu "$qemu" --accel kvm --boot pvh --pv off --log "$log" --timeout 1200 \
        --append "$options$emulated" -- "$@"
    table=$(sed -n '/^ *barometer *KVM$/,$p' <<<"$output")
    echo "$table"
    ((status == 0)) || { echo "status $status"; tail -n 5 <<<"$output"; return 1; }
    [[ ! -d /mnt/out ]] || echo "$table" >"/mnt/out/$name.exits"
    holds '.[-1].status == "pass"'
}

# of KIND: what the image says and what KVM counted.
of() { awk -v kind="$1" '$1 == kind { print $2, $3 }' <<<"$table"; }

patched_or_skip() { [[ -x ${BAROMETER_PATCHED-} ]] || skip 'no patched QEMU'; }
readonly=(-global pcie-host-bridge.ecam-readonly=on)

scan='tests=scan.tree.*,scan.only-one-child.* budget=1'
full='budget=1'

@test "stock QEMU, scans: KVM counts what the image says" {
    counted stock-scan qemu-system-x86_64 "$scan"
    ! grep -q 'did not exit' <<<"$table"
}

@test "stock QEMU, a full run: KVM counts what the image says" {
    counted stock-full qemu-system-x86_64 "$full"
    ! grep -q 'did not exit' <<<"$table"
}

@test "patched QEMU, read-only ECAM, scans: no ECAM read exits, all else is counted as it is said" {
    patched_or_skip
    counted patched-scan "$BAROMETER_PATCHED" "$scan" "${readonly[@]}"
    read -r said seen < <(of ecam_read)
    ((said > 1000 && seen == 0))
}

# The one exception: VIO-01 arms the windows of three virtio functions, and reads each three times while it traps.
@test "patched QEMU, read-only ECAM, a full run: no ECAM read exits but those of armed windows" {
    patched_or_skip
    counted patched-full "$BAROMETER_PATCHED" "$full" "${readonly[@]}"
    read -r said seen < <(of ecam_read)
    ((said > 1000 && seen == 3 * 3))
}
