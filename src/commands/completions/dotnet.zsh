
# `dotnet codeartifact`: everything else behind `dotnet` is completed as before.
if (( ! $+functions[_dotnet_codeartifact] )); then
    typeset -g _dotnet_codeartifact_before=${_comps[dotnet]:-_default}
fi
_dotnet_codeartifact() {
    if [[ $words[2] == codeartifact && $CURRENT -gt 2 ]]; then
        words=(dotnet-codeartifact "${(@)words[3,-1]}")
        (( CURRENT -= 1 ))
        _clap_dynamic_completer_dotnet_codeartifact
    else
        $_dotnet_codeartifact_before
    fi
}
compdef _dotnet_codeartifact dotnet
