#!/bin/sh
# Installs the plugin from the release that this script is part of. Arguments go to `install`:
# `./install.sh --help` names them. Downloads nothing.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
plugin=$here/nuget-plugin-codeartifact

if [ ! -f "$plugin" ]; then
    echo "error: \`$plugin\` is missing; unpack the whole release and run this script there" >&2
    exit 1
fi
# Some ways of unpacking lose the mode.
if [ ! -x "$plugin" ] && ! chmod +x "$plugin"; then
    echo "error: \`$plugin\` may not be executed; run \`chmod +x\` on it as its owner" >&2
    exit 1
fi
if ! "$plugin" --version >/dev/null; then
    echo "error: \`$plugin\` does not start; take the release for this system ($(uname -sm))" >&2
    exit 1
fi
exec "$plugin" install "$@"
