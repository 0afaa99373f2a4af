"""Two or more people at the same moment: real threads, each with a connection of its own."""

import threading

from django.db import connection


def at_once(*calls):
    """Run the calls together; returns for each its result, or the exception it raised."""
    start = threading.Barrier(len(calls))
    outcomes = [None] * len(calls)

    def run(place, call):
        try:
            start.wait(timeout=10)
            outcomes[place] = call()
        except Exception as error:  # noqa: BLE001 it is the outcome
            outcomes[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return outcomes
