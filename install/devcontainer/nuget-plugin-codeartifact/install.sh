#!/bin/sh
# Installs the plugin while a dev container is built. Runs as root, with the options of devcontainer-feature.json in
# variables, and the user of the container in _REMOTE_USER and _REMOTE_USER_HOME.
set -eu

fail() {
    echo "error: $1" >&2
    exit 1
}

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# The published feature has a copy of the installer.
installer=$here/install-plugin.sh
[ -f "$installer" ] || installer=$here/../../install.sh
[ -f "$installer" ] || fail "\`install-plugin.sh\` is missing in this feature. Use the published one."

[ "${VERSION:-latest}" = latest ] || set -- "$@" --version "$VERSION"
[ -z "${SHA256:-}" ] || set -- "$@" --sha256 "$SHA256"
if [ -n "${RELEASES:-}" ]; then
    export CODEARTIFACT_NUGET_RELEASES="$RELEASES"
fi

user=${_REMOTE_USER:-root}
if [ "${ALLUSERS:-false}" = true ]; then
    # NuGet starts what is called `nuget-plugin-…` on PATH, and the SDK finds `dotnet codeartifact` there.
    folder=/usr/local/lib/nuget-plugin-codeartifact
    # It would tell how to name the folder to NuGet, which is not needed.
    sh "$installer" "$@" --dir "$folder" --netcore-only --no-launcher >/dev/null
    for command in nuget-plugin-codeartifact dotnet-codeartifact; do
        ln -sfn "$folder/netcore/CredentialProvider.CodeArtifact/nuget-plugin-codeartifact" "/usr/local/bin/$command"
        echo "installed: /usr/local/bin/$command"
    done
elif [ "$user" = "$(id -un)" ]; then
    sh "$installer" "$@"
else
    home=${_REMOTE_USER_HOME:-}
    [ -d "$home" ] || fail "The home folder of \`$user\` is missing. Set \`remoteUser\` to a user with a home, or the option \`allUsers\`."
    # As that user, who must own the files. `su` passes the variables on, and the user need not be able to read this
    # folder. That of Alpine takes options before the user only. Shells in dev containers have ~/.local/bin on PATH.
    export PLUGIN_HOME="$home" PLUGIN_VERSION="${VERSION:-latest}" PLUGIN_SHA256="${SHA256:-}"
    # shellcheck disable=SC2016 # the other shell expands them
    su -s /bin/sh "$user" -c '
        set -eu
        export HOME="$PLUGIN_HOME" PATH="$PLUGIN_HOME/.local/bin:$PATH"
        cd "$HOME"
        set --
        [ "$PLUGIN_VERSION" = latest ] || set -- "$@" --version "$PLUGIN_VERSION"
        [ -z "$PLUGIN_SHA256" ] || set -- "$@" --sha256 "$PLUGIN_SHA256"
        exec sh -s -- "$@"' < "$installer"
fi
