# shellcheck shell=bash
# Running one QEMU to its end. Sourced by run.sh, whose variables (timeout, log, qemu_pid, outcome) it uses.
# shellcheck disable=SC2154,SC2034  # those variables

now_us() { echo "${EPOCHREALTIME/[^0-9]/}"; }

# Give QEMU two seconds to leave after a TERM; then it has to.
reap_qemu() {
    local i
    for ((i = 0; i < 40; i++)); do
        kill -0 "$qemu_pid" 2>/dev/null || break
        sleep 0.05
    done
    kill -KILL "$qemu_pid" 2>/dev/null || true
    wait "$qemu_pid" 2>/dev/null || true
    qemu_pid=''
}

stop_qemu() {
    kill -TERM "$qemu_pid" 2>/dev/null || true
    reap_qemu
}

# How QEMU says that the host's KVM cannot run this guest. In the first two it then stays, paused for ever.
kvm_gave_up() {
    case $1 in
    *'KVM internal error'* | *'error: kvm run failed'* | *'KVM: entry failed'* | *'failed to initialize kvm'* | \
        *'Could not access KVM'* | *'kvm_buf_set_msrs'*) return 0 ;;
    esac
    return 1
}

# Run QEMU once with the serial port on the terminal and in the log. Its stderr is the event that is waited for: it
# tells of trouble as it happens, and its end is QEMU's end, so nothing is polled and a healthy run loses no time.
# Sets outcome: kvm (KVM gave up before the image said anything), timeout, or QEMU's exit status.
run_qemu() {
    local deadline left line serial errors tee_pid status gave_up=''
    deadline=$(($(now_us) + timeout * 1000000))
    exec {serial}> >(trap '' INT && exec tee -p -- "$log")
    tee_pid=$!
    exec {errors}< <(exec "$@" 2>&1 1>&"$serial" </dev/null {serial}>&-)
    qemu_pid=$!
    exec {serial}>&-
    outcome=''
    while [[ -z $outcome ]]; do
        left=$((deadline - $(now_us)))
        ((left > 0)) || {
            outcome=timeout
            break
        }
        status=0
        IFS= read -r -t "$((left / 1000000)).$(printf %06d $((left % 1000000)))" line <&"$errors" || status=$?
        if ((status == 0)) || [[ $line ]]; then
            if kvm_gave_up "$line"; then
                outcome=kvm gave_up=$line
                break
            elif [[ $line != *'has no peer'* ]]; then # a network card without a network is what we asked for
                printf '%s\n' "$line" >&2
            fi
        fi
        if ((status > 128)); then
            outcome=timeout
        elif ((status)); then
            break # end of file
        fi
    done
    if [[ $outcome ]]; then
        stop_qemu
    else
        outcome=0
        wait "$qemu_pid" || outcome=$?
        qemu_pid=''
    fi
    exec {errors}<&-
    wait "$tee_pid" || true # now the log is whole
    if [[ $outcome == kvm ]] && grep -aq '^KTAP version' -- "$log"; then
        die "error: KVM gave up while the image ran: $gave_up; the log is in $log"
    fi
}
