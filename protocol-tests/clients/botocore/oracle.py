"""Which identity botocore would sign with, for each machine of the standard input: a line of JSON with
its variables and the profile of `--profile`. Answers with a line of JSON each.

The AWS CLI, version 2, has its own order of some variables, which is set here as the CLI sets it.
"""

import copy
import getpass
import json
import os
import sys


def no_code(_):
    raise EOFError("nobody answers")


# botocore takes the function when it is imported.
getpass.getpass = no_code

import botocore.credentials
import botocore.session
import botocore.tokens
from botocore.hooks import HierarchicalEmitter
from botocore.loaders import Loader

VARIABLES = {
    "profile": (None, ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"], None, None),
    "region": ("region", ["AWS_REGION", "AWS_DEFAULT_REGION"], None, None),
}
# The descriptions of the services are read once, and botocore's own handlers registered once: that
# takes longer than all else.
LOADER = Loader()
HANDLERS = HierarchicalEmitter()
botocore.session.Session(event_hooks=HANDLERS)


def signer(machine):
    os.environ.clear()
    os.environ.update(machine["variables"])
    cache = os.path.expanduser("~/.aws/sso/cache")
    botocore.credentials.SSOProvider._SSO_TOKEN_CACHE_DIR = cache
    botocore.tokens.SSOTokenProvider._SSO_TOKEN_CACHE_DIR = cache
    session = botocore.session.Session(VARIABLES, copy.copy(HANDLERS), False)
    session.register_component("data_loader", LOADER)
    if machine["profile"] is not None:
        session.set_config_variable("profile", machine["profile"])
    # A client reads its settings first, and fails where the profile does not exist.
    session.get_scoped_config()
    credentials = session.get_credentials()
    if credentials is None:
        return {"error": "no credentials"}
    found = credentials.get_frozen_credentials()
    return {"key": found.access_key, "token": found.token or ""}


def main():
    answers = sys.stdout
    sys.stdout = sys.stderr
    for line in sys.stdin:
        try:
            answer = signer(json.loads(line))
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


main()
