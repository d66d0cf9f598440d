#!/usr/bin/env bats
# Ending run.sh before its time: no process stays, no temporary file, and the log says what ended it. And the ways of calling it that
# are not a terminal in a fresh clone.

# shellcheck disable=SC2030,SC2031,SC2034,SC2154,SC2314  # bats sets status and output, helpers the rest
load helpers

setup() {
    export STUB=$BATS_TEST_TMPDIR/stub BUILD=$BATS_TEST_TMPDIR/build TMPDIR=$BATS_TEST_TMPDIR/tmp
    mkdir "$STUB" "$BUILD" "$TMPDIR"
    touch "$BUILD"/barometer.{efi,elf,iso}
    log=$BUILD/serial.log
}

# start COMMAND...: in the background, as a shell starts it that has job control, so that SIGINT is not ignored. Every process
# of it can be known by its environment.
start() {
    set -m
    BAROMETER_RUN=$BATS_TEST_TMPDIR "$@" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    run_pid=$!
    set +m
}

# left: the processes of it that there are still.
left() { grep -szlxF "BAROMETER_RUN=$BATS_TEST_TMPDIR" /proc/[0-9]*/environ || true; }

# gone: none is left. What run.sh had started when a signal ended it may take a moment to end as well; what stays is there for a minute.
gone() {
    local end=$((SECONDS + 10))
    while [[ $(left) ]]; do
        ((SECONDS < end)) || return 1
        sleep 0.05
    done
}

# ends_with STATUS...: it does, and leaves nothing.
ends_with() {
    local status=0 want ok=''
    wait "$run_pid" || status=$?
    for want; do [[ $status != "$want" ]] || ok=1; done
    [[ $ok ]] || { echo "status $status, not $*"; cat "$BATS_TEST_TMPDIR/out"; return 1; }
    gone || { echo 'still there:'; left | while read -r at; do tr '\0' ' ' <"${at%environ}cmdline"; echo; done; return 1; }
    [[ -z $(ls -A "$TMPDIR") ]] || { ls -lA "$TMPDIR"; return 1; }
}

# The log's last line says by what, and the tools say it, too.
signed() { # SIGNAL
    [[ $(tail -n 1 "$log") == "# run.sh: interrupted by SIG$1" ]] || { tail -n 3 "$log"; return 1; }
    run "$root/tools/show" "$log"
    ((status == 2))
    [[ $output == *"interrupted by SIG$1"* ]]
    run "$root/tools/report" "$log"
    [[ $output == *"refused: interrupted by SIG$1: "* ]]
}

stub=("$root/run.sh" --qemu "$root/check/system/stub-qemu" --accel tcg --boot pvh)

until_there() { # FILE [TEXT]
    local i
    for ((i = 0; i < 400; i++)); do
        ! grep -qse "${2-.}" "$1" || return 0
        sleep 0.05
    done
    return 1
}

@test "INT, TERM and HUP, while the image runs, in the middle of a line: 130, 143, 129, and the log says which" {
    export STUB_SERIAL=$'KTAP version 1\n1..9\nok 1 acpi.tables\nok 2 enumer' STUB_STATUS=stay
    for pair in INT=130 TERM=143 HUP=129; do
        rm -f "$STUB/starts" "$log"
        start "${stub[@]}" --pv off
        until_there "$log" 'ok 2 enumer'
        kill -"${pair%=*}" "$run_pid"
        ends_with "${pair#*=}"
        signed "${pair%=*}"
        grep -qx 'ok 2 enumer' "$log"
    done
}

@test "a QEMU that does not listen to TERM is ended all the same" {
    printf '#!/usr/bin/env bash\n[[ "$*" != "-L help" ]] || exit 0\ntrap "" TERM\necho x >"$STUB/starts"\nwhile :; do sleep 1; done\n' >"$BATS_TEST_TMPDIR/deaf"
    chmod +x "$BATS_TEST_TMPDIR/deaf"
    start "$root/run.sh" --qemu "$BATS_TEST_TMPDIR/deaf" --accel tcg --boot pvh --pv off
    until_there "$STUB/starts"
    kill -TERM "$run_pid"
    ends_with 143
    signed TERM
}

@test "Ctrl-C, and a terminal that goes away: the same, while the image runs and while a table is captured" {
    export STUB_SERIAL=$'KTAP version 1\n1..9\nok 1 acpi.tables\n' STUB_STATUS=stay TERM=xterm
    for case in 'off|test 1 of 9|--keys \x03|INT|130' 'off|test 1 of 9|--hang-up|HUP|129' 'auto|first boot|--keys \x03|INT|130' 'auto|first boot|--hang-up|HUP|129'; do
        IFS='|' read -r pv seen what signal ends <<<"$case"
        read -ra how <<<"$what"
        rm -f "$log"
        start "$root/check/system/on-terminal" --when "$seen" "${how[@]}" 80 "${stub[@]}" --pv "$pv"
        ends_with "$ends"
        signed "$signal"
        [[ $signal != INT ]] || grep -q 'INTERRUPTED.*' "$BATS_TEST_TMPDIR/out"
    done
}

