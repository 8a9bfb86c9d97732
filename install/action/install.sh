#!/bin/sh
# The first step of action.yml: installs the plugin with the installer of this commit. The inputs are in variables.
set -eu

fail() {
    echo "error: $1" >&2
    exit 1
}

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$(CDPATH='' cd -- "$here/../.." && pwd)

# A line break would be a second output of the step.
case $PLUGIN_DIR in *'
'*) fail "The input \`dir\` has a line break. Give the path of one folder." ;; esac
# No shell has read it.
case $PLUGIN_DIR in \~/*) PLUGIN_DIR=$HOME/${PLUGIN_DIR#??} ;; esac
case $PLUGIN_NETCORE_ONLY in
    true | false) ;;
    *) fail "The input \`netcore-only\` is neither \`true\` nor \`false\`." ;;
esac

version=$PLUGIN_VERSION
if [ -z "$version" ]; then
    version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$root/Cargo.toml" | head -n 1)
fi

set -- --version "$version"
[ -z "$PLUGIN_SHA256" ] || set -- "$@" --sha256 "$PLUGIN_SHA256"
[ -z "$PLUGIN_DIR" ] || set -- "$@" --dir "$PLUGIN_DIR"
[ "$PLUGIN_NETCORE_ONLY" = false ] || set -- "$@" --netcore-only
if [ -n "$PLUGIN_RELEASES" ]; then
    export CODEARTIFACT_NUGET_RELEASES="$PLUGIN_RELEASES"
fi

if [ "${RUNNER_OS:-}" = Windows ]; then
    suffix=.exe
    home=$(cygpath -u "${DOTNET_CLI_HOME:-$USERPROFILE}")
    native() { cygpath -aw "$1"; }
    # Git's shell knows paths of its own, and Windows' programs do not.
    powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass \
        -File "$(native "$root/install/install.ps1")" "$@"
    [ -z "$PLUGIN_DIR" ] || PLUGIN_DIR=$(cygpath -au "$PLUGIN_DIR")
else
    suffix=
    home=${DOTNET_CLI_HOME:-$HOME}
    native() {
        case $1 in
            /*) printf '%s\n' "$1" ;;
            *) printf '%s\n' "$PWD/$1" ;;
        esac
    }
    # First on PATH, the folder of the SDK's own tools gets the command `dotnet codeartifact`.
    PATH="$home/.dotnet/tools:$PATH" sh "$root/install/install.sh" "$@"
fi

name=CredentialProvider.CodeArtifact
plugins=${PLUGIN_DIR:-$home/.nuget/plugins}
plugin=$plugins/netcore/$name/$name$suffix
[ -f "$plugin" ] || fail "The installer wrote no file \`$plugin\`."
installed=$("$plugin" --version)
installed=${installed#* }

{
    printf 'version=%s\n' "${installed%% *}"
    printf 'path=%s\n' "$(native "$plugin")"
} >> "$GITHUB_OUTPUT"
if [ -n "$PLUGIN_DIR" ]; then
    # NuGet searches no other folder than that of the home by itself.
    {
        printf 'NUGET_NETCORE_PLUGIN_PATHS=%s\n' "$(native "$plugins/netcore/$name/$name.dll")"
        if [ "$PLUGIN_NETCORE_ONLY" = false ]; then
            printf 'NUGET_NETFX_PLUGIN_PATHS=%s\n' "$(native "$plugins/netfx/$name/$name.exe")"
        fi
    } >> "$GITHUB_ENV"
elif [ -e "$home/.dotnet/tools/dotnet-codeartifact$suffix" ]; then
    native "$home/.dotnet/tools" >> "$GITHUB_PATH"
fi
