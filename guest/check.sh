# shellcheck shell=bash
# What the check-series of firmware share. Sourced, not run; needs bash with -euo pipefail and `top`, the top of the tree.
#
# tell NAME           one TAP line for what was checked: by `why`, which is what is wrong with it, or nothing; counts in count and failures
# good_table FILE     the mask table of the reference machine, as docs/paravirtual.md has it, by whoever knows nothing of the firmware

count=0
failures=0

tell() {
    : $((count += 1))
    if [ -z "$why" ]; then
        echo "ok $count - $1"
    else
        : $((failures += 1))
        echo "not ok $count - $1: $why"
    fi
}

good_table() {
    # shellcheck disable=SC2034  # tools/machines.sh's
    declare -A machine=([qemu]=qemu-system-x86_64 [type]=q35 [devices]=default [build]=$top/build)
    local command=()
    # shellcheck source=tools/machines.sh
    . "$top/tools/machines.sh"
    qemu_command command machine tcg pvh 'list exit=halt'
    "$top/hypervisor/capture" --output "$1" -- "${command[@]}" 2> "$1.said" || die "no table can be captured: $(tail -n 1 "$1.said")"
}
