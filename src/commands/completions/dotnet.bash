
# `dotnet codeartifact`: everything else behind `dotnet` is completed as before.
if ! declare -F _dotnet_codeartifact > /dev/null; then
    _dotnet_codeartifact_before=$(complete -p dotnet 2> /dev/null | sed -n 's/.* -F \([^ ]*\) .*/\1/p')
fi
_dotnet_codeartifact() {
    if [[ ${COMP_WORDS[1]} == codeartifact && $COMP_CWORD -gt 1 ]]; then
        local COMP_WORDS=(dotnet-codeartifact "${COMP_WORDS[@]:2}") COMP_CWORD=$((COMP_CWORD - 1))
        _clap_complete_dotnet_codeartifact dotnet-codeartifact "$2" "$3"
    elif [[ -n $_dotnet_codeartifact_before ]]; then
        "$_dotnet_codeartifact_before" "$@"
    fi
}
complete -o nospace -o bashdefault -o default -F _dotnet_codeartifact dotnet
