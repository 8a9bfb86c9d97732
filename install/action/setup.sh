#!/bin/sh
# The second step of action.yml, for its input `source`.
set -eu

set -- --yes
[ -z "$PLUGIN_PROFILE" ] || set -- "$@" --profile "$PLUGIN_PROFILE"
exec "$PLUGIN" setup "$@" -- "$PLUGIN_SOURCE"
