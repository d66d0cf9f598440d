#!/usr/bin/env bats
# What run.sh makes of its options and of QEMU's end. QEMU is a stub here: no machine boots.

# shellcheck disable=SC2030,SC2031,SC2154,SC2314  # bats sets status and output, helpers the rest
load helpers

done_line() { printf '{"kind":"done","status":"%s","passed":1}\n' "$1"; }

setup() {
    export STUB=$BATS_TEST_TMPDIR/stub BUILD=$BATS_TEST_TMPDIR/build TMPDIR=$BATS_TEST_TMPDIR/tmp
    mkdir "$STUB" "$BUILD" "$TMPDIR"
    touch "$BUILD"/barometer.{efi,elf,iso}
}

# Neither KVM nor a capture, unless the options given say otherwise.
stubbed() {
    local serial=$1 exit_status=$2
    shift 2
    STUB_SERIAL=$serial STUB_STATUS=$exit_status \
        run "$root/run.sh" --qemu "$root/check/system/stub-qemu" --accel tcg --boot pvh --pv off "$@"
}

# A bare `! command` would not fail a test.
gone() { if kill -0 "$1" 2>/dev/null; then return 1; fi; }

starts() { wc -l <"$STUB/starts"; }

@test "--help tells every option and every exit status" {
    run "$root/run.sh" --help
    ((status == 0))
    for word in --boot --accel --machine --qemu --devices --pv --append --log --timeout --raw --quiet 77 124 130; do
        [[ $output == *"$word"* ]]
    done
}

@test "an unknown option is named, with the usage, status 2" {
    run "$root/run.sh" --bot efi
    ((status == 2))
    [[ ${lines[0]} == *'unknown option: --bot'* ]]
    [[ $output == *'usage: ./run.sh'* ]]
}

@test "a word that is no option is named" {
    run "$root/run.sh" -smp 4
    ((status == 2))
    [[ ${lines[0]} == *-smp* ]]
}

@test "a value that is no choice is named with the choices" {
    for pair in --boot=bios --accel=hvf --machine=virt --devices=some --pv=on --timeout=0 --timeout=1m --timeout=; do
        run "$root/run.sh" "$pair"
        ((status == 2))
        [[ ${lines[0]} == *"${pair%%=*}"*"'${pair#*=}'"* ]]
    done
}

@test "an option without its value is named" {
    for option in --boot --accel --machine --qemu --devices --pv --append --log --timeout; do
        run "$root/run.sh" "$option"
        ((status == 2))
        [[ ${lines[0]} == *"$option needs a value"* ]]
    done
}

@test "combinations that cannot work are refused with the reason" {
    run "$root/run.sh" --boot iso --append list
    ((status == 2))
    [[ ${lines[0]} == *barometer.cfg* ]]
    for boot in efi iso; do
        run "$root/run.sh" --machine microvm --boot "$boot"
        ((status == 2))
        [[ ${lines[0]} == *'no such firmware'* ]]
    done
}

@test "pass, fail, error and skip become 0, 1, 2 and 77" {
    stubbed "$(done_line pass)" 33
    ((status == 0))
    stubbed "$(done_line fail)" 35
    ((status == 1))
    stubbed "$(done_line error)" 37
    ((status == 2))
    stubbed "$(done_line skip)" 39
    ((status == 77))
}

@test "a done line that ends in CR LF counts" {
    stubbed "$(done_line pass)"$'\r\n' 33
    ((status == 0))
}

@test "a last line and an exit status that disagree are an error" {
    stubbed "$(done_line pass)" 35
    ((status == 2))
    [[ $output == *'says pass'*'says fail'* ]]
    stubbed "$(done_line fail)" 33
    ((status == 2))
}

@test "a result told only once is an error" {
    stubbed "$(done_line pass)" 0 # a reset ends QEMU with 0
    ((status == 2))
    stubbed '' 33
    ((status == 2))
}

@test "a done line that is not the last line is an error" {
    stubbed "$(done_line pass)"$'\nmore' 33
    ((status == 2))
}

