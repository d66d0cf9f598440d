# shellcheck shell=bash
# Running one QEMU to its end. Nothing here looks at the variables of whoever sources it, but for the names of two that
# are handed over.

now_us() { echo "${EPOCHREALTIME/[^0-9]/}"; }

# reap_qemu PID-VARIABLE: give QEMU two seconds to leave after a TERM; then it has to. The variable is emptied.
reap_qemu() {
    local -n reaped=$1
    local i
    for ((i = 0; i < 40; i++)); do
        kill -0 "$reaped" 2>/dev/null || break
        sleep 0.05
    done
    kill -KILL "$reaped" 2>/dev/null || true
    wait "$reaped" 2>/dev/null || true
    reaped=''
}

# How QEMU says that the host's KVM cannot run this guest. In the first two it then stays, paused for ever.
kvm_gave_up() {
    case $1 in
    *'KVM internal error'* | *'error: kvm run failed'* | *'KVM: entry failed'* | *'failed to initialize kvm'* | \
        *'Could not access KVM'* | *'kvm_buf_set_msrs'*) return 0 ;;
    esac
    return 1
}

# run_qemu DEADLINE LOG PID-VARIABLE OUTCOME-VARIABLE COMMAND...: run QEMU once, its serial port on the terminal and in
# the log, until the deadline (now_us). Its stderr is the event that is waited for: it tells of trouble as it happens,
# and its end is QEMU's end, so nothing is polled and a healthy run loses no time. The outcome is kvm (KVM gave up
# before the image said anything), kvm-later (it gave up while the image ran; the line is in gave_up), timeout, or
# QEMU's exit status. The PID is there as long as QEMU is, for whoever must end it.
run_qemu() {
    local deadline=$1 serial_log=$2 pid_name=$3
    local -n pid_now=$3 came_out=$4
    shift 4
    local left line serial errors tee_pid status
    gave_up=''
    exec {serial}> >(trap '' INT && exec tee -p -- "$serial_log")
    tee_pid=$!
    exec {errors}< <(exec "$@" 2>&1 1>&"$serial" </dev/null {serial}>&-)
    pid_now=$!
    exec {serial}>&-
    came_out=''
    while [[ -z $came_out ]]; do
        left=$((deadline - $(now_us)))
        ((left > 0)) || {
            came_out=timeout
            break
        }
        status=0
        IFS= read -r -t "$((left / 1000000)).$(printf %06d $((left % 1000000)))" line <&"$errors" || status=$?
        if ((status == 0)) || [[ $line ]]; then
            if kvm_gave_up "$line"; then
                came_out=kvm gave_up=$line
                break
            # A network card without a network and a sound card without a sound are what we asked for.
            elif [[ $line != *'has no peer'* && $line != *'audiodev default parameter is deprecated'* ]]; then
                printf '%s\n' "$line" >&2
            fi
        fi
        if ((status > 128)); then
            came_out=timeout
        elif ((status)); then
            break # end of file
        fi
    done
    if [[ $came_out ]]; then
        kill -TERM "$pid_now" 2>/dev/null || true
        reap_qemu "$pid_name"
    else
        came_out=0
        wait "$pid_now" || came_out=$?
        pid_now=''
    fi
    exec {errors}<&-
    wait "$tee_pid" || true # now the log is whole
    if [[ $came_out == kvm ]] && image_entered "$serial_log"; then
        came_out=kvm-later
    fi
}

# image_entered LOG: the image's first line is there, the one that it prints as it takes over.
image_entered() { grep -aq '^KTAP version' -- "$1"; }
