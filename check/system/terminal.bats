#!/usr/bin/env bats
# What a person sees: tools/show over logs, and run.sh at a terminal, with a stub for QEMU.

# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154  # bats sets status and output, helpers the rest
bats_require_minimum_version 1.5.0
load helpers
load logs

# One short run that has something for everything that is shown.
setup_file() {
    log=$BATS_FILE_TMPDIR/run.log boot --boot pvh \
        --append 'tests=enumerate.*,sizing.*,rule.cf8.*,rule.acpi.*,scan.tree.*,scan.paravirtual,access.cost,verdict budget=1'
    ((status == 0))
}

setup() {
    export STUB=$BATS_TEST_TMPDIR/stub BUILD=$BATS_TEST_TMPDIR/build TMPDIR=$BATS_TEST_TMPDIR/tmp TERM=xterm LC_ALL=C
    mkdir "$STUB" "$BUILD" "$TMPDIR"
    touch "$BUILD"/barometer.{efi,elf,iso}
    unset NO_COLOR COLUMNS
}

# show LOG OPTIONS...: as 80 columns show it.
show() { COLUMNS=${COLUMNS-80} run --separate-stderr "$tools/show" "$@"; }

# at_terminal SERIAL STATUS RUN.SH-OPTIONS...: run.sh on a terminal of 80 columns, or $columns; QEMU ends with the status.
at_terminal() {
    local serial=$1 ends=$2
    shift 2
    STUB_SERIAL=$serial STUB_STATUS=$ends run "$root/check/system/on-terminal" "${columns:-80}" \
        "$root/run.sh" --qemu "$root/check/system/stub-qemu" --accel tcg --boot pvh --pv off "$@"
}

says() { [[ $output == *"$1"* ]] || { echo "not shown: $1"; echo "$output"; return 1; }; }
says_not() { [[ $output != *"$1"* ]] || { echo "shown: $1"; return 1; }; }

# What a terminal may get of us: colours, and, with $1, a line begun anew.
only_harmless() {
    local rest
    rest=$(sed -E -e 's/\x1b\[(31|32|2|0)m//g' -e "s/${1:+\\r\\x1b\\[K}//g" -e 's/\r$//' <<<"$output" | LC_ALL=C tr -d '\n\40-\176')
    [[ -z $rest ]] || { printf 'at the terminal: %q\n' "$rest"; return 1; }
}

fits() { # COLUMNS
    run ! grep -E ".{$(($1 + 1))}" <<<"$output"
}

# From the line with the verdict on.
verdict_lines() { sed -n '/^\(PASS\|FAIL\|ERROR\|SKIP\): /,$p' <<<"$output"; }

@test "a log: cost, scan, tests, verdict, in this order; no JSON, nothing for a terminal" {
    show "$(whole)"
    ((status == 0))
    [[ $output == *'What one access costs'*'through ports CF8h and CFCh'*'What a scan costs'*'Tests: '*'known deviations of this hypervisor'*'CF8-07 rule.cf8.low-bits-access'*'known deviations of all'*'CF8-04 rule.cf8.reserved'*'skipped'*'passed'*'PASS: '* ]]
    says_not '{"kind"'
    only_harmless
    for columns in 100 80 60 40; do
        COLUMNS=$columns show "$(whole)"
        fits "$columns"
    done
}

@test "the verdict is at most six lines, and says where the log is, what to do with it, and how sure it is" {
    show "$(whole)"
    (($(verdict_lines | wc -l) <= 6))
    [[ $(verdict_lines) == *'Not sure: the CPU is emulated, so cycles decide nothing'*run.log*tools/compare* ]]
    BAROMETER_COMMAND=barometer show "$(whole)"
    [[ $(verdict_lines) == *'barometer report -o report.html '*'barometer compare OTHER.log '* ]]
    sed '/"kind":"verdict"/s/"confidence":"low"/"confidence":"high"/' "$(whole)" >"$BATS_TEST_TMPDIR/sure.log"
    show "$BATS_TEST_TMPDIR/sure.log"
    [[ $(verdict_lines) == *'Sure: an ecam read is one access'* ]]
}