# Whenever it comes: before there is a log there may be none; once the run is over the signal has come too late.
@test "a signal at any moment of a run" {
    export STUB_SERIAL STUB_STATUS=33
    STUB_SERIAL=$'KTAP version 1\n1..1\nok 1 acpi.tables\n{"kind":"done","status":"pass","passed":1}\n'
    for pair in INT,0 TERM,0.03 INT,0.06 TERM,0.1 INT,0.14 TERM,0.18 INT,0.23 TERM,0.28 INT,0.35 TERM,0.45 INT,0.6 TERM,0.8; do
        rm -f "$log"
        start "${stub[@]}" --pv auto --quiet
        sleep "${pair#*,}"
        kill -"${pair%,*}" "$run_pid" 2>/dev/null || true
        ends_with 0 130 143
        [[ ! -e $log || $(tail -n 1 "$log") == '# run.sh: interrupted by SIG'* || $(tail -n 1 "$log") == '{"kind":"done",'* ]] || { cat "$log"; return 1; }
    done
}

@test "a real QEMU, interrupted as it captures the table, as it boots and as it measures" {
    export BUILD=$images
    # A soak of an hour, so that none of these is over too soon.
    start "$root/run.sh" --accel tcg --boot pvh --log "$log" --append 'tests=soak.* budget=3600000'
    until pgrep -P "$run_pid" -f hypervisor/capture >/dev/null || ! kill -0 "$run_pid"; do sleep 0.02; done
    kill -INT "$run_pid"
    ends_with 130
    signed INT
    for state in '^run.sh: tcg' '"kind":"env"'; do
        : >"$log"
        start "$root/run.sh" --accel tcg --boot pvh --log "$log" --append 'tests=soak.* budget=3600000'
        until grep -q "$state" "$BATS_TEST_TMPDIR/out" || ! kill -0 "$run_pid"; do sleep 0.02; done
        kill -INT "$run_pid"
        ends_with 130
        signed INT
    done
}

@test "two runs at once: each its own log, and one log is not for two" {
    export STUB_SERIAL=$'KTAP version 1\n' STUB_STATUS=stay
    start "${stub[@]}" --pv off
    until_there "$log"
    run "${stub[@]}" --pv off
    ((status == 2))
    [[ $output == *"another run is writing $log; name another file"* ]]
    # It is as it was, and its run goes on.
    [[ $(<"$log") == 'KTAP version 1' ]]
    STUB_SERIAL='{"kind":"done","status":"pass"}' STUB_STATUS=33 run "${stub[@]}" --pv off --log "$BUILD/other.log"
    ((status == 0))
    kill -TERM "$run_pid"
    ends_with 143
}

@test "a folder with spaces, a checkout that is not written to, BUILD elsewhere, no terminal and no input: a real run" {
    checkout="$BATS_TEST_TMPDIR/a folder/with spaces"
    export TMPDIR="$BATS_TEST_TMPDIR/temporary files"
    mkdir -p "$checkout/hypervisor" "$BATS_TEST_TMPDIR/my images" "$TMPDIR"
    cp -r "$root/run.sh" "$root/tools" "$checkout"
    cp "$root/hypervisor/capture" "$checkout/hypervisor"
    cp "$images/barometer.elf" "$BATS_TEST_TMPDIR/my images"
    chmod -R a-w "$checkout"
    before=$(find "$checkout" -printf '%p %T@ %m\n')
    BUILD="$BATS_TEST_TMPDIR/my images" run setsid "$checkout/run.sh" --accel tcg --boot pvh --append 'tests=enumerate.*,sizing.paravirtual' <&-
    ((status == 0))
    log="$BATS_TEST_TMPDIR/my images/serial.log"
    holds '.[-1].passed == 4'
    [[ $(find "$checkout" -printf '%p %T@ %m\n') == "$before" ]]
    [[ -z $(ls -A "$TMPDIR") ]]
    chmod -R u+w "$checkout"
}

@test "a log that cannot be written: named, status 2, nothing is started" {
    run "${stub[@]}" --pv off --log "$STUB"
    ((status == 2))
    [[ $output == *"--log: cannot write $STUB"* ]]
    [[ ! -e $STUB/starts ]]
}
