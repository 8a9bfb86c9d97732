# Installs the plugin from the release that this script is part of. Arguments go to `install`:
# `.\install.ps1 --help` names them. Downloads nothing.
$ErrorActionPreference = 'Stop'

$plugin = Join-Path $PSScriptRoot 'nuget-plugin-codeartifact.exe'
if (-not (Test-Path -LiteralPath $plugin -PathType Leaf)) {
    [Console]::Error.WriteLine("error: ``$plugin`` is missing; unpack the whole release and run this script there")
    exit 1
}
# What came from the internet is marked so, and the mark would be copied along.
Unblock-File -LiteralPath $plugin

try {
    & $plugin install @args
}
catch {
    [Console]::Error.WriteLine("error: ``$plugin`` does not start ($_); take the release for this system")
    exit 1
}
exit $LASTEXITCODE
