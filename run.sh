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
                [--raw | --quiet] [-- QEMU ARGS...]

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
  --log      where the serial log goes as well, of one run at a time; default build/serial.log
  --timeout  seconds that all of it may take; then QEMU is killed; default 120
  --raw      show the serial stream byte for byte, whatever the guest puts into it: the default where standard output is
             no terminal. At a terminal the default is made for a person (tools/show), without a guest's control characters
  --quiet    show the verdict alone
  QEMU ARGS  come last on QEMU's command line, so they override ours (-m, -smp, -cpu, -bios, ...)

Exit status: 0 pass, 1 fail, 2 error, 77 all skipped, 124 timeout; 129, 130, 143: ended by SIGHUP, SIGINT, SIGTERM.
The environment variable BUILD names another folder for the images and the log than build/, OVMF a folder with OVMF_CODE.fd and
OVMF_VARS.fd to take in place of this host's.
END
}

# ---- who it is shown to --------------------------------------------------------------------------------------

# Where the serial stream goes, and, where that is tools/show, its process and the key that marks our lines among the
# guest's: all is one stream, so that it stays in order, and no guest can know the key.
screen=1 show_pid='' key=''

start_show() { # TOOLS-SHOW-OPTIONS...
    if ! "$here/tools/show" --help >/dev/null 2>&1; then
        say 'tools/show does not run, for which python3 is needed (apt-get install python3): the serial stream as it comes'
        return
    fi
    key=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    exec {screen}> >(trap '' INT TERM HUP && exec "$here/tools/show" --key "$key" --name "$log" "$@")
    show_pid=$!
}

# tell VERB TEXT: say (print it), now (that goes on), end (STATUS and why). False where nobody is there to hear it. Without
# the subshell a tools/show that is gone would end us with a SIGPIPE.
tell() {
    [[ $show_pid ]] || return 1
    (printf '\001%s %s %.2000s\n' "$key" "$1" "${2//[$'\n\001']/ }" >&"$screen") 2>/dev/null
}

say() { tell say "$*" || printf 'run.sh: %s\n' "$*" >&2 || true; }

# What QEMU says.
# shellcheck disable=SC2317  # called by run_qemu
complain() { tell say "$1" || printf '%s\n' "$1" >&2 || true; }

# The last words. Where tools/show has not shown them, they go to standard error.
end() { # STATUS NAME [WHY]
    local shown=1
    if tell end "$2 ${3-}"; then
        exec {screen}>&-
        wait_for "$show_pid" shown
    fi
    show_pid=''
    ((shown == 0)) || say "$2${3:+: $3}; the log is in $log"
    exit "$1"
}

die() {
    [[ -z $show_pid ]] || end 2 error "$*"
    say "$@"
    exit 2
}

bad_usage() {
    say "$1"
    usage >&2
    exit 2
}

# ---- options ------------------------------------------------------------------------------------------------

boot='' accel=auto pv=auto options='' timeout=120 view=''
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
        --raw | --quiet)
            [[ -z $view || $view == "${option#--}" ]] || bad_usage "--raw and --quiet: one of them"
            view=${option#--}
            continue
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

# What is to be undone at the end, how the last QEMU ended (see run_qemu), with KVM's last words, when all of it must have ended, and the signal
# that would not wait for that.
scratch='' qemu_pid='' helper_pid='' outcome='' gave_up='' deadline='' caught=''

# A signal is a deadline that has come: nothing but what would keep us waiting is ended here, and so all else takes its usual
# way, whatever it was at.
# shellcheck disable=SC2317  # called by traps
on_signal() { # NAME
    caught=${caught:-$1}
    deadline=0
    [[ -z $helper_pid ]] || kill -TERM "$helper_pid" 2>/dev/null || true
    [[ -z $qemu_pid ]] || end_process "$qemu_pid"
}

end_if_caught() {
    local -A numbers=([HUP]=1 [INT]=2 [TERM]=15)
    [[ -z $caught ]] || end "$((128 + numbers[$caught]))" interrupted "SIG$caught"
}

# A log that is not whole says by what it was ended, in a line of its own.
# shellcheck disable=SC2317  # called by cleanup
sign_log() {
    local last
    last=$(tail -n 1 -- "$log" | tr -d '\0')
    [[ $last != '{"kind":"done",'* ]] || return 0
    [[ -z $(tail -c 1 -- "$log" | tr '\0' ' ') ]] || echo >>"$log"
    echo "# run.sh: interrupted by SIG$caught" >>"$log"
}

# shellcheck disable=SC2317  # called by the EXIT trap
cleanup() {
    trap '' INT TERM HUP
    local pid status
    for pid in $qemu_pid $helper_pid; do
        end_process "$pid"
        wait_for "$pid" status
    done
    [[ -z $scratch ]] || rm -rf -- "$scratch"
    [[ -z $caught || -z $lock ]] || sign_log
}

# One run at a time writes a log: while it is ours we have it locked.
lock=''
open_log() {
    mkdir -p -- "$(dirname -- "$log")"
    { exec {lock}>>"$log"; } 2>/dev/null || die "--log: cannot write $log"
    flock --nonblock "$lock" || {
        lock=''
        die "--log: another run is writing $log; name another file"
    }
    : >"$log"
}

# ---- the captured BAR mask table ----------------------------------------------------------------------------

wants_capture() {
    [[ $pv == auto && "${user_args[*]-}" != *pci-bar-masks* ]]
}

# half_left VARIABLE: sets it to half of what is left of the time, in seconds: the run needs the rest.
half_left() {
    local now
    now_us now
    printf -v "$1" %d $(((deadline - now) / 2000000 + 1))
}

# Start the machine once beforehand and write its table to $scratch/masks. Returns 3 when KVM gave up. Where the image
# was not even entered, the run itself, of the same machine in no more time, would not be either: the end.
capture() { # ACCEL BOOT
    local status=0 command seconds
    if [[ ! -x /usr/bin/python3 ]]; then
        say 'no BAR mask table: python3 is missing (apt-get install python3)'
        return 0
    fi
    tell now 'a first boot for the BAR mask table' || true
    half_left seconds
    # The options are ours, so this boots with -kernel even where the run itself is to boot from the ISO.
    qemu_command command machine "$1" "$2" 'list exit=halt' "${rom_args[@]}" "${user_args[@]}"
    "$here/hypervisor/capture" --output "$scratch/masks" --timeout "$seconds" -- "${command[@]}" 2>"$scratch/why" &
    helper_pid=$!
    [[ -z $caught ]] || kill -TERM "$helper_pid"
    wait_for "$helper_pid" status
    helper_pid=''
    end_if_caught
    case $status in
    0 | 3) ;;
    4)
        end 124 timeout "the image was not entered within $seconds s, half of the time that there is: $(tail -n 1 "$scratch/why")"
        ;;
    *) say "no BAR mask table: $(tail -n 1 "$scratch/why")" ;;
    esac
    ((status != 3)) || return 3
}