@test "a QEMU that does not start is an error, and its own message is shown" {
    STUB_STDERR='qemu: no such device' stubbed '' 1
    ((status == 2))
    [[ $output == *'qemu: no such device'* ]]
    [[ $output == *'without a done line'* ]]
}

@test "the serial port goes to the terminal and to the log, byte for byte" {
    serial=$'\e[2JKTAP version 1\r\n  two  spaces \\n\n'$(done_line pass)
    stubbed "$serial" 33 --log "$BATS_TEST_TMPDIR/new/folder/my.log"
    ((status == 0))
    [[ $output == *"$serial"* ]]
    [[ $(<"$BATS_TEST_TMPDIR/new/folder/my.log") == "$serial" ]]
}

@test "the log is build/serial.log by default and starts afresh" {
    echo old >"$BUILD/serial.log"
    stubbed "$(done_line pass)" 33
    [[ $(<"$BUILD/serial.log") == "$(done_line pass)" ]]
}

@test "a timeout is 124, kills QEMU and keeps the log" {
    # What the stub says must have come by then, however busy the host is.
    stubbed $'KTAP version 1\n' stay --timeout 10
    ((status == 124))
    gone "$(<"$STUB/starts")"
    [[ $(<"$BUILD/serial.log") == 'KTAP version 1' ]]
}

@test "a timeout before the image was entered says so" {
    stubbed $'SeaBIOS (version 1)\n' stay --timeout 1
    ((status == 124))
    [[ $output == *'the image was not entered within 1 s'* ]]
    # Where qboot may have halted, what else to try.
    for boot in pvh efi; do
        stubbed '' stay --boot "$boot" --timeout 1
        ((status == 124))
        [[ $output == *'-bios bios-256k.bin'* && $boot == pvh || $output != *'-bios'* && $boot == efi ]]
    done
}

@test "firmware that never hands over: one boot, half of the time, and no second one" {
    STUB_SERIAL='SeaBIOS' STUB_STATUS=stay \
        run "$root/run.sh" --qemu "$root/check/system/stub-qemu" --accel tcg --boot pvh --timeout 12
    ((status == 124))
    [[ $output == *'the image was not entered'*'half of the time'* ]]
    [[ $(wc -l <"$STUB/starts") == 1 ]]
}

@test "a machine with a sound card does not look for the host's sound, unless it is told to" {
    stubbed "$(done_line pass)" 33 -- -device AC97
    grep -qx 'none,id=silent' "$STUB/args"
    stubbed "$(done_line pass)" 33 -- -device AC97,audiodev=a -audiodev none,id=a
    ! grep -qx 'none,id=silent' "$STUB/args"
}

@test "a signal ends QEMU and leaves no temporary file" {
    for signal in TERM HUP; do
        rm -f "$STUB/starts"
        STUB_SERIAL=x STUB_STATUS=stay "$root/run.sh" --qemu "$root/check/system/stub-qemu" --accel tcg --boot pvh \
            --pv off >/dev/null 2>&1 3>&- &
        run=$!
        until [[ -s $STUB/starts ]]; do sleep 0.05; done
        kill -"$signal" "$run"
        wait "$run" || true
        gone "$(<"$STUB/starts")"
        [[ -z $(ls -A "$TMPDIR") ]]
    done
}

@test "no temporary file is left by a run" {
    stubbed "$(done_line pass)" 33 --pv auto
    [[ -z $(ls -A "$TMPDIR") ]]
}

@test "arguments for QEMU come last and unchanged" {
    stubbed "$(done_line pass)" 33 -- -m 64 -device 'x,name=two words'
    [[ $(tail -n 4 "$STUB/args") == $'-m\n64\n-device\nx,name=two words' ]]
}

@test "the guest's options arrive as one argument" {
    stubbed "$(done_line pass)" 33 --append 'tests=scan.* budget=1'
    grep -A 1 -x -e -append "$STUB/args" | grep -qxF 'tests=scan.* budget=1'
}

@test "--devices none adds no device but the exit" {
    stubbed "$(done_line pass)" 33 --devices none
    [[ $(grep -A 1 -x -e -device "$STUB/args") == $'-device\nisa-debug-exit,iobase=0xf4,iosize=4' ]]
}