@test "figures are those of the log: medians beside a CPUID, accesses, exits, ratios" {
    show "$(whole)"
    /usr/bin/python3 - "$(whole)" "$output" <<'END'
import json, re, sys
objects = [json.loads(line) for line in open(sys.argv[1]) if line.startswith('{"kind"')]
shown = sys.argv[2]
pick = lambda **want: next(o for o in objects if all(o.get(k) == v for k, v in want.items()))
cpuid = pick(kind="access", op="cpuid")["p50_milli"] / (1000 if pick(kind="access", op="cpuid")["batch"] > 1 else 1000)
read = pick(kind="access", path="pio", op="read", width=4, target="present")["p50"]
row = re.search(r"through ports.*?\n  read +([\d,]+) .*?  ([\d,.]+) CPUIDs", shown, re.S)
assert row[1].replace(",", "") == str(read), row[0]
assert abs(float(row[2].replace(",", "")) * cpuid / read - 1) < 0.1, (row[0], cpuid, read)
base = pick(kind="scan", path="pio", walk="tree", sizing="per-bar")
for path, name, factor in (("pio", "ports", 2), ("ecam", "ECAM", 1)):
    for sizing in ("per-bar", "batched", "lean"):
        o = pick(kind="scan", path=path, walk="tree", sizing=sizing)
        made = o["reads"] + o["writes"]
        # Emulated, so the ratio is that of exits.
        ratio = made * factor / (2 * (base["reads"] + base["writes"]))
        assert re.search(rf"  {name}, {sizing} +{made:,} +{made * factor:,} +{o['cycles']:,} +{ratio:.2f}\n", shown), (name, sizing)
assert re.search(r"  BAR mask table +1 +1 +[\d,]+ +1/[\d,]+\n", shown)
END
    # With direct reads only writes leave the guest; where cycles count, the ratio is theirs.
    sed -e '/"kind":"env"/{s/"ecam_reads":"[a-z]*"/"ecam_reads":"direct"/;s/"emulated":true/"emulated":false/}' \
        -e '/"path":"pio","walk":"tree","sizing":"per-bar"/s/"cycles":[0-9]*/"cycles":1000/' \
        -e '/"path":"ecam","walk":"tree","sizing":"lean"/s/"cycles":[0-9]*/"cycles":370/' "$(whole)" >"$BATS_TEST_TMPDIR/direct.log"
    show "$BATS_TEST_TMPDIR/direct.log"
    grep -Eq '^  ECAM, lean +800 +197 +370 +0.37$' <<<"$output"
    says 'CPUID exits'
}

@test "vCPUs that read at once and share a scan have their tables, and their diagnostics are not shown again" {
    sed '/^{"kind":"done"/i # 2 vCPUs, ram   4778374  0.526  0  24  24  0.000\
{"kind":"contention","mechanism":"ram","vcpus":2,"accesses":3903,"cycles":816805,"per_gcycle":4778374,"scaling":526,"least":1,"most":3902,"p50":0,"p99":24,"oversubscribed":true}\
{"kind":"parallel_scan","path":"ecam","sizing":"batched","vcpus":2,"reads":770,"writes":288,"cycles":1089589,"ratio":987}' \
        "$(whole)" >"$BATS_TEST_TMPDIR/many.log"
    show "$BATS_TEST_TMPDIR/many.log"
    ((status == 0))
    grep -Eq '^  ram +2 +4,778,374 +0.53 +0 +24$' <<<"$output"
    grep -Eq '^  ECAM, batched +2 +1,058 +1,089,589 +0.99$' <<<"$output"
    says_not 'note: 2 vCPUs'
}

@test "a failure: in full, before everything else, and in the verdict; status 1" {
    show "$(broken)"
    ((status == 1))
    [[ $output == *'FAIL sizing.agree (line '*'lean says <8192> & "more"'*'What one access costs'*'  failed'*'FAIL: '*'1 failed'*sizing.agree* ]]
    (($(verdict_lines | wc -l) <= 6))
    # Many of them, each with two lines of evidence, one of which is longer than a line.
    sed -E 's/^ok ([0-9]+) (rule\..*|scan\..*)$/# FAIL: 00:04.0 one\n# FAIL: two '"$(printf 'word%.0s ' {1..40})"'end\nnot ok \1 \2/' "$(whole)" >"$BATS_TEST_TMPDIR/many.log"
    show "$BATS_TEST_TMPDIR/many.log"
    ((status == 2)) # the done object counts other things
    (($(grep -c '^  00:04.0 one$' <<<"$output") > 15))
    says end
    (($(verdict_lines | wc -l) <= 6))
    fits 80
}

@test "a likely cause is named with what it explains" {
    sed '/^{"kind":"done"/i {"kind":"cause","text":"BARs are not what they were","explains":["rule.bar.shape"]}' "$(broken)" >"$BATS_TEST_TMPDIR/cause.log"
    show "$BATS_TEST_TMPDIR/cause.log"
    says 'Likely cause: BARs are not what they were. It explains rule.bar.shape.'
}

