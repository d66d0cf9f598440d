#!/usr/bin/env bats
# tools/junit: what a CI server gets to read.

# shellcheck disable=SC2016,SC2030,SC2031,SC2054,SC2154  # bats sets status and output, helpers the rest; QEMU's commas
bats_require_minimum_version 1.5.0
load helpers
load logs

setup_file() { make_log; }

xml=$BATS_TEST_TMPDIR/junit.xml

valid() { command -v xmllint >/dev/null || skip 'no xmllint'; xmllint --noout --nonet --schema "$BATS_TEST_DIRNAME/junit.xsd" "$xml"; }
xpath() { xmllint --xpath "$1" "$xml"; }

# The document's counts, its elements and the log's done object are three ways of saying the same.
counts_agree() { # LOG
    local done_line key element attribute
    done_line=$(tr -d '\r' <"$1" | sed -n 's/.*\({"kind":"done".*}}\).*/\1/p')
    while read -r key element attribute; do
        [[ $(jq "$key" <<<"$done_line") == $(xpath "count(//$element)") ]]
        [[ $(jq "$key" <<<"$done_line") == $(xpath "string(//testsuite/@$attribute)") ]]
        [[ $(jq "$key" <<<"$done_line") == $(xpath "string(//testsuites/@$attribute)") ]]
    done <<'KEYS'
.passed+.failed+.errors+.skipped+(.xfailed//0) testcase tests
.failed failure failures
.errors error errors
.skipped skipped skipped
KEYS
}

@test "a run that passed" {
    "$tools/junit" "$(whole)" -o "$xml"
    valid
    counts_agree "$(whole)"
    [[ $(xpath 'string(//property[@name="hypervisor"]/@value)') == TCGTCGTCGTCG ]]
}

@test "a run that failed: the rule, the diagnostic and its line" {
    "$tools/junit" "$(broken)" >"$xml"
    valid
    counts_agree "$BATS_TEST_TMPDIR/broken.log"
    [[ $(xpath 'string(//testcase[failure]/@name)') == sizing.agree ]]
    [[ $(xpath 'string(//failure/@message)') == *'lean says <8192> & "more"'* ]]
    line=$(grep -n '^not ok .* sizing.agree$' "$BATS_TEST_TMPDIR/broken.log" | cut -d: -f1)
    [[ $(xpath 'string(//failure)') == *"log line $line: the result"* ]]
}

@test "firmware's noise, escape sequences, carriage returns and timestamps change nothing" {
    "$tools/junit" "$(noisy)" >"$xml"
    valid
    counts_agree "$BATS_TEST_TMPDIR/noisy.log"
    # Line numbers differ by the one line of firmware's.
    diff <(sed 's/log line [0-9]*//' "$xml") <("$tools/junit" "$(whole)" | sed 's/log line [0-9]*//')
}

@test "a log cut short is refused by name, and the document says so" {
    run --separate-stderr "$tools/junit" "$(cut_short)"
    ((status == 2))
    [[ $stderr == *"$BATS_TEST_TMPDIR/cut.log: cut short in the middle of line"* ]]
    printf '%s\n' "$output" >"$xml"
    valid
    [[ $(xpath 'string(//error/@message)') == *'cut short'* ]]
}

@test "every other way to be no whole run has its own reason" {
    refused() { # REASON SED-SCRIPT
        sed "$2" "$(whole)" >"$BATS_TEST_TMPDIR/bad.log"
        run --separate-stderr "$tools/junit" "$BATS_TEST_TMPDIR/bad.log"
        ((status == 2)) || { echo "$1: status $status"; return 1; }
        [[ $stderr == *"$1"* ]] || { echo "not '$1' but: $stderr"; return 1; }
    }
    refused 'cut short: no done object' '$d'
    refused 'not a log of barometer' '1d'
    refused 'lines are missing' '/^ok 3 /d'
    refused 'a second run starts' '$!{5s/.*/KTAP version 1/}'
    refused 'not a whole JSON object' '/"kind":"env"/s/,"cpl".*//'
    refused 'lines are missing' '/^{"kind":"done"/s/"passed":[0-9]*/"passed":99/'
    refused 'goes on after the done object' '$s/$/\nok 99 more/'
    run --separate-stderr "$tools/junit" "$BATS_TEST_TMPDIR/nothing"
    ((status == 2))
    [[ $stderr == *'No such file'* ]]
    : >"$BATS_TEST_TMPDIR/empty"
    run --separate-stderr "$tools/junit" "$BATS_TEST_TMPDIR/empty"
    ((status == 2))
}

@test "an object that is not what the contract says is refused by line, member and reason" {
    refused() { # REASON SED-SCRIPT
        sed "$2" "$(whole)" >"$BATS_TEST_TMPDIR/bad.log"
        for tool in junit report; do
            run --separate-stderr "$tools/$tool" "$BATS_TEST_TMPDIR/bad.log"
            ((status == 2)) || { echo "$1: status $status"; return 1; }
            [[ $stderr == *"line "*"$1"* && $stderr != *Traceback* ]] || { echo "not '$1' but: $stderr"; return 1; }
        done
    }
    refused "the scan object's reads is '-1', not a number" '/"kind":"scan"/s/"reads":[0-9]*/"reads":-1/'
    refused "the scan object's reads is '\"x\"', not a number" '/"kind":"scan"/s/"reads":[0-9]*/"reads":"x"/'
    refused 'the access object has no samples' '/"kind":"access"/s/"n":[0-9]*/"n":0/'
    refused "the access object's p99 is 'null'" '/"kind":"access"/s/"p99"/"p98"/'
    refused "the function object's seen_by is '[1]', not a list of texts" '/"kind":"function"/s/"seen_by":\[[^]]*\]/"seen_by":[1]/'
    refused 'not a list of pairs' '/"kind":"access"/s/"log2":\[/"log2":[[99,1],/'
    refused "the env object's emulated is '1', not true or false" '/"kind":"env"/s/"emulated":true/"emulated":1/'
}
