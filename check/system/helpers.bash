# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # variables that tests, bats or the sourced files share
# What the system tests share. A test boots a machine with `boot` or `machine_at_rest` and then asks its serial log.

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
images=${BUILD:-$root/build}
log=${BATS_TEST_TMPDIR-}/serial.log

# Seconds that a boot may take. The longest takes 20 on two processors with nothing else to do, and was not over after 60 on busy ones:
# this is to end what would never end, and nothing else.
patience=400
# In the laboratory's inner host, where the processor of a guest under KVM is emulated two levels below (check/nested).
! grep -qsw barometer.emulated /proc/cmdline || patience=1200

# Everything between boots, not scanning: for tests that ask whether a machine boots at all.
quick='tests=acpi.tables,enumerate.* budget=1'

# on_qemu RUN.SH-OPTIONS...: sets `options` to these, for the QEMU that check/run-patched names in the environment:
# BAROMETER_QEMU is its path, BAROMETER_QEMU_ARGS are words to add to its command line. Without them nothing is changed.
on_qemu() {
    local argument dashes='' words
    options=("$@")
    [[ -z ${BAROMETER_QEMU-} ]] || options=(--qemu "$BAROMETER_QEMU" "$@")
    read -ra words <<<"${BAROMETER_QEMU_ARGS-}"
    ((${#words[@]})) || return 0
    for argument; do [[ $argument != -- ]] || dashes=1; done
    [[ $dashes ]] || options+=(--)
    options+=("${words[@]}")
}

# boot RUN.SH-OPTIONS...: run.sh with the log in the test's own folder. TCG unless the test says otherwise, so that
# what is tested does not depend on the host. Sets status, as bats' run does.
boot() {
    local accel=(--accel tcg) argument
    for argument; do [[ $argument != --accel* ]] || accel=(); done
    on_qemu "$@"
    run "$root/run.sh" "${accel[@]}" --log "$log" --timeout "$patience" "${options[@]}"
}

# data KIND: the serial log's objects of that kind, as one JSON array.
data() {
    tr -d '\r' <"$log" | grep "^{\"kind\":\"$1\"" | jq -sc .
}

# holds FILTER [KIND]: jq's filter is true of the array of all objects of that kind (default: done).
holds() {
    data "${2:-done}" | jq -e "$1" >/dev/null || {
        echo "does not hold of ${2:-done}: $1"
        data "${2:-done}" | jq -c '.[]'
        return 1
    }
}

logged() { grep -aEq -- "$1" "$log" || { echo "not in the log: $1"; tail -n 20 "$log"; return 1; }; }
not_logged() { if grep -aE -- "$1" "$log"; then return 1; fi; }

passed() {
    ((status == 0)) || { echo "status $status"; grep -a '^not ok' "$log" || true; tail -n 20 "$log"; return 1; }
    holds '.[-1].status == "pass"'
}

# What calls this has the tag kvm, by which check/nested runs it where KVM is ordinary.
kvm_or_skip() { { [[ -c /dev/kvm ]] && : <>/dev/kvm; } 2>/dev/null || skip "no usable /dev/kvm"; }

# ---- media --------------------------------------------------------------------------------------------------

tools=$root/tools
firmware=/usr/share/OVMF

# log_is_whole: it has its last line, and the end of that line; whoever looks while QEMU writes it, byte by byte, may find a part of it.
log_is_whole() { grep -aqs '^{"kind":"done"' "$log" && [[ -z $(tail -c 1 -- "$log") ]]; }

# said REGEX: the log has such a line; if the last one is meant, to its end.
said() { grep -aEqs -- "$1" "$log" && { [[ $1 != "$done_line" ]] || log_is_whole; }; }

# boot_medium REGEX QEMU-ARGS...: a machine with nothing but that medium, until the serial port says REGEX. By itself rather than through
# run.sh, which knows no firmware with Secure Boot and no machine that is not to boot.
boot_medium() {
    local wanted=$1 pid end=$((SECONDS + patience))
    shift
    qemu-system-x86_64 -no-user-config -nodefaults -display none -no-reboot -m 512 -accel tcg -cpu max -serial "file:$log" \
        -device isa-debug-exit,iobase=0xf4,iosize=4 "$@" </dev/null 3>&- &
    pid=$!
    while ((SECONDS < end)); do
        ! said "$wanted" || break
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.1
    done
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
    said "$wanted" || { tail -n 5 "$log" | cat -v; return 1; }
}

# Firmware that checks no signatures.
ovmf=(-M q35 -drive "if=pflash,unit=0,format=raw,readonly=on,file=$firmware/OVMF_CODE_4M.fd"
    -drive "if=pflash,unit=1,format=raw,snapshot=on,file=$firmware/OVMF_VARS_4M.fd")

done_line='^\{"kind":"done".*\}'

# ---- QEMU asked from outside --------------------------------------------------------------------------------

# machine_at_rest RUN.SH-OPTIONS... -- QEMU-ARGS...: boot with a QMP socket in the background and return once the image
# has printed its last line; the options must contain exit=halt. `machine_end` ends it. Needs `--` in the arguments.
machine_at_rest() {
    local end=$((SECONDS + patience))
    rm -f "$log"
    on_qemu "$@"
    "$root/run.sh" --accel tcg --log "$log" --timeout "$patience" "${options[@]}" \
        -qmp "unix:$BATS_TEST_TMPDIR/qmp,server=on,wait=off" >"$BATS_TEST_TMPDIR/run.out" 2>&1 3>&- &
    run_pid=$!
    while ((SECONDS < end)); do
        ! log_is_whole || return 0
        kill -0 "$run_pid" 2>/dev/null || break
        sleep 0.1
    done
    cat "$BATS_TEST_TMPDIR/run.out"
    return 1
}

machine_end() {
    [[ -z ${run_pid-} ]] || kill "$run_pid" 2>/dev/null || true
    wait "${run_pid-}" 2>/dev/null || true
}

# qmp_last COMMAND [ARGUMENTS]: its result, and with it the end of the machine: that is how socat knows there is no more
# to read. The arguments are a JSON object.
qmp_last() {
    local arguments=${2-}
    printf '%s\n' '{"execute":"qmp_capabilities"}' \
        "{\"execute\":\"$1\",\"id\":\"asked\"${arguments:+,\"arguments\":$arguments}}" '{"execute":"quit"}' |
        socat -t 60 - "UNIX-CONNECT:$BATS_TEST_TMPDIR/qmp" | jq -c 'select(.id == "asked").return'
}

# ---- blobs ------------------------------------------------------------------------------------------------------

# capture_table FILE RUN.SH-MACHINE-OPTIONS...: the BAR mask table of a machine, through run.sh's own command line.
capture_table() {
    local file=$1
    shift
    (
        declare -A machine=([qemu]=qemu-system-x86_64 [type]=q35 [devices]=default [build]=$images)
        arguments=()
        # shellcheck source=tools/machines.sh
        . "$root/tools/machines.sh"
        while (($#)); do
            case $1 in
            --machine) machine[type]=$2 ;;
            --devices) machine[devices]=$2 ;;
            --) arguments=("${@:2}"); break ;;
            esac
            shift 2
        done
        qemu_command command machine tcg pvh 'list exit=halt' "${arguments[@]}"
        "$root/hypervisor/capture" --output "$file" --timeout "$patience" -- "${command[@]}"
    )
}

# patch_table FILE OFFSET BYTES: overwrite bytes (in hexadecimal) and make the checksum right again.
patch_table() {
    /usr/bin/python3 - "$@" <<'END'
import struct, sys
name, offset, new = sys.argv[1], int(sys.argv[2], 0), bytes.fromhex(sys.argv[3])
blob = bytearray(open(name, "rb").read())
blob[offset:offset + len(new)] = new
blob[20:24] = bytes(4)
blob[20:24] = struct.pack("<I", -sum(struct.unpack(f"<{len(blob) // 4}I", blob)) & 0xffffffff)
open(name, "wb").write(blob)
END
}