@test "what a guest or a firmware sends never acts on the terminal" {
    evil=$'\e]0;title\a\e[2J\e[31mred\e(0\x9b2J\x8e\u202e\u009b2J\x07\x08\x7f'
    {
        printf '\e[2J\e[1;1Hfirmware\r\n'
        head -n 4 "$(whole)"
        printf '# FAIL: %s\nnoise %s\n' "$evil" "$evil"
        printf 'not ok 1 evil%s\n' "$evil"
        printf '{"kind":"verdict","access":"\\u001b[2J","sizing":"\\u009b2J\\u0007","reason":"\\u001b]0;x\\u0007; b"}\n'
        printf '{"kind":"done","status":"fail","passed":0,"failed":1}'
    } >"$BATS_TEST_TMPDIR/evil.log"
    sed -i '/^{"kind":"env"/s/"hypervisor":"[^"]*"/"hypervisor":"\\u001b[2J\\r\\n\\u009b"/' "$BATS_TEST_TMPDIR/evil.log"
    cp "$BATS_TEST_TMPDIR/evil.log" "$BATS_TEST_TMPDIR/"$'\e[2J.log'
    for name in evil.log $'\e[2J.log'; do
        run "$root/check/system/on-terminal" 80 "$tools/show" "$BATS_TEST_TMPDIR/$name"
        says 'noise'
        only_harmless
    done
    at_terminal "$(<"$BATS_TEST_TMPDIR/evil.log")" 35
    ((status == 1))
    only_harmless lines
    # What is printable is, where it would not be taken for something else.
    cp "$(whole)" "$BATS_TEST_TMPDIR/größe.log"
    LC_ALL=C.UTF-8 show "$BATS_TEST_TMPDIR/größe.log"
    says größe.log
    show "$BATS_TEST_TMPDIR/größe.log"
    says 'gr??e.log'
    # Nor does what QEMU itself says.
    STUB_STDERR=$'qemu: \e[2J' at_terminal '' 1
    says 'qemu: '
    only_harmless lines
}

@test "a damaged log: said at once, status 2; members of another type are refused by name everywhere" {
    show "$(cut_short)"
    ((status == 2))
    [[ $output == *'The log is damaged: '*'ERROR: '* ]]
    for change in '/"kind":"scan"/s/"cycles":[0-9]*/"cycles":"many"/' '/"kind":"access"/s/"p50":[0-9]*/"p50":null/' \
        '/"kind":"access"/s/"batch":[0-9]*/"batch":[]/' '/"kind":"env"/s/"tsc_khz":[0-9]*/"tsc_khz":-1/' \
        '/"kind":"verdict"/s/"reason":"[^"]*"/"reason":7/' 's/^{"kind":"scan".*/{"kind":"scan"}/'; do
        sed "$change" "$(whole)" >"$BATS_TEST_TMPDIR/odd.log"
        show "$BATS_TEST_TMPDIR/odd.log"
        ((status == 2))
        [[ $output == *'The log is damaged: line '*" object's "* && -z $stderr ]]
    done
    run "$tools/report" -o "$BATS_TEST_TMPDIR/page.html" "$BATS_TEST_TMPDIR/odd.log"
    ((status == 2))
    [[ $output == *"refused: line "*" object's path is 'null'"* ]]
    printf '%s\n{"kind":%s\n' 'KTAP version 1' "$(printf '[%.0s' {1..100000})" >"$BATS_TEST_TMPDIR/deep.log"
    head -c 3000000 /dev/zero | tr '\0' x >>"$BATS_TEST_TMPDIR/deep.log"
    show "$BATS_TEST_TMPDIR/deep.log"
    ((status == 2))
    [[ -z $stderr ]]
    show "$BATS_TEST_TMPDIR/nowhere.log"
    ((status == 2))
    [[ $stderr == *'nowhere.log: No such file'* ]]
}

@test "at a terminal: what boots and why, progress, tables, the verdict; colours; the log is byte for byte the stream" {
    at_terminal "$(<"$(whole)")" 33
    ((status == 0))
    says 'Booting q35 by pvh under TCG'
    says 'test 1 of '
    says ': enumerate.agree'
    [[ $output == *'What a scan costs'*$'\e[32mPASS\e[0m'*'Log: '* ]]
    says_not '{"kind"'
    only_harmless lines
    cmp <(printf %s "$(<"$(whole)")") "$BUILD/serial.log"
    at_terminal "$(<"$(broken)")" 35
    ((status == 1))
    [[ $output == *$'\e[31mFAIL'*sizing.agree*$'\e[31mFAIL\e[0m: '* ]]
}

