#!/usr/bin/env bash
# Boot barometer in a QEMU machine, show its serial port, and turn its result into an exit status.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
build=${BUILD:-$here/build}
# shellcheck source=tools/machines.sh
. "$here/tools/machines.sh"
# shellcheck source=tools/qemu.sh
. "$here/tools/qemu.sh"

usage() {
    cat <<'END'
usage: ./run.sh [--boot efi|pvh|linux|iso|iso-bios] [--accel auto|kvm|tcg] [--machine q35|pc|microvm] [--qemu PATH]
                [--devices default|none] [--pv auto|off] [--append 'OPTIONS'] [--log FILE] [--timeout SECONDS]
                [-- QEMU ARGS...]

  --boot     efi: OVMF and build/barometer.efi; pvh: build/barometer.elf through qboot, no firmware to wait for;
             linux: build/barometer.bz, by the Linux boot protocol, through qboot; iso: OVMF and build/barometer.iso;
             iso-bios: the same CD through SeaBIOS. Default: efi where the firmware runs, else pvh
  --accel    default auto: KVM if this host's KVM can run it, else TCG
  --machine  default q35; microvm has no EFI firmware, so it boots pvh
  --qemu     the QEMU to run; default qemu-system-x86_64
  --devices  default: a representative machine; none: nothing of ours, so that QEMU ARGS are the whole machine
  --pv       auto: on a QEMU that has no BAR mask table of its own, capture one beforehand from the same machine
             and offer it to the guest (docs/paravirtual.md); off: offer none
  --append   options for the guest, such as 'tests=scan.* budget=20'. Not with --boot iso or iso-bios: there the
             options are in barometer.cfg on the image
  --log      where the serial log goes as well; default build/serial.log
  --timeout  seconds that all of it may take; then QEMU is killed; default 120
  QEMU ARGS  come last on QEMU's command line, so they override ours (-m, -smp, -cpu, -bios, ...)

Exit status: 0 pass, 1 fail, 2 error, 77 all skipped, 124 timeout.
The environment variable BUILD names another folder for the images and the log than build/.
END
}

say() { printf 'run.sh: %s\n' "$*" >&2; }

die() {
    say "$@"
    exit 2
}

bad_usage() {
    say "$1"
    usage >&2
    exit 2
}

# ---- options ------------------------------------------------------------------------------------------------

boot='' accel=auto pv=auto options='' timeout=120
log=$build/serial.log
user_args=()
declare -A machine=([qemu]=qemu-system-x86_64 [type]=q35 [devices]=default [build]=$build)

one_of() { # OPTION VALUE CHOICE...
    local option=$1 value=$2 choice
    shift 2
    for choice; do [[ $value == "$choice" ]] && return; done
    bad_usage "$option: '$value' is not one of: $*"
}

parse_options() {
    local option value
    while (($#)); do
        option=$1
        shift
        case $option in
        --)
            user_args=("$@")
            break
            ;;
        -h | --help)
            usage
            exit 0
            ;;
        --boot | --accel | --machine | --qemu | --devices | --pv | --append | --log | --timeout)
            (($#)) || bad_usage "$option needs a value"
            value=$1
            shift
            ;;
        --*=*) # the other common spelling
            set -- "${option%%=*}" "${option#*=}" "$@"
            continue
            ;;
        *) bad_usage "unknown option: $option (arguments for QEMU go after --)" ;;
        esac
        case $option in
        --boot) one_of "$option" "$value" efi pvh linux iso iso-bios && boot=$value ;;
        --accel) one_of "$option" "$value" auto kvm tcg && accel=$value ;;
        --machine) one_of "$option" "$value" q35 pc microvm && machine[type]=$value ;;
        --devices) one_of "$option" "$value" default none && machine[devices]=$value ;;
        --pv) one_of "$option" "$value" auto off && pv=$value ;;
        --qemu) machine[qemu]=$value ;;
        --append) options=$value ;;
        --log) log=$value ;;
        --timeout)
            [[ $value =~ ^[1-9][0-9]{0,5}$ ]] || bad_usage "--timeout: '$value' is not a number of seconds from 1 to 999999"
            timeout=$value
            ;;
        esac
    done
    if [[ $boot == iso* && $options ]]; then
        bad_usage "--append has no effect with --boot $boot: the options are in barometer.cfg on the image"
    fi
    if [[ ${machine[type]} == microvm && ($boot == efi || $boot == iso*) ]]; then
        bad_usage "--boot $boot: microvm has no such firmware; use --boot pvh"
    fi
}