@test "a missing image says make" {
    rm "$BUILD/barometer.elf"
    stubbed '' 33
    ((status == 2))
    [[ $output == *barometer.elf*make* ]]
}

@test "a folder of OVMF without its files is named" {
    for boot in efi pvh; do
        OVMF=$BATS_TEST_TMPDIR run "$root/run.sh" --qemu "$root/check/system/stub-qemu" --boot "$boot"
        ((status == 2))
        [[ $output == *"OVMF=$BATS_TEST_TMPDIR: "* ]]
    done
}

@test "a missing QEMU is named with the command that installs it" {
    mkdir "$BATS_TEST_TMPDIR/bin"
    for tool in bash env dirname sort sudo apt-get; do
        ! command -v "$tool" >/dev/null || ln -s "$(command -v "$tool")" "$BATS_TEST_TMPDIR/bin"
    done
    PATH=$BATS_TEST_TMPDIR/bin run "$root/run.sh" --boot pvh
    ((status == 2))
    [[ $output == *'missing: qemu-system-x86_64'*'apt-get install qemu-system-x86'* ]]
    run "$root/run.sh" --qemu /nonexistent/qemu
    ((status == 2))
    [[ $output == *'/nonexistent/qemu is not an executable file'* ]]
}

@test "a capture that fails costs one line, not the run" {
    stubbed "$(done_line pass)" 33 --pv auto
    ((status == 0))
    [[ $(grep -c 'no BAR mask table: ' <<<"$output") == 1 ]]
    (($(starts) == 2))
}

@test "nothing is captured when the arguments bring a table or --pv is off" {
    stubbed "$(done_line pass)" 33 --pv auto -- -fw_cfg name=opt/org.barometer/pci-bar-masks,file=/dev/null
    ((status == 0))
    (($(starts) == 1))
    stubbed "$(done_line pass)" 33 --pv off
    (($(starts) == 2))
}

# bats test_tags=kvm
@test "a KVM that cannot run OVMF is answered with PVH under KVM, in one line" {
    kvm_or_skip
    for pv in auto off; do
        STUB_KVM=efi STUB_SERIAL=$(done_line pass) STUB_STATUS=33 \
            run "$root/run.sh" --qemu "$root/check/system/stub-qemu" --pv "$pv"
        ((status == 0))
        [[ $(grep -c '^run.sh: kvm, pvh: .*cannot run OVMF' <<<"$output") == 1 ]]
        grep -qx -e kvm "$STUB/args"
        grep -q barometer.elf "$STUB/args"
    done
}

# bats test_tags=kvm
@test "a KVM that cannot run OVMF leaves a forced EFI boot to TCG" {
    kvm_or_skip
    STUB_KVM=efi STUB_SERIAL=$(done_line pass) STUB_STATUS=33 \
        run "$root/run.sh" --qemu "$root/check/system/stub-qemu" --boot efi --pv off
    ((status == 0))
    [[ $output == *'run.sh: tcg, efi: '*'cannot run OVMF'*emulation* ]]
}

# bats test_tags=kvm
@test "a KVM that can run nothing is left for TCG, or is an error where KVM is forced" {
    kvm_or_skip
    export STUB_KVM=never STUB_SERIAL STUB_STATUS=33
    STUB_SERIAL=$(done_line pass)
    run "$root/run.sh" --qemu "$root/check/system/stub-qemu" --pv off
    ((status == 0))
    [[ $output == *'run.sh: tcg, '* ]]
    run "$root/run.sh" --qemu "$root/check/system/stub-qemu" --pv off --accel kvm
    ((status == 2))
}

# bats test_tags=kvm
@test "a KVM error after the image has started is no reason to try again" {
    kvm_or_skip
    STUB_SERIAL=$'KTAP version 1\n' STUB_STDERR='KVM internal error. Suberror: 3' STUB_STATUS=stay \
        run "$root/run.sh" --qemu "$root/check/system/stub-qemu" --accel kvm --boot pvh --pv off --timeout 5
    ((status == 2))
    (($(starts) == 1))
    [[ $output == *'KVM internal error'* ]]
}
