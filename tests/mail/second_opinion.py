"""Has the program send a test letter and the letter of a failing run to aiosmtpd, and reads both with `email`."""

import email, email.policy, json, os, signal, socket, subprocess, sys
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

program, work = sys.argv[1:3]
USER, PASSWORD = b"notifier", b"second-opinion-password"
home = os.path.join(work, "home")
os.makedirs(home)
env = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "PRISM_CONNECT_"))} | {"HOME": home}


class Taker:
    def __init__(self):
        self.letters = []

    async def handle_DATA(self, server, session, envelope):
        self.letters.append((session.authenticated, envelope))
        return "250 2.0.0 taken"


def authenticate(server, session, envelope, mechanism, data):
    known = isinstance(data, LoginPassword) and (data.login, data.password) == (USER, PASSWORD)
    return AuthResult(success=known)


taker = Taker()
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
controller = Controller(taker, hostname="127.0.0.1", port=port, authenticator=authenticate, auth_require_tls=False)
controller.start()


def run(*words, stdin=None, ok=(0,)):
    done = subprocess.run([program, *words], env=env, input=stdin, capture_output=True, text=True)
    assert done.returncode in ok, (words, done.returncode, done.stdout, done.stderr)
    return done.stdout


sim = subprocess.Popen([program, "sim", "--customers", "6", "--subscriptions", "2"], env=env, stdout=subprocess.PIPE, text=True)
daemon = None
try:
    places = json.loads(sim.stdout.readline())
    config = os.path.join(home, ".config/prism-connect")
    os.makedirs(config)
    with open(os.path.join(config, "config.toml"), "w") as file:
        file.write(f"""
environment = "PRÜFSTAND"
[mail]
server = "smtp://notifier@127.0.0.1:{port}"
from = "prism-connect@example.com"
ssh = "jump1"
[[notify]]
to = ["ops@example.com"]
""")
    run("mail", "set", "--secret-stdin", stdin=PASSWORD.decode() + "\n")
    run("mail", "test", "first@example.com")
    prism, autotask = places["prism"], places["autotask"]
    run("connect", "prism", "--secret-stdin", "--api-url", prism["api_url"], "--identity-url", prism["identity_url"],
        "--client-id", prism["client_id"], stdin=prism["client_secret"] + "\n")
    run("connect", "autotask", "--secret-stdin", "--base-url", autotask["base_url"], "--username", autotask["username"],
        "--integration-code", autotask["integration_code"], stdin=autotask["secret"] + "\n")
    daemon = subprocess.Popen([program, "serve"], env=env, stderr=subprocess.PIPE, text=True)
    daemon.stderr.readline()
    # Nothing is chosen and the source refuses: a run that fails as a whole.
    import urllib.request
    rule = {"rules": [{"system": "prism", "path": "invoices", "fault": {"status": 403, "body": "é „no“\nBcc: x@y"}}]}
    urllib.request.urlopen(urllib.request.Request(places["control_url"] + "/faults", json.dumps(rule).encode(), {"Content-Type": "application/json"}))
    run("program", "set", "--sync", "on", "--billing-code", "Cloud Services", ok=(0, 64))
    run("sync", "customers", ok=(0, 1, 3, 4))
    # Each look at the outbox is a process of its own: the daemon has time meanwhile.
    for _ in range(200):
        if len(taker.letters) == 2:
            break
        run("mail", "show")
finally:
    for process in (daemon, sim):
        if process:
            process.send_signal(signal.SIGTERM)
            process.wait()
    controller.stop()

assert len(taker.letters) == 2, f"{len(taker.letters)} letters"
for signed_in, envelope in taker.letters:
    assert signed_in, "nobody signed in"
    raw = envelope.original_content
    assert b"\n" not in raw.replace(b"\r\n", b""), "a bare LF"
    assert max(map(len, raw.split(b"\r\n"))) <= 998, "a long line"
    assert raw.isascii(), "8 bits"
    letter = email.message_from_bytes(raw, policy=email.policy.default)
    assert not letter.defects, letter.defects
    for name in ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Auto-Submitted"):
        values = letter.get_all(name) or []
        assert len(values) == 1, (name, values)
        assert not getattr(values[0], "defects", ()), (name, values[0].defects)
    assert letter["Date"].datetime and letter["Bcc"] is None
    assert letter["Subject"].startswith("[PRÜFSTAND] prism-connect: "), letter["Subject"]
    text = letter.get_content().replace("\r\n", "\n")
    assert "\n-- \nprism-connect " in text and max(map(len, text.splitlines())) <= 72, text
    print("=" * 72)
    for name in ("From", "To", "Subject", "Date", "Message-ID", "Content-Transfer-Encoding"):
        print(f"{name}: {letter[name]}")
    print()
    print(text)
test, failing = (email.message_from_bytes(one.original_content, policy=email.policy.default) for _, one in taker.letters)
assert test["To"] == "first@example.com" and failing["To"] == "ops@example.com"
assert "Failure" in failing["Subject"] and "\nssh jump1 -t prism-connect open run " in failing.get_content().replace("\r\n", "\n")
print("aiosmtpd and Python's email take and read both letters")
