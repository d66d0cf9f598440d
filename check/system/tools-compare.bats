#!/usr/bin/env bats
# tools/compare: a gate on rules and counts, and no judge of timing.

# shellcheck disable=SC2016,SC2030,SC2031,SC2054,SC2154  # bats sets status and output, helpers the rest; QEMU's commas
bats_require_minimum_version 1.5.0
load helpers
load logs

setup_file() { make_log; }

compare() { run --separate-stderr "$tools/compare" "$@"; }

changed() { # SED-SCRIPT
    sed "$1" "$(whole)" >"$BATS_TEST_TMPDIR/changed.log"
    echo "$BATS_TEST_TMPDIR/changed.log"
}

@test "the same log twice: nothing, status 0" {
    compare "$(whole)" "$(whole)"
    ((status == 0))
    [[ -z $output && -z $stderr ]]
    # Nor is what the log went through on its way any change.
    compare "$(whole)" "$(noisy)"
    ((status == 0))
    [[ -z $output ]]
}

@test "one rule broken: named with its diagnostic, status 1; mended: status 0" {
    compare "$(whole)" "$(broken)"
    ((status == 1))
    [[ $output == *'WORSE  sizing.agree: pass -> fail: FAIL: 00:04.0 BAR 1'* ]]
    compare "$BATS_TEST_TMPDIR/broken.log" "$(whole)"
    ((status == 0))
    [[ $output == *'sizing.agree: fail -> pass'* ]]
}

@test "a truncated log: refused by name, status 2, on either side" {
    compare "$(whole)" "$(cut_short)"
    ((status == 2))
    [[ $stderr == *"$BATS_TEST_TMPDIR/cut.log: refused: cut short"* ]]
    compare "$(cut_short)" "$(whole)"
    ((status == 2))
}

@test "one access more: status 1; one less: said, status 0" {
    more=$(changed '/"kind":"scan".*"path":"pio".*"sizing":"lean"/s/"reads":/"reads":1/')
    compare "$(whole)" "$more"
    ((status == 1))
    [[ $output == *'WORSE  scan tree by pio with lean sizing: reads '* ]]
    compare "$more" "$(whole)"
    ((status == 0))
    [[ $output == *'scan tree by pio with lean sizing: reads '* ]]
}

@test "a function that is gone from a scan: status 1; a rule that is gone: status 1" {
    compare "$(whole)" "$(changed '/"kind":"scan".*"path":"pio".*"sizing":"lean"/s/"functions":24/"functions":23/')"
    ((status == 1))
    [[ $output == *'functions 24 -> 23'* ]]
    compare "$(whole)" "$(changed 's/^ok \([0-9]*\) enumerate.agree/ok \1 enumerate.renamed/')"
    ((status == 1))
    [[ $output == *'enumerate.agree: pass -> gone'* && $output == *'enumerate.renamed: new, pass'* ]]
}

@test "cycles: a ratio with its interval, no verdict unless asked for" {
    slow=$(changed '/"path":"pio","op":"read","width":4,"target":"present"/{s/"p50":[0-9]*/"p50":10000/;s/"mad":[0-9]*/"mad":100/;s/"n":[0-9]*/"n":400/;s/"batch":[0-9]*/"batch":1/}')
    fast=$BATS_TEST_TMPDIR/fast.log
    sed 's/"p50":10000,/"p50":5000,/;s/"mad":100,/"mad":50,/' "$slow" >"$fast"
    compare "$fast" "$slow"
    ((status == 0))
    # sigma is 148, the median's error 1.2533 * 148 / 20 = 9.3, or 0.093 %; of two of them 0.131 %, times 1.96 is 0.26 %.
    [[ $output == *'2.000 [1.995, 2.005]  pio read 4 bytes: 5000 -> 10000'* ]]
    compare --slower 1.9 "$fast" "$slow"
    ((status == 1))
    [[ $output == *'WORSE  2.000'* ]]
    compare --slower 2 "$fast" "$slow"
    ((status == 0))
}