# ---- what came of it ----------------------------------------------------------------------------------------

# The guest tells its result twice, by its last line and by the value it wrote to isa-debug-exit (which QEMU turns
# into status value * 2 + 1). Only when both say the same is it a result.
conclude() {
    local last said='' told='' hint=''
    if [[ $outcome == timeout ]] && ! image_entered "$log"; then
        # qboot halts where something is not as it expects, and says nothing.
        [[ $boot != pvh && $boot != linux ]] || hint='; if qboot is what stopped, SeaBIOS may not: -- -bios bios-256k.bin'
        end 124 timeout "the image was not entered within $timeout s: nothing of it is on the serial port$hint"
    elif [[ $outcome == timeout ]]; then
        end 124 timeout "no end after $timeout s"
    elif [[ $outcome == kvm-later ]]; then
        end 2 error "KVM gave up while the image ran: $gave_up"
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
        end 2 error "QEMU ended with status $outcome and the log without a done line"
    elif [[ $told != "$said" ]]; then
        end 2 error "the log's last line says ${said:-nothing}, QEMU's exit status $outcome says ${told:-nothing}"
    fi
    case $said in
    pass) end 0 pass ;;
    fail) end 1 fail ;;
    error) end 2 error ;;
    skip) end 77 skip ;;
    esac
}

announce() { # ACCEL BOOT
    local note=$why
    tell say "Booting ${machine[type]} by $2 under ${1^^}${why:+ ($why)}" && tell now 'waiting for the image' && return
    [[ $1 != tcg ]] || note+="${note:+; }timings are those of an emulation"
    say "$1, $2${note:+: $note}"
}

main() {
    local accel_now boot_now command i
    now_us deadline
    trap cleanup EXIT
    trap 'on_signal INT' INT
    trap 'on_signal TERM' TERM
    trap 'on_signal HUP' HUP
    parse_options "$@"
    check_qemu
    find_roms
    ((deadline += timeout * 1000000))
    find_ovmf machine || die "OVMF=$OVMF: no OVMF_CODE.fd and OVMF_VARS.fd there that can be read"
    [[ $boot != efi && $boot != iso ]] || [[ ${machine[ovmf_code]-} ]] || need ovmf
    plan_attempts
    open_log
    scratch=$(trap '' INT TERM HUP && mktemp -d)
    machine[masks]=$scratch/masks
    case $view in
    raw) ;;
    quiet) start_show --quiet ;;
    *) [[ ! -t 1 ]] || start_show ;;
    esac
    [[ $view != quiet || $show_pid ]] || exec {screen}>/dev/null

    for ((i = 0; i < ${#attempts[@]}; i++)); do
        read -r accel_now boot_now <<<"${attempts[i]}"
        check_image "$boot_now"
        end_if_caught
        outcome=''
        if wants_capture; then
            capture "$accel_now" "$boot_now" || outcome=kvm
        fi
        if [[ $outcome != kvm ]]; then
            announce "$accel_now" "$boot_now"
            qemu_command command machine "$accel_now" "$boot_now" "$options" "${rom_args[@]}" "${user_args[@]}"
            run_qemu deadline "$log" qemu_pid outcome gave_up complain "${command[@]}" >&"$screen"
            end_if_caught
        fi
        [[ $outcome == kvm ]] || conclude
        case $boot_now in
        pvh | linux) why="this host's KVM cannot run it" ;;
        *) why="this host's KVM cannot run OVMF" ;;
        esac
    done
    end 2 error "$why"
}

main "$@"
