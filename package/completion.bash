# shellcheck shell=bash
# What bash completes after "barometer"; the words are those of the help texts (barometer complete).
_barometer() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} words i
    if ((COMP_CWORD == 1)); then
        words=$(barometer complete 2>/dev/null)
    else
        # What comes after -- is QEMU's.
        for ((i = 2; i < COMP_CWORD; i++)); do [[ ${COMP_WORDS[i]} != -- ]] || return 0; done
        case $word in
        -*) words=$(barometer complete "${COMP_WORDS[1]}" 2>/dev/null) ;;
        *) [[ $before != --* ]] || words=$(barometer complete "${COMP_WORDS[1]}" "$before" 2>/dev/null) ;;
        esac
    fi
    mapfile -t COMPREPLY < <(compgen -W "${words-}" -- "$word")
}
complete -o default -F _barometer barometer
