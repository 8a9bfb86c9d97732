"""What botocore, the AWS CLI's library, makes of proxy variables: a line of JSON with the variables and a
URL in, a line of JSON with the proxy's host and port and what is sent to it out. Nothing is connected."""

import base64
import json
import os
import sys

from botocore.httpsession import ProxyConfiguration
from botocore.utils import get_environ_proxies
from urllib3.util import parse_url


def outcome(url):
    proxies = ProxyConfiguration(get_environ_proxies(url))
    proxy = proxies.proxy_url_for(url)
    if proxy is None:
        return ["direct", None]
    parts = parse_url(proxy)
    if parts.scheme not in ("http", "https") or not parts.host:
        raise ValueError("not a proxy that it connects to")
    headers = proxies.proxy_headers_for(proxy)
    sent = headers.get("Proxy-Authorization")
    if sent is not None:
        sent = base64.b64decode(sent.split(" ")[1]).decode()
    return [f"{parts.host}:{parts.port}", sent]


for line in sys.stdin:
    case = json.loads(line)
    os.environ.clear()
    os.environ.update(case["variables"])
    try:
        answer = outcome(case["url"])
    except Exception as error:
        answer = ["refused", type(error).__name__]
    print(json.dumps(answer), flush=True)
