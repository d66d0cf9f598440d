#!/usr/bin/env bats
# The accesses that the image says it made are those that KVM counted, with its own tracepoints, on a stock and on a patched QEMU.

# shellcheck disable=SC2030,SC2031,SC2154,SC2314  # bats sets status and output, helpers the rest
load helpers

faults=() under=()

# counted NAME QEMU OPTIONS [QEMU-ARGS...]: a run under KVM's eyes; with its faults if `faults` says so, by the command that `under` is, if
# any. The table goes out to the outer host, if there is one.
counted() {
    local name=$1 qemu=$2 options=$3
    shift 3
    run "$root/tools/count-exits" "$log" "${faults[@]}" -- "${under[@]}" "$root/run.sh" --qemu "$qemu" --accel kvm --boot pvh --pv off \
        --log "$log" --timeout "$patience" --append "$options$emulated" -- "$@"
    table=$(sed -n '/^ *barometer *KVM$/,$p' <<<"$output")
    echo "$table"
    ((status == 0)) || { echo "status $status"; tail -n 5 <<<"$output"; return 1; }
    [[ ! -d /mnt/out ]] || echo "$table" >"/mnt/out/$name.exits"
    holds '.[-1].status == "pass"'
}

# of KIND: what the image says and what KVM counted.
of() { awk -v kind="$1" '$1 == kind { print $2, $3 }' <<<"$table"; }

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

# PR_SET_THP_DISABLE: no huge pages for what is started, MADV_COLLAPSE or not.
small_pages=(python3 -c 'import ctypes, os, sys; ctypes.CDLL(None).prctl(41, 1, 0, 0, 0); os.execvp(sys.argv[1], sys.argv[1:])')

# Most of what a sweep of 256 buses reads is absent functions, of which the patched QEMU makes one huge page.
@test "patched QEMU, read-only ECAM: a first sweep faults for 2 MiB where nothing is, and for every function with small pages" {
    local huge small
    patched_or_skip
    faults=(--faults)
    counted sweep "$BAROMETER_PATCHED" 'tests=scan.sweep.ecam budget=1' "${readonly[@]}"
    read -r huge < <(of ecam_fault)
    under=("${small_pages[@]}")
    counted sweep-small "$BAROMETER_PATCHED" 'tests=scan.sweep.ecam budget=1' "${readonly[@]}"
    read -r small < <(of ecam_fault)
    ((small > 8000 && huge < small / 10))
}
