# shellcheck shell=bash
# Running one QEMU to its end. Nothing here looks at the variables of whoever sources it, but for the names of two that
# are handed over.

# now_us VARIABLE: sets it to the time. Not by a command substitution: bash 5.2 cannot run a trap that comes as it expands one inside
# of an arithmetic expansion, and ends with a syntax error of the trap's.
now_us() { printf -v "$1" %s "${EPOCHREALTIME/[^0-9]/}"; }

# end_process PID: a TERM, and two seconds to leave; then it has to.
end_process() {
    local i
    kill -TERM "$1" 2>/dev/null || return 0
    for ((i = 0; i < 40; i++)); do
        kill -0 "$1" 2>/dev/null || return 0
        sleep 0.05
    done
    kill -KILL "$1" 2>/dev/null || true
}

# How QEMU says that the host's KVM cannot run this guest. In the first two it then stays, paused for ever.
kvm_gave_up() {
    case $1 in
    *'KVM internal error'* | *'error: kvm run failed'* | *'KVM: entry failed'* | *'failed to initialize kvm'* | \
        *'Could not access KVM'* | *'kvm_buf_set_msrs'*) return 0 ;;
    esac
    return 1
}

# wait_for PID STATUS-VARIABLE: its exit status once it has ended, whatever signals come meanwhile.
# shellcheck disable=SC2034  # the caller's variable
wait_for() {
    local -n ended_with=$2
    while :; do
        ended_with=0
        wait "$1" || ended_with=$?
        kill -0 "$1" 2>/dev/null || return 0
    done
}

# run_qemu DEADLINE-VARIABLE LOG PID-VARIABLE OUTCOME-VARIABLE WORDS-VARIABLE COMPLAIN COMMAND...: run QEMU once, its
# serial port on standard output and in the log, until the deadline (now_us); whoever sets that variable to 0 and sends
# QEMU a TERM ends the run. QEMU's stderr is the event that is waited for: it tells of trouble as it happens, and its end
# is QEMU's end, so nothing is polled and a healthy run loses no time. Its lines are handed to the function COMPLAIN. The
# outcome is kvm (KVM gave up before the image said anything), kvm-later (it gave up while the image ran), of either the
# line that says it is in the words; timeout; or QEMU's exit status. The PID is there as long as QEMU is.
run_qemu() {
    local -n until_us=$1 pid_now=$3 came_out=$4 last_words=$5
    local serial_log=$2 complain=$6
    shift 6
    local now left line serial errors tee_pid status
    last_words=''
    exec {serial}> >(trap '' INT TERM HUP && exec tee -p -- "$serial_log")
    tee_pid=$!
    exec {errors}< <(exec "$@" 2>&1 1>&"$serial" </dev/null {serial}>&-)
    pid_now=$!
    exec {serial}>&-
    came_out=''
    while [[ -z $came_out ]]; do
        now_us now
        left=$((until_us - now))
        ((left > 0)) || {
            came_out=timeout
            break
        }
        status=0
        printf -v left '%d.%06d' $((left / 1000000)) $((left % 1000000))
        IFS= read -r -t "$left" line <&"$errors" || status=$?
        if ((status == 0)) || [[ $line ]]; then
            if kvm_gave_up "$line"; then
                came_out=kvm last_words=$line
                break
            # A network card without a network and a sound card without a sound are what we asked for.
            elif [[ $line != *'has no peer'* && $line != *'audiodev default parameter is deprecated'* ]]; then
                "$complain" "$line"
            fi
        fi
        if ((status > 128)); then
            came_out=timeout
        elif ((status)); then
            break # end of file
        fi
    done
    if [[ $came_out ]]; then
        end_process "$pid_now"
        wait_for "$pid_now" status
    else
        wait_for "$pid_now" came_out
    fi
    pid_now=''
    exec {errors}<&-
    wait_for "$tee_pid" status # now the log is whole
    if [[ $came_out == kvm ]] && image_entered "$serial_log"; then
        came_out=kvm-later
    fi
}

# image_entered LOG: the image's first line is there, the one that it prints as it takes over.
image_entered() { grep -aq '^KTAP version' -- "$1"; }
