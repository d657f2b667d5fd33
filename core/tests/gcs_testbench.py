"""Serves Google's storage-testbench on a port: `PYTHON gcs_testbench.py PORT`, with the Python that has it.

The testbench keeps the conditions of a write in the XML API, as obstore asks for them, but answers without the
headers that Google documents, and neither lists nor deletes there. That is added here, by its JSON API.
"""

import sys
import threading
from datetime import datetime
from email.utils import format_datetime
from urllib.parse import parse_qs, quote
from xml.sax.saxutils import escape

from testbench.rest_server import server
from werkzeug.serving import run_simple
from werkzeug.test import Client
from werkzeug.wrappers import Response

LOCK = threading.Lock()
"""Held for a request: what is added is of the same object."""
client = Client(server)


def application(environ, start_response):
    bucket, _, name = environ["PATH_INFO"].lstrip("/").partition("/")
    with LOCK:
        if bucket in ("storage", "upload", "download"):
            return server(environ, start_response)
        return answer(environ, bucket, name)(environ, start_response)


def answer(environ, bucket, name):
    objects = f"/storage/v1/b/{bucket}/o"
    if not name:
        return listed(client.get(objects, query_string={"prefix": prefix_of(environ)}).json, bucket)
    place = f"{objects}/{quote(name, safe='')}"
    if environ["REQUEST_METHOD"] == "DELETE":
        return Response(status=client.delete(place).status_code)
    response = Response.from_app(server, environ)
    if response.status_code == 200:
        known = client.get(place).json
        response.headers["ETag"] = f'"{known["generation"]}"'
        response.headers["x-goog-generation"] = known["generation"]
        response.headers["Last-Modified"] = format_datetime(time_of(known), usegmt=True)
    return response


def prefix_of(environ):
    return parse_qs(environ["QUERY_STRING"]).get("prefix", [""])[0]


def time_of(known):
    return datetime.fromisoformat(known["updated"])


def listed(found, bucket):
    contents = "".join(
        f"<Contents><Key>{escape(each['name'])}</Key><Size>{each['size']}</Size><ETag>{each['generation']}</ETag>"
        f"<LastModified>{time_of(each).isoformat()}</LastModified></Contents>"
        for each in sorted(found.get("items", []), key=lambda each: each["name"])
    )
    return Response(
        f"<ListBucketResult><Name>{bucket}</Name>{contents}</ListBucketResult>", mimetype="text/xml"
    )


run_simple("127.0.0.1", int(sys.argv[1]), application, threaded=True)