# ---- what this host has -------------------------------------------------------------------------------------

# Name what is missing and the command that installs it; run.sh itself installs nothing.
need() { NO_INSTALL=1 "$here/tools/need" "$@" || exit 2; }

check_qemu() {
    local qemu=${machine[qemu]}
    if [[ $qemu != */* ]]; then
        command -v -- "$qemu" >/dev/null || need "$qemu"
    elif [[ ! -x $qemu || -d $qemu ]]; then
        die "--qemu: $qemu is not an executable file"
    fi
}

# A QEMU that was built but not installed may come without its ROMs; then Debian's serve it as well.
rom_args=()
find_roms() {
    local folder qemu=${machine[qemu]}
    [[ $qemu == */* && -r /usr/share/qemu/qboot.rom ]] || return 0
    while read -r folder; do
        [[ ! -r $folder/qboot.rom ]] || return 0
    done < <("$qemu" -L help 2>/dev/null)
    for folder in /usr/share/qemu /usr/share/seabios /usr/lib/ipxe/qemu; do
        rom_args+=(-L "$folder")
    done
}

check_image() {
    local image
    case $1 in
    efi) image=$build/barometer.efi ;;
    pvh) image=$build/barometer.elf ;;
    linux) image=$build/barometer.bz ;;
    iso | iso-bios) image=$build/barometer.iso ;;
    esac
    [[ -r $image ]] || die "$image is missing; build it with: make"
}

# Fill `attempts` with "accel boot" pairs, best first, and `why` with the reason the first is not kvm, efi.
attempts=() why=''
plan_attempts() {
    local accels=() boots=() a b
    case $accel in
    tcg) accels=(tcg) ;;
    *)
        # Opening is the test: the node may be there without permission, or without a module behind it.
        if [[ -c /dev/kvm ]] && { : <>/dev/kvm; } 2>/dev/null; then
            accels=(kvm)
            [[ $accel == auto ]] && accels+=(tcg)
        elif [[ $accel == kvm ]]; then
            die "--accel kvm: /dev/kvm is not there or cannot be opened"
        else
            accels=(tcg)
            why='/dev/kvm is not there or cannot be opened'
        fi
        ;;
    esac
    if [[ $boot ]]; then
        boots=("$boot")
    elif [[ ${machine[type]} == microvm ]]; then
        boots=(pvh)
        why+="${why:+; }microvm has no EFI firmware"
    elif [[ -z ${machine[ovmf_code]-} ]]; then
        boots=(pvh)
        why+="${why:+; }no OVMF firmware on this host"
    else
        boots=(efi pvh)
    fi
    for a in "${accels[@]}"; do
        for b in "${boots[@]}"; do
            attempts+=("$a $b")
        done
    done
}

# ---- the end, however it comes -------------------------------------------------------------------------------

# What is to be undone at the end, and how the last QEMU ended (see run_qemu).
scratch='' qemu_pid='' helper_pid='' outcome='' gave_up=''

# shellcheck disable=SC2317  # called by the EXIT trap
cleanup() {
    trap - EXIT
    local pid
    for pid in $qemu_pid $helper_pid; do
        kill -TERM "$pid" 2>/dev/null || true
    done
    [[ -z $qemu_pid ]] || reap_qemu qemu_pid
    [[ -z $helper_pid ]] || wait "$helper_pid" 2>/dev/null || true
    [[ -z $scratch ]] || rm -rf -- "$scratch"
}

# ---- the captured BAR mask table ----------------------------------------------------------------------------

wants_capture() {
    [[ $pv == auto && "${user_args[*]-}" != *pci-bar-masks* ]]
}

# Half of what is left of the time: the run needs the rest.
half_left() { echo $(((deadline - $(now_us)) / 2000000 + 1)); }