@test "NO_COLOR: no colours; a dumb terminal: no escape sequence at all, progress a line at a time" {
    NO_COLOR=1 at_terminal "$(<"$(whole)")" 33
    says_not $'\e[3'
    says_not $'\e[2m'
    TERM=dumb at_terminal "$(<"$(whole)")" 33
    says_not $'\e'
    [[ $(tr -d '\r' <<<"$output") == *$'\ntest 1 of '* ]]
    run ! grep -q $'\r.' <<<"$output"
}

@test "--raw at a terminal, and no terminal: the serial stream as it is" {
    serial=$'KTAP version 1\n\e[1mbold\n{"kind":"done","status":"pass","passed":1}'
    at_terminal "$serial" 33 --raw
    ((status == 0))
    [[ $(tr -d '\r' <<<"$output") == *"$serial"* ]]
    says 'run.sh: tcg, pvh: timings are those of an emulation'
    STUB_SERIAL=$serial STUB_STATUS=33 run --separate-stderr "$root/run.sh" --qemu "$root/check/system/stub-qemu" --accel tcg --boot pvh --pv off
    [[ $output == "$serial" ]]
    [[ $stderr == $'run.sh: tcg, pvh: timings are those of an emulation\nrun.sh: pass; the log is in '* ]]
}

@test "--quiet: the verdict alone, at a terminal and elsewhere; with --raw it is refused" {
    at_terminal "$(<"$(whole)")" 33 --quiet
    ((status == 0))
    [[ ${lines[0]} == $'\e[32mPASS'* ]]
    ((${#lines[@]} <= 6))
    STUB_SERIAL=$(<"$(broken)") STUB_STATUS=35 run "$root/run.sh" --quiet --qemu "$root/check/system/stub-qemu" --accel tcg --boot pvh --pv off
    ((status == 1))
    [[ $output == FAIL:*sizing.agree* ]]
    ((${#lines[@]} <= 6))
    run "$root/run.sh" --quiet --raw
    ((status == 2))
    says '--raw and --quiet: one of them'
}

@test "what goes wrong outside the guest is in the verdict: no image, a timeout, an end without a result" {
    at_terminal $'KTAP version 1\n1..2\nok 1 acpi.tables\n' stay --timeout 10
    ((status == 124))
    says 'TIMEOUT'
    says 'no end after 10 s; the last test to end was acpi.tables, 1 of 2'
    at_terminal $'KTAP version 1\n' 33
    ((status == 2))
    says "the log's last line says nothing, QEMU's exit status 33 says pass"
    rm "$BUILD/barometer.elf"
    columns=300 at_terminal '' 33 # a path of any length, on one line
    ((status == 2))
    says 'is missing; build it with: make'
}

@test "without Python: the serial stream, and one line that says so" {
    cp -r "$root/run.sh" "$root/tools" "$BATS_TEST_TMPDIR"
    sed -i '1s/.*/#!\/nonexistent\/python3/' "$BATS_TEST_TMPDIR/tools/show"
    serial=$'KTAP version 1\n{"kind":"done","status":"pass","passed":1}'
    STUB_SERIAL=$serial STUB_STATUS=33 run "$root/check/system/on-terminal" 80 "$BATS_TEST_TMPDIR/run.sh" \
        --qemu "$root/check/system/stub-qemu" --accel tcg --boot pvh --pv off
    ((status == 0))
    [[ $(tr -d '\r' <<<"$output") == *"$serial"* ]]
    [[ $(grep -c python3 <<<"$output") == 1 ]]
}

@test "when tools/show dies in the middle, the result is still said, and the log is whole" {
    cp -r "$root/run.sh" "$root/tools" "$BATS_TEST_TMPDIR"
    printf '#!/bin/sh\n[ "$1" = --help ] && exit\nhead -c 10\nexit 1\n' >"$BATS_TEST_TMPDIR/tools/show"
    STUB_SERIAL=$(<"$(whole)") STUB_STATUS=33 run "$root/check/system/on-terminal" 80 "$BATS_TEST_TMPDIR/run.sh" \
        --qemu "$root/check/system/stub-qemu" --accel tcg --boot pvh --pv off
    ((status == 0))
    says 'run.sh: pass; the log is in '
    cmp <(printf %s "$(<"$(whole)")") "$BUILD/serial.log"
}

@test "list shows the tests; a command line that is refused says why; a run without a verdict says so" {
    export BUILD=$images
    boot --boot pvh --pv off --append list
    show "$log"
    says scan.tree.pio.lean
    boot --boot pvh --pv off --append nonsense
    show "$log"
    ((status == 2))
    says nonsense
    boot --boot pvh --pv off --append 'tests=acpi.*'
    show "$log"
    ((status == 0))
    says 'No advice: the run was not asked for a verdict.'
}
