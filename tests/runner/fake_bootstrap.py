"""A worker that misbehaves on demand: the faults that a supervisor must survive.

Standard library only, and no code of the real worker, so that a fault of the one
can't hide a fault of the other. ``FAKE_START`` says how it starts.
"""

import json
import os
import signal
import subprocess
import sys
import time

SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]


def send(**message: object) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def serve() -> None:
    for line in sys.stdin:
        request = json.loads(line)
        identity, op = request["id"], request["op"]
        if op == "echo":
            send(id=identity, event="result", payload=request.get("payload"), pid=os.getpid())
        elif op == "environ":
            send(id=identity, event="result", environ=dict(os.environ))
        elif op == "copy":  # arrays come back as they went
            send(id=identity, event="result", arrays=request["arrays"], folder=request["folder"])
        elif op == "epochs":
            for epoch in range(1, 4):
                send(id=identity, event="epoch", epoch=epoch)
            send(id=identity, event="result")
        elif op == "fail":
            send(id=identity, event="error", traceback="Traceback ...", **request["error"])
        elif op == "die":
            print("the framework's last words", file=sys.stderr, flush=True)
            os._exit(request["code"])
        elif op == "die_by_signal":
            os.kill(os.getpid(), signal.SIGKILL)
        elif op == "garbage":
            sys.stdout.write("Downloading model weights ...\n")
            sys.stdout.flush()
        elif op == "other_id":
            send(id=identity + 7, event="result")
        elif op == "allocate":
            block = bytearray(os.urandom(1) * request["bytes"])
            time.sleep(600)
            del block
        elif op == "spawn":
            grandchild = subprocess.Popen(SLEEPER)
            own_session = subprocess.Popen(SLEEPER, start_new_session=True)
            orphan = subprocess.run(
                [
                    "sh",
                    "-c",
                    f"'{sys.executable}' -c 'import time; time.sleep(600)' "
                    ">/dev/null 2>&1 & echo $!",
                ],
                capture_output=True,
                text=True,
                start_new_session=True,
                check=True,
            )
            pids = [grandchild.pid, own_session.pid, int(orphan.stdout)]
            send(id=identity, event="started", pids=pids)
            time.sleep(request["seconds"])
            send(id=identity, event="result")
        elif op == "deaf":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            time.sleep(600)
        elif op == "shutdown":
            return


start = os.environ.get("FAKE_START", "well")
if start == "dies":
    sys.exit("no module named framework")
if start == "silent":
    time.sleep(600)
if start == "chatty":
    print("Welcome to the framework!", flush=True)
send(event="ready", protocol=99 if start == "newer" else 1, python="3", pid=os.getpid())
serve()