# Start the machine once beforehand and write its table to $scratch/masks. Returns 3 when KVM gave up. Where the image
# was not even entered, the run itself, of the same machine in no more time, would not be either: the end.
capture() { # ACCEL BOOT
    local status=0 command seconds
    if [[ ! -x /usr/bin/python3 ]]; then
        say 'no BAR mask table: python3 is missing (apt-get install python3)'
        return 0
    fi
    seconds=$(half_left)
    # The options are ours, so this boots with -kernel even where the run itself is to boot from the ISO.
    qemu_command command machine "$1" "$2" 'list exit=halt' "${rom_args[@]}" "${user_args[@]}"
    "$here/hypervisor/capture" --output "$scratch/masks" --timeout "$seconds" -- "${command[@]}" 2>"$scratch/why" &
    helper_pid=$!
    wait "$helper_pid" || status=$?
    helper_pid=''
    case $status in
    0 | 3) ;;
    4)
        say "timeout: the image was not entered within $seconds s, half of the time that there is: $(tail -n 1 "$scratch/why")"
        exit 124
        ;;
    *) say "no BAR mask table: $(tail -n 1 "$scratch/why")" ;;
    esac
    ((status != 3)) || return 3
}

# ---- what came of it ----------------------------------------------------------------------------------------

# The guest tells its result twice, by its last line and by the value it wrote to isa-debug-exit (which QEMU turns
# into status value * 2 + 1). Only when both say the same is it a result.
conclude() {
    local last said='' told=''
    if [[ $outcome == timeout ]] && ! image_entered "$log"; then
        say "timeout: the image was not entered within $timeout s: nothing of it is on the serial port; the log is in $log"
        exit 124
    elif [[ $outcome == timeout ]]; then
        say "timeout: no end after $timeout s; the log so far is in $log"
        exit 124
    elif [[ $outcome == kvm-later ]]; then
        die "error: KVM gave up while the image ran: $gave_up; the log is in $log"
    fi
    last=$(tail -n 1 -- "$log" | tr -d '\r\0')
    if [[ $last =~ ^\{\"kind\":\"done\".*\"status\":\"(pass|fail|error|skip)\" ]]; then
        said=${BASH_REMATCH[1]}
    fi
    case $outcome in
    33) told=pass ;;
    35) told=fail ;;
    37) told=error ;;
    39) told=skip ;;
    esac
    if [[ -z $told && -z $said ]]; then
        die "error: QEMU ended with status $outcome and the log without a done line; the log is in $log"
    elif [[ $told != "$said" ]]; then
        die "error: the log's last line says ${said:-nothing}, QEMU's exit status $outcome says ${told:-nothing}; the log is in $log"
    fi
    say "$said; the log is in $log"
    case $said in
    pass) exit 0 ;;
    fail) exit 1 ;;
    error) exit 2 ;;
    skip) exit 77 ;;
    esac
}

announce() { # ACCEL BOOT
    local note=$why
    [[ $1 != tcg ]] || note+="${note:+; }timings are those of an emulation"
    say "$1, $2${note:+: $note}"
}

main() {
    local accel_now boot_now command i deadline
    deadline=$(now_us)
    parse_options "$@"
    check_qemu
    find_roms
    ((deadline += timeout * 1000000))
    find_ovmf machine
    [[ $boot != efi && $boot != iso ]] || [[ ${machine[ovmf_code]-} ]] || need ovmf
    plan_attempts
    mkdir -p -- "$(dirname -- "$log")"
    : >"$log" || die "--log: cannot write $log"
    scratch=$(mktemp -d)
    machine[masks]=$scratch/masks
    trap cleanup EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP

    for ((i = 0; i < ${#attempts[@]}; i++)); do
        read -r accel_now boot_now <<<"${attempts[i]}"
        check_image "$boot_now"
        outcome=''
        if wants_capture; then
            capture "$accel_now" "$boot_now" || outcome=kvm
        fi
        if [[ $outcome != kvm ]]; then
            announce "$accel_now" "$boot_now"
            qemu_command command machine "$accel_now" "$boot_now" "$options" "${rom_args[@]}" "${user_args[@]}"
            run_qemu "$deadline" "$log" qemu_pid outcome "${command[@]}"
        fi
        [[ $outcome == kvm ]] || conclude
        case $boot_now in
        pvh | linux) why="this host's KVM cannot run it" ;;
        *) why="this host's KVM cannot run OVMF" ;;
        esac
    done
    die "error: $why"
}

main "$@"
