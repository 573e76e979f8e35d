"""A worker in Python, with the standard library alone: does attempts that a Signalbox hands out."""
import json, os, threading, time, urllib.error, urllib.request, uuid

URL = os.environ.get("SIGNALBOX_URL", "http://127.0.0.1:7070")
TOKEN = os.environ["SIGNALBOX_WORKER_TOKEN"]
NAME = f"python-{uuid.uuid4()}"


def greet(run, stopped, tell):
    """A job: gets its run, an event that is set when it is to stop, and a way to tell of progress."""
    tell(progress={"fraction": 0.5}, lines=["warming up"])
    return f"Hello, {run['spec'].get('input', 'world')}!"


JOBS = {"greet": greet}


class NotOurs(Exception):
    """The attempt is over, or another worker's."""


def ask(question, **body):
    request = urllib.request.Request(
        f"{URL}/v1/workers/{question}",
        json.dumps({"worker": NAME, **body}).encode(),
        {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or "null")
    except urllib.error.HTTPError as error:
        if error.code == 409:
            raise NotOurs(error.read().decode()) from None
        raise


def insist(question, **body):
    """Asks until it is answered, by whichever coordinator comes."""
    while True:
        try:
            return ask(question, **body)
        except OSError:
            time.sleep(1)


def listen(claim, lease_ms, stopped, done):
    """Is heard of while the work goes on, and hears when it is to stop."""
    while not done.is_set():
        try:
            if ask("heartbeat", **claim, waitMs=lease_ms / 3)["stop"]:
                stopped.set()
                done.wait(lease_ms / 3000)
        except NotOurs:
            return stopped.set()
        except OSError:
            done.wait(1)


def attempt(run):
    claim = {"run": run["run"], "attempt": run["attempt"]}
    lease_ms = insist("start", **claim)["leaseMs"]  # only now may the work begin
    stopped, done = threading.Event(), threading.Event()
    threading.Thread(target=listen, args=(claim, lease_ms, stopped, done), daemon=True).start()
    try:
        job = JOBS[run["spec"]["job"]]
        outcome = {"_tag": "Succeeded", "result": job(run, stopped, lambda **news: ask("heartbeat", **claim, **news))}
    except Exception as error:
        outcome = {"_tag": "Threw", "message": repr(error)}
    insist("end", **claim, outcome=outcome)
    done.set()


def main():
    while True:
        try:
            for run in insist("poll", waitMs=10_000)["attempts"]:
                attempt(run)
        except NotOurs as why:
            print("not ours:", why, flush=True)


if __name__ == "__main__":
    main()
