"""Where a sweep runs, by a word: on this machine, on a Dask cluster, or in this very process."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from donornet.study.sweeps.crew import Serial

ENGINES = "local, serial, or dask:ADDRESS such as dask:tcp://127.0.0.1:8786"
"""What an engine can be called."""


@contextmanager
def engine(name: str) -> Iterator[Executor | None]:
    """Yield the executor that an engine stands for, None for local processes, and leave it afterwards.

    Parameters
    ----------
    name
        ``local``, ``serial`` (one item after the other in this process), or ``dask:ADDRESS`` with the address of a
        scheduler.

    Raises
    ------
    ModuleNotFoundError
        Dask is not installed.
    OSError
        There is no scheduler at the address.
    ValueError
        There is no such engine.
    """
    kind, _, address = name.partition(":")
    if name == "local":
        yield None
    elif name == "serial":
        yield Serial()
    elif kind == "dask" and address:
        try:
            from distributed import Client  # noqa: PLC0415 - the extra `cluster`
        except ModuleNotFoundError as error:
            message = "Dask is not installed: pip install 'donornet[cluster]'"
            raise ModuleNotFoundError(message) from error
        with Client(address, timeout="10s") as client:
            yield client.get_executor(pure=False)
    else:
        raise ValueError(f"there is no engine {name!r}; write {ENGINES}")
