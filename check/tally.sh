# shellcheck shell=bash
# What check/run and check/run-patched count and time, and how they count bats. Sourced by both.
passed=0 failed=0 skipped=0
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
: >"$scratch/times"

# bats_tests [BATS-OPTIONS...] FILE...: runs and counts them.
bats_tests() {
    local status=0 n_ok n_skip n_bad planned
    bats --tap --timing --jobs "$(nproc)" "$@" 2>&1 | tee "$scratch/bats" || status=$?
    planned=$(sed -nE 's/^1\.\.([0-9]+)$/\1/p' "$scratch/bats")
    n_ok=$(grep -cE '^ok ' "$scratch/bats" || true)
    n_skip=$(grep -cE '^ok .* # skip' "$scratch/bats" || true)
    n_bad=$(grep -cE '^not ok ' "$scratch/bats" || true)
    sed -nE 's/^(not )?ok [0-9]+ (.*) in ([0-9]+)ms( # skip.*)?$/\3 \2/p' "$scratch/bats" >>"$scratch/times"
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
