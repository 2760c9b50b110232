"""The least that FastAPI can do: two routes that return what lies in two files."""  # noqa: INP001 -- a program

import json
import socket
import sys
from pathlib import Path

import uvicorn
from fastapi import FastAPI

app = FastAPI()
LIST, ONE = (json.loads(Path(name).read_bytes()) for name in sys.argv[1:3])


@app.get("/v1/runs")
def list_runs() -> dict[str, object]:
    """Return the first file."""
    return dict(LIST)


@app.get("/v1/runs/last")
def get_run() -> dict[str, object]:
    """Return the second file."""
    return dict(ONE)


if __name__ == "__main__":
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sys.stderr.write(f"serving http://127.0.0.1:{listener.getsockname()[1]}\n")
        sys.stderr.flush()
        config = uvicorn.Config(app, log_level="warning", access_log=False)
        uvicorn.Server(config).run(sockets=[listener])
