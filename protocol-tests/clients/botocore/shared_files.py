"""What botocore reads of each text of the standard input, a line of JSON with a text of a shared config
file. Answers with a line of JSON each: the profiles, the sessions and the services, or an error.
"""

import json
import sys
import tempfile

from botocore.configloader import build_profile_map, raw_config_parse
from botocore.exceptions import ConfigParseError

file = tempfile.NamedTemporaryFile()
for line in sys.stdin:
    with open(file.name, "wb") as written:
        written.write(json.loads(line).encode())
    try:
        raw = raw_config_parse(file.name, parse_subsections=False)
        # Refuses what the other reading of it cannot be.
        parsed = build_profile_map(raw_config_parse(file.name))
        read = build_profile_map(raw)
        names = ["profiles", "sso_sessions", "services"]
        assert all(list(read[name]) == list(parsed[name]) for name in names)
        answer = {name: read[name] for name in names}
    except ConfigParseError as error:
        answer = {"error": str(error)}
    print(json.dumps(answer), flush=True)
