# shellcheck shell=bash
# What check/run and check/run-patched count, and how they count bats. Sourced by both.
passed=0 failed=0 skipped=0
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT

# bats_tests [BATS-OPTIONS...] FILE...: runs and counts them.
bats_tests() {
    local status=0 n_ok n_skip n_bad planned
    bats --tap --jobs 2 "$@" 2>&1 | tee "$scratch/bats" || status=$?
    planned=$(sed -nE 's/^1\.\.([0-9]+)$/\1/p' "$scratch/bats")
    n_ok=$(grep -cE '^ok ' "$scratch/bats" || true)
    n_skip=$(grep -cE '^ok .* # skip' "$scratch/bats" || true)
    n_bad=$(grep -cE '^not ok ' "$scratch/bats" || true)
    # Tests that were planned and never heard of again have failed, too.
    if ((status && !n_bad)); then n_bad=$((${planned:-1} > n_ok ? ${planned:-1} - n_ok : 1)); fi
    ((passed += n_ok - n_skip, failed += n_bad, skipped += n_skip)) || true
}

# The last line, and the end.
finish() {
    local summary="$passed passed, $failed failed"
    ((!skipped)) || summary+=", $skipped skipped"
    echo "$summary"
    exit $((failed > 0))
}
