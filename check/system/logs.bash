# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # what helpers, bats and the tests share
# Logs for the tests of the tools: one real run, made once a file of tests, and what can happen to it.

tools=$root/tools
# shellcheck source=check/logs.sh
. "$root/check/logs.sh"

# make_log: a whole run of the default machine, in $BATS_FILE_TMPDIR/run.log.
make_log() {
    log=$BATS_FILE_TMPDIR/run.log boot --boot pvh --append 'budget=1'
    ((status == 0))
}

whole() { echo "$BATS_FILE_TMPDIR/run.log"; }

# broken: the same run, had the rule sizing.agree found something. Prints the new log's name.
broken() {
    failed_run "$(whole)" >"$BATS_TEST_TMPDIR/broken.log"
    echo "$BATS_TEST_TMPDIR/broken.log"
}

# noisy: the same run, seen through firmware, a terminal and a CI system.
noisy() {
    {
        printf '\033[2J\033[01;01H\033[=3h\033[2J\033[01;01HBdsDxe: loading Boot0001 "UEFI QEMU DVD-ROM"\r\n\033[0m\033[37m'
        sed -e 's/$/\r/' -e '5s/^/\x1b[1;32m/' -e '5s/\r/\x1b[0m\r/' "$(whole)"
        printf '\033[2Jfirmware again\r\n'
    } | sed '1!s/^/2024-05-06T07:08:09.1234567Z /' >"$BATS_TEST_TMPDIR/noisy.log"
    echo "$BATS_TEST_TMPDIR/noisy.log"
}

# cut_short: the same run, had the machine died in the middle of an object.
cut_short() {
    local at
    at=$(grep -abo '{"kind":"sizing"' "$(whole)" | head -n 1)
    head -c "$((${at%%:*} + 40))" "$(whole)" >"$BATS_TEST_TMPDIR/cut.log"
    echo "$BATS_TEST_TMPDIR/cut.log"
}
