# shellcheck shell=bash
# What can become of a log, for the tests of what reads one: each prints a changed copy of a whole run that passed. Sourced.

# failed_run LOG: the same run, had the rule sizing.agree found something.
failed_run() {
    local passed
    passed=$(sed -n 's/^{"kind":"done".*"passed":\([0-9]*\).*/\1/p' "$1")
    sed -e 's/^ok \([0-9]*\) sizing\.agree$/# FAIL: 00:04.0 BAR 1: per-bar says 4096, lean says <8192> \& "more"\nnot ok \1 sizing.agree/' \
        -e '/^{"kind":"done"/{s/"status":"pass"/"status":"fail"/;s/"failed":0/"failed":1/;s/"passed":'"$passed/\"passed\":$((passed - 1))/}" "$1"
}

# patched_run LOG: the same run, had the hypervisor mapped ECAM for reading and made the mask table itself, with cycles that fit that:
# a third of a trapped ECAM's where writes still trap.
patched_run() {
    sed -e '/^{"kind":"env"/{s/"ecam_reads":"exit"/"ecam_reads":"direct"/;s/"paravirtual":"opt"/"paravirtual":"etc"/}' \
        -e '/^{"kind":"scan","path":"ecam"/s/"cycles":\([0-9]*\)[0-9],/"cycles":\12,/' \
        -e '/^{"kind":"scan","path":"ecam"/s/"cycles":\([0-9]*\)[0-9],/"cycles":\1,/' "$1"
}
