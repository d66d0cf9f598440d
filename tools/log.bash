# shellcheck shell=bash
# Waiting for a serial log's last line and making an exit status of it. Sourced by what runs a machine and only has its log.

# say TEXT...: under the script's own name.
say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

die() {
    say "$@"
    exit 2
}

# last_line FILE: the done object, if the log has come to it; it is whole once it has its closing braces.
last_line() {
    [[ -r $1 ]] || return 1
    tr -d '\r\0' <"$1" | grep -a '^{"kind":"done".*}}$' | tail -n 1 | grep .
}

# wait_for_end FILE SECONDS FETCH...: run FETCH (which brings the log to FILE where it is not there by itself) once a second until
# the log has its last line. Status 124 when it never comes, 2 when the machine is seen to be gone without one.
wait_for_end() {
    local file=$1 left=$2 state
    shift 2
    while ((left > 0)); do
        state=0
        "$@" || state=$?
        ! last_line "$file" >/dev/null || return 0
        # The machine's end and the log's last line can come in either order: one more look.
        if ((state == 3)); then
            sleep 1
            "$@" || true
            ! last_line "$file" >/dev/null || return 0
            return 2
        fi
        sleep "${POLL_SECONDS:-1}"
        left=$((left - 1))
    done
    return 124
}

# conclude FILE WAITED: run.sh's exit status for the log, and a line that says it.
conclude() {
    local line status
    if (($2 == 124)); then
        say "timeout: no done line; the log so far is in $1"
        return 124
    elif (($2)); then
        say "error: the machine ended without a done line; the log is in $1"
        return 2
    fi
    line=$(last_line "$1")
    status=$(sed -n 's/.*"status":"\([a-z]*\)".*/\1/p' <<<"$line")
    say "${status:-no status}; the log is in $1"
    case $status in
    pass) return 0 ;;
    fail) return 1 ;;
    skip) return 77 ;;
    *) return 2 ;;
    esac
}
