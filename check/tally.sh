# shellcheck shell=bash
# What check/run, check/run-patched and check/nested/run count and time, and how they count bats. Sourced by them.
passed=0 failed=0 skipped=0
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
: >"$scratch/times"

# timed NAME COMMAND...: its status; how long it took is kept for the list of the slowest.
timed() {
    local name=$1 status=0 start=${EPOCHREALTIME/[.,]/}
    shift
    "$@" || status=$?
    echo "$(((${EPOCHREALTIME/[.,]/} - start) / 1000)) $name" >>"$scratch/times"
    return "$status"
}

# bats_tests [BATS-OPTIONS...] FILE...: runs and counts them.
bats_tests() {
    local status=0
    bats --tap --timing --jobs "$(nproc)" "$@" 2>&1 | tee "$scratch/bats" || status=$?
    count_bats "$scratch/bats" "$status"
}

# count_bats FILE STATUS: counts what bats wrote to the file.
count_bats() {
    local status=$2 n_ok n_skip n_bad planned
    planned=$(sed -nE 's/^1\.\.([0-9]+)$/\1/p' "$1")
    n_ok=$(grep -cE '^ok ' "$1" || true)
    n_skip=$(grep -cE '^ok .* # skip' "$1" || true)
    n_bad=$(grep -cE '^not ok ' "$1" || true)
    sed -nE 's/^(not )?ok [0-9]+ (.*) in ([0-9]+)ms( # skip.*)?$/\3 \2/p' "$1" >>"$scratch/times"
    # Tests that were planned and never heard of again have failed, too.
    if ((status && !n_bad)); then n_bad=$((${planned:-1} > n_ok ? ${planned:-1} - n_ok : 1)); fi
    ((passed += n_ok - n_skip, failed += n_bad, skipped += n_skip)) || true
}

# The slowest ten, the last line, and the end.
finish() {
    local summary="$passed passed, $failed failed"
    echo "# the slowest of all, $SECONDS s"
    # awk reads to the end: a sort whose reader goes early dies of SIGPIPE, now and then.
    sort -rn "$scratch/times" | awk 'NR <= 10 { ms = $1; $1 = ""; printf "# %6.1f s %s\n", ms / 1000, $0 }'
    ((!skipped)) || summary+=", $skipped skipped"
    echo "$summary"
    exit $((failed > 0))
}
