"""An employer's OpenID Connect server, for the tests of the single sign-on."""

import contextlib
import json
import threading
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from django.core.cache import cache


class Provider(ThreadingHTTPServer):
    """The employer's server: `says` is what it tells of who signs in there, `codes` what the portal has sent."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.says = {"sub": "u-1", "email": "rita@acme.example", "email_verified": True, "name": "Rita Roe"}
        self.codes = []
        self.address = f"http://127.0.0.1:{self.server_port}"
        self.branch = f"http://localhost:{self.server_port}"  # another origin to a browser
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def configuration(self):
        at = self.address
        return {
            "issuer": at,
            "authorization_endpoint": f"{at}/authorize",
            "token_endpoint": f"{at}/token",
            "userinfo_endpoint": f"{at}/userinfo",
            "jwks_uri": f"{at}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def close(self):
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        asked = urlsplit(self.path)
        if asked.path == "/authorize":  # as many do, it hands people on to another server that knows them
            self.redirect(f"{self.server.branch}/people?{asked.query}")
        elif asked.path == "/people":
            form = f'<form method="post" action="/people?{escape(asked.query)}"><button>It is me</button></form>'
            self.answer("text/html", f"<!doctype html><title>Acme</title>{form}")
        elif asked.path == "/.well-known/openid-configuration":
            self.answer("application/json", json.dumps(self.server.configuration()))
        else:
            self.answer("application/json", json.dumps(self.server.says if asked.path == "/userinfo" else {}))

    def do_POST(self):
        sent = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        asked = parse_qs(urlsplit(self.path).query)
        if self.path.startswith("/people"):
            self.redirect(f"{asked['redirect_uri'][0]}?{urlencode({'code': 'c', 'state': asked['state'][0]})}")
        else:
            self.server.codes.append(sent)
            self.answer("application/json", json.dumps({"access_token": "t", "token_type": "Bearer", "expires_in": 60}))

    def redirect(self, address):
        self.send_response(302)
        self.send_header("Location", address)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def answer(self, kind, text):
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@contextlib.contextmanager
def employer(settings):
    """The portal knows one, called Acme, for as long as it runs."""
    made = Provider()
    app = {"provider_id": "sso", "name": "Acme", "client_id": "portal", "secret": "s"}
    app["settings"] = {"server_url": made.address}
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app], "OAUTH_PKCE_ENABLED": True}}
    settings.OIDC_NAME = "Acme"
    settings.CACHES = settings.CACHES | {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()
    yield made
    made.close()
